"""One step down the gradient, or the name of the first parameter that cannot take it."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from splicenet.model.network import SpliceNetwork
from splicenet.training.batches import Batch
from splicenet.training.loss import splice_loss
from splicenet.training.settings import TrainingSettings

__all__ = ["NotFinite", "Step", "batch_loss", "descend", "make_optimizer"]


class NotFinite(ArithmeticError):
    """The loss or a gradient is NaN or infinite; the message says which, and of what."""


class Step(NamedTuple):
    """What a step was like."""

    loss: float
    """Nats a kilobase."""
    norm: float
    """Of the gradient, before it is clipped to a norm."""
    clipped: bool


def make_optimizer(network: nn.Module, settings: TrainingSettings) -> torch.optim.AdamW:
    """AdamW that decays matrices and leaves biases and normalisations alone."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate)


def batch_loss(network: SpliceNetwork, batch: Batch, settings: TrainingSettings) -> Tensor:
    """The loss of a batch in train mode, a scalar in nats a kilobase."""
    network.train()
    device = batch.codes.device.type
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        logits = network(
            batch.codes,
            lengths=batch.lengths,
            truncation=batch.truncation,
            recompute=batch.recompute,
        )
    return splice_loss(logits, batch.labels, site_weight=settings.site_weight, focal=settings.focal)


def descend(
    network: SpliceNetwork,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    settings: TrainingSettings,
    *,
    rate: float,
) -> Step:
    """Move the weights by one clipped gradient at the learning rate ``rate``.

    Raises
    ------
    NotFinite
        If the loss or its gradient is not finite; the weights are then as before.
    """
    loss = batch_loss(network, batch, settings)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    norm, clipped = _clip(network, loss, settings)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    return Step(loss.item(), norm, clipped)


def _clip(network: nn.Module, loss: Tensor, settings: TrainingSettings) -> tuple[float, bool]:
    """Clip single values, then the norm; gives the norm between the two, and whether either bit."""
    gradients = {name: p.grad for name, p in network.named_parameters() if p.grad is not None}
    norms = torch.stack([torch.linalg.vector_norm(g) for g in gradients.values()])
    if not (torch.isfinite(loss) and norms.isfinite().all()):
        raise NotFinite(_culprit(network, dict(zip(gradients, norms.tolist(), strict=True))))
    clipped = False
    if settings.clip_value is not None:
        clipped = any(g.abs().max() > settings.clip_value for g in gradients.values())
        nn.utils.clip_grad_value_(network.parameters(), settings.clip_value)
    norm = nn.utils.clip_grad_norm_(network.parameters(), settings.clip).item()
    return norm, clipped or norm > settings.clip


def _culprit(network: nn.Module, norms: dict[str, float]) -> str:
    """Name the first thing that is not finite, in the order in which a step computes them.

    The gradient runs from the loss down, so the first to go wrong is the last in the network.
    """
    for name, parameter in network.named_parameters():
        if not parameter.isfinite().all():
            return f"{name} is not finite"
    for name, norm in reversed(norms.items()):
        if not math.isfinite(norm):
            return f"the gradient of {name} is not finite"
    return "the loss is not finite"
