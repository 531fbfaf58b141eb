"""One step down the gradient, or the name of the first parameter that cannot take it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from splicenet.genome.tasks import SPLICE
from splicenet.model.network import SpliceNetwork
from splicenet.model.task_loss import task_loss
from splicenet.training.balance import Balance
from splicenet.training.batches import Batch
from splicenet.training.loss import splice_loss
from splicenet.training.precision import learning_in
from splicenet.training.settings import TrainingSettings

__all__ = ["NotFinite", "Step", "batch_losses", "descend", "make_optimizer"]


Losses = Callable[[SpliceNetwork, Batch, TrainingSettings], dict[str, Tensor]]
"""The losses of a batch in train mode, by name."""


class NotFinite(ArithmeticError):
    """The loss or a gradient is NaN or infinite; the message says which, and of what."""


class Step(NamedTuple):
    """What a step was like."""

    losses: Mapping[str, float]
    """Of splice sites, nats a kilobase, and of the tasks of which the batch knew anything, as
    :func:`task_loss` has them; not weighted."""
    norm: float
    """Of the gradient, before it is clipped to a norm."""
    clipped: bool

    @property
    def loss(self) -> float:
        """Of splice sites, nats a kilobase."""
        return self.losses[SPLICE]


def make_optimizer(
    network: nn.Module, settings: TrainingSettings, balance: nn.Module | None = None
) -> torch.optim.AdamW:
    """AdamW that decays matrices and leaves biases, normalisations and task weights alone.

    The biases of single species decay, too, towards what all species share.

    It has no momentum where species take turns: none is to go on in the direction of the last.
    """
    parameters = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    learned = [] if balance is None else list(balance.parameters())
    if learned:
        groups.append({"params": learned, "weight_decay": 0.0})
    momentum = 0.0 if settings.meta else 0.9
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(momentum, 0.999))


def batch_losses(
    network: SpliceNetwork, batch: Batch, settings: TrainingSettings
) -> dict[str, Tensor]:
    """The losses of a batch in train mode, as :class:`Step` has them, scalars."""
    network.train()
    with learning_in(settings.precision, batch.codes.device):
        answers = network.read_all(
            batch.codes,
            lengths=batch.lengths,
            truncation=batch.truncation,
            recompute=batch.recompute,
            species=batch.species,
        )
    losses = {
        SPLICE: splice_loss(
            answers[SPLICE], batch.labels, site_weight=settings.site_weight, focal=settings.focal
        )
    }
    for task in network.config.tasks:
        if task.name in batch.targets:
            losses[task.name] = task_loss(task, answers[task.name], batch.targets[task.name])
    return losses


def descend(
    network: SpliceNetwork,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    settings: TrainingSettings,
    *,
    rate: float,
    balance: Balance | None = None,
    losses: Losses = batch_losses,
) -> Step:
    """Move the weights by one clipped gradient at the learning rate ``rate``.

    Without a balance every task weighs 1. A batch of which nothing is asked moves nothing; one of
    which nothing is known goes on as the last ones went.

    Raises
    ------
    NotFinite
        If the loss or its gradient is not finite; the weights are then as before.
    """
    found = losses(network, batch, settings)
    balance = balance or Balance(network.config.tasks)
    loss = balance.total(found, network)
    said = {name: one.detach() for name, one in found.items()}
    optimizer.zero_grad(set_to_none=True)
    if loss is None:
        return Step({name: one.item() for name, one in said.items()}, 0.0, False)
    loss.backward()
    norm, clipped = _clip(network, loss, settings)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    return Step({name: one.item() for name, one in said.items()}, norm, clipped)


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
