"""Straight paths from references to sequences, read where the log-odds bend.

In the comments ``B`` are sequences, ``R`` references of each, ``M`` places read on all paths
together.
"""

from __future__ import annotations

import torch
from torch import Tensor

from splicenet.attribution.target import slopes
from splicenet.model.network import SpliceNetwork

__all__ = ["Paths"]

_TO_BLAME = 0.3
"""Share of a sequence's worst error from which a step is halved, too."""


class Paths:
    """What has been read on some paths.

    Parameters
    ----------
    network
        From :func:`~splicenet.attribution.target.explaining`.
    start, end
        References (B, R, L, 4) and sequences (B, L, 4).
    kinds
        Classes explained, (B,).
    centre
        Index of the site.
    tokens
        Bases read at once.
    """

    def __init__(
        self,
        network: SpliceNetwork,
        start: Tensor,
        end: Tensor,
        kinds: Tensor,
        centre: int,
        *,
        tokens: int,
    ) -> None:
        self._network, self._centre = network, centre
        self._each = start.shape[1]
        self._start = start.flatten(0, 1)  # (B * R, L, 4)
        self._way = (end[:, None] - start).flatten(0, 1)
        self._kinds = kinds.repeat_interleave(self._each)
        self._at_once = max(1, tokens // end.shape[1])
        self._path = torch.zeros(0, dtype=torch.int64, device=end.device)  # (M,)
        self._at = torch.zeros(0, dtype=torch.float64, device=end.device)
        self._score, self._slope = torch.zeros_like(self._at), torch.zeros_like(self._at)
        self._gradients: list[Tensor] = []  # (L, 4) each

    def read_evenly(self, steps: int) -> None:
        """Read all paths at both ends and between so many steps."""
        at = torch.linspace(0, 1, steps + 1, dtype=torch.float64, device=self._at.device)
        count = len(self._start)
        self._read(
            torch.arange(count, device=at.device).repeat_interleave(len(at)), at.repeat(count)
        )

    def ends(self) -> tuple[Tensor, Tensor]:
        """Log-odds of the sequences, and the mean of those of their references, (B,)."""
        score = self._score[self._at == 1], self._score[self._at == 0]
        order = [self._path[self._at == at].argsort() for at in (1, 0)]
        end, start = (one[by].view(-1, self._each) for one, by in zip(score, order, strict=True))
        return end[:, 0], start.mean(1)

    def refine(self, allowed: Tensor, most: int) -> Tensor:
        """Halve steps until errors are as small as allowed, (B,), or the steps too many.

        Returns
        -------
        Tensor
            Absolute completeness errors, (B,), float64.
        """
        while True:
            left, right = self._steps()
            width = self._at[right] - self._at[left]
            gained = self._score[right] - self._score[left]
            missing = gained - width * (self._slope[left] + self._slope[right]) / 2
            owner = self._path[left] // self._each
            errors = torch.zeros_like(allowed).index_add(0, owner, missing).abs() / self._each
            steps = owner.bincount(minlength=len(allowed)) / self._each
            unfinished = (errors > allowed) & (steps < most)
            if not unfinished.any():
                return errors
            worst = torch.zeros_like(allowed).scatter_reduce(0, owner, missing.abs(), "amax")
            halved = unfinished[owner] & (missing.abs() >= _TO_BLAME * worst[owner])
            middle = (self._at[left] + self._at[right]) / 2
            self._read(self._path[left][halved], middle[halved])

    def gradients(self) -> Tensor:
        """Mean gradients along the paths, (B, R, L, 4)."""
        left, right = self._steps()
        width = self._at[right] - self._at[left]
        weight = torch.zeros_like(self._at)
        weight = weight.index_add(0, left, width / 2).index_add(0, right, width / 2)
        total = torch.zeros_like(self._start)
        for path, share, one in zip(
            self._path.tolist(), weight.tolist(), self._gradients, strict=True
        ):
            total[path] += share * one
        return total.unflatten(0, (-1, self._each))

    def _steps(self) -> tuple[Tensor, Tensor]:
        """Places at the beginning and at the end of every step, as indices."""
        order = (self._path + self._at / 2).argsort()
        left, right = order[:-1], order[1:]
        same = self._path[left] == self._path[right]
        return left[same], right[same]

    def _read(self, path: Tensor, at: Tensor) -> None:
        scores, rises = [self._score], [self._slope]
        for some, here in zip(path.split(self._at_once), at.split(self._at_once), strict=True):
            way = self._way[some]
            bases = self._start[some] + here.to(way)[:, None, None] * way
            score, gradient = slopes(self._network, bases, self._kinds[some], self._centre)
            scores.append(score.double())
            rises.append((gradient * way).sum((1, 2), dtype=torch.float64))
            self._gradients += gradient.unbind()
        self._score, self._slope = torch.cat(scores), torch.cat(rises)
        self._path, self._at = torch.cat([self._path, path]), torch.cat([self._at, at])
