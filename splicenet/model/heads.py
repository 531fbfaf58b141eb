"""What is asked of the network beside splice sites: a head for every task.

Local heads read what the splice head reads, at every base. Global heads read the slowest level of
the network, all of a window at once. Both begin as silent as the splice head: their weights are 0,
so that the first step of training moves them and not the levels below. A task that is trained
*against* has no head: its loss looks at the window's mean state itself.

In the comments ``B`` is the batch, ``L`` the length in bases, ``T`` the steps of the slowest level,
``C`` and ``W`` the widths of the two and ``K`` the numbers of an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Literal, cast

import torch
from torch import Tensor, nn

from splicenet.genome.tasks import Task
from splicenet.model.convolution import Convolution

__all__ = ["GlobalHead", "LocalHead", "Pool", "expect", "make_heads", "mean_state"]

Pool = Literal["last", "mean", "attention"]

_RAREST = 1e-5
"""Least probability at which a head begins; a class that was not seen is not impossible."""


class LocalHead(nn.Module):
    """An answer at every base, (B, C, L) to (B, K, L).

    Logits of the classes of a task; for a number one row, the number in the task's units, or its
    log-odds if it lies between 0 and 1.
    """

    def __init__(self, width: int, task: Task) -> None:
        super().__init__()
        self.answer = Convolution(width, max(1, len(task.classes)), 1)
        _silence(self.answer)

    def forward(self, x: Tensor) -> Tensor:
        """Answer from what the splice head reads."""
        return self.answer(x)


class GlobalHead(nn.Module):
    """An answer for a whole window, (B, T, W) to (B, K), from the steps of the slowest level.

    Parameters
    ----------
    width
        Of a step.
    task
        With its classes.
    pool
        ``last`` reads the state that each direction is left in at its end, ``mean`` the mean of all
        steps, ``attention`` a mean with weights that are learned and begin alike.
    """

    def __init__(self, width: int, task: Task, pool: Pool) -> None:
        super().__init__()
        self.pool = pool
        if pool == "attention":
            self.attend = nn.Linear(width, 1, bias=False)
            nn.init.zeros_(self.attend.weight)
        self.answer = nn.Linear(width, len(task.classes))
        _silence(self.answer)

    def forward(self, x: Tensor, there: Tensor | None) -> Tensor:
        """Answer from the steps that the mask (B, T) says are there."""
        return self.answer(self._pooled(x, there))

    def _pooled(self, x: Tensor, there: Tensor | None) -> Tensor:
        if self.pool == "mean":
            return mean_state(x.transpose(1, 2), there)
        if there is None:
            there = x.new_ones(x.shape[:2], dtype=torch.bool)
        if self.pool == "last":
            return _ends(x, there)
        shares = self.attend(x)[..., 0].masked_fill(~there, -torch.inf).softmax(1)  # (B, T)
        return torch.einsum("bt,btw->bw", shares, x)


def mean_state(x: Tensor, there: Tensor | None) -> Tensor:
    """The mean of (B, C, T) over the steps that the mask (B, T) says are there, (B, C)."""
    if there is None:
        return x.mean(-1)
    return x.masked_fill(~there[:, None], 0).sum(-1) / there.sum(1, keepdim=True).clamp(min=1)


def _ends(x: Tensor, there: Tensor) -> Tensor:
    """The last step of the direction from the left and of that from the right, (B, W)."""
    hidden, rows = x.shape[-1] // 2, torch.arange(len(x), device=x.device)
    return torch.cat([x[rows, there.sum(1) - 1, :hidden], x[:, 0, hidden:]], dim=-1)


def make_heads(tasks: Sequence[Task], pool: Pool, *, local: int, slow: int) -> nn.ModuleList:
    """A head for every task, for a level of ``local`` channels and a slowest one of ``slow``."""

    def head(task: Task) -> nn.Module:
        if task.scope == "local":
            return LocalHead(local, task)
        return nn.Identity() if task.against else GlobalHead(slow, task, pool)

    return nn.ModuleList(map(head, tasks))


def expect(head: nn.Module, task: Task, rates: Sequence[float]) -> None:
    """Let a head begin at base rates, or it first learns how rare its classes are.

    Parameters
    ----------
    rates
        Share of every class; of a number between 0 and 1 its mean; of another number nothing.
    """
    bias = cast(Tensor, cast(LocalHead | GlobalHead, head).answer.bias)
    likely = [min(max(rate, _RAREST), 1 - _RAREST) for rate in rates]
    with torch.no_grad():
        if task.classes:
            bias.copy_(torch.tensor([log(rate) for rate in likely]))
        elif task.bounded:
            bias.fill_(log(likely[0] / (1 - likely[0])))


def _silence(answer: nn.Linear | nn.Conv1d) -> None:
    nn.init.zeros_(answer.weight)
    nn.init.zeros_(cast(Tensor, answer.bias))
