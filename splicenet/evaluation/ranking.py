"""How well scores tell yes from no, in memory that does not grow with the number of scores."""

from __future__ import annotations

from math import nan

import numpy as np

__all__ = ["Ranking"]

_STEPS = 512
_FURTHEST = 20
_BINS = 2 * _FURTHEST * _STEPS + 1


class Ranking:
    """Counts of true and false ones by the log-odds of their probability.

    Log-odds nearer than a 512th to one another count as equal; beyond 20 they all do.
    """

    def __init__(self) -> None:
        self._false = np.zeros(_BINS, np.int64)
        self._true = np.zeros(_BINS, np.int64)

    def add(self, probabilities: np.ndarray, truth: np.ndarray) -> None:
        """Add some, both of shape ``(n,)``: numbers from 0 to 1, and bool."""
        likely = probabilities.astype(np.float64)
        with np.errstate(divide="ignore"):
            odds = np.log(likely) - np.log1p(-likely)
        place = np.rint((np.clip(odds, -_FURTHEST, _FURTHEST) + _FURTHEST) * _STEPS)
        bins = place.astype(np.int64)
        self._true += np.bincount(bins[truth], minlength=_BINS)
        self._false += np.bincount(bins[~truth], minlength=_BINS)

    @property
    def known(self) -> int:
        """How many were added."""
        return int(self._true.sum() + self._false.sum())

    @property
    def positive(self) -> int:
        """How many of them are true."""
        return int(self._true.sum())

    def auprc(self) -> float:
        """Average precision: equal scores are one step; NaN if either lacks: none can be worse."""
        if self.positive in (0, self.known):
            return nan
        true, false = self._true[::-1], self._false[::-1]
        called = np.maximum(np.cumsum(true + false), 1)
        return float(np.sum(true * (np.cumsum(true) / called)) / self.positive)

    def auroc(self) -> float:
        """Chance that a true one scores above a false one, ties by half; NaN if either lacks."""
        negative = self.known - self.positive
        if not (self.positive and negative):
            return nan
        below = np.cumsum(self._false) - self._false / 2
        return float(np.sum(self._true / self.positive * (below / negative)))
