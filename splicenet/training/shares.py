"""Whose gradient moves the trunk, and which tasks pull in the same direction."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import torch
from torch import Tensor, nn

from splicenet.model.network import SpliceNetwork
from splicenet.training.balance import Balance
from splicenet.training.batches import Batch
from splicenet.training.descent import batch_losses
from splicenet.training.settings import TrainingSettings

__all__ = ["gradient_shares", "task_columns", "trunk"]


def trunk(network: SpliceNetwork) -> list[nn.Parameter]:
    """Weights that all tasks share: those of no head."""
    heads = {id(p) for head in (network.head, network.heads) for p in head.parameters()}
    return [p for p in network.parameters() if p.requires_grad and id(p) not in heads]


def gradient_shares(
    network: SpliceNetwork, losses: Mapping[str, Tensor], weights: Mapping[str, float]
) -> dict[str, float]:
    """How the trunk's gradient is made up.

    Parameters
    ----------
    network
        Whose graph the losses hang from.
    losses
        By task.
    weights
        What each is multiplied with.

    Returns
    -------
    dict
        ``share_TASK``, the norm of a task's weighted gradient as a share of the sum of all norms;
        ``cosine_TASK_OTHER``, the cosine of the angle between the gradients of two. NaN where there
        is no gradient, or no loss.
    """
    gradients = {name: _gradient(network, losses.get(name)) for name in weights}
    norms = {name: float(torch.linalg.vector_norm(g)) for name, g in gradients.items()}
    pulls = {name: abs(weights[name]) * norm for name, norm in norms.items()}
    whole = sum(pulls[name] for name in weights if name in losses)
    shares = {
        f"share_{name}": pull / whole if whole and name in losses else float("nan")
        for name, pull in pulls.items()
    }
    cosines = {}
    for one, other in combinations(weights, 2):
        lengths = norms[one] * norms[other]
        dot = float(torch.dot(gradients[one], gradients[other]))
        cosines[f"cosine_{one}_{other}"] = dot / lengths if lengths else float("nan")
    return shares | cosines


def task_columns(
    network: SpliceNetwork,
    balance: Balance,
    losses: Mapping[str, Sequence[float]],
    batch: Batch,
    settings: TrainingSettings,
) -> dict[str, float]:
    """What an evaluation notes of tasks: their losses, weights and shares of the trunk's gradient.

    Parameters
    ----------
    network
        Its running averages stay as they are.
    balance
        With the weights of now.
    losses
        Of the steps since the last evaluation, by task.
    batch
        On which the gradients are measured.
    settings
        Of the run.
    """
    row = {}
    for task in network.config.tasks:
        known = losses.get(task.name, [])
        row[f"loss_{task.name}"] = sum(known) / len(known) if known else math.nan
    weights = balance.weights
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    shares = gradient_shares(network, batch_losses(network, batch, settings), weights)
    for name, buffer in network.named_buffers():
        buffer.copy_(buffers[name])
    return row | {f"weight_{name}": weight for name, weight in weights.items()} | shares


def _gradient(network: SpliceNetwork, loss: Tensor | None) -> Tensor:
    """Of a loss, unweighted, by all of the trunk's weights in one row."""
    weights = trunk(network)
    if loss is None:
        return torch.zeros(sum(w.numel() for w in weights), device=weights[0].device)
    found = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
    return torch.cat(
        [
            (torch.zeros_like(w) if g is None else g).flatten()
            for w, g in zip(weights, found, strict=True)
        ]
    )
