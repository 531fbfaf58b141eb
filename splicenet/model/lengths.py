"""How long introns and exons are: a distribution over whole numbers of bases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Lengths"]

_BINS = 64
"""Bins for every factor of e: one length in eighty falls into its neighbour's."""
_BANDWIDTH = 0.06
"""Standard deviation of the kernel, in units of the logarithm."""
_FLOOR = 0.02
"""Share given to lengths never seen: every factor alike."""
_TRUST = 0.4
"""A network has seen around a site already; of what a length says, so much is news."""


@dataclass(frozen=True, eq=False)
class Lengths:
    """The probability of every length from ``shortest`` to ``longest``.

    Attributes
    ----------
    log_probability
        Natural logarithm by length in bases, float64, shape ``(longest + 1,)``; minus infinity
        below ``shortest``.
    shortest
        Bases.
    """

    log_probability: np.ndarray
    shortest: int

    @property
    def longest(self) -> int:
        """Bases, inclusive."""
        return self.log_probability.size - 1

    @property
    def weights(self) -> np.ndarray:
        """Log-weight of each length, about 0 for a typical one; float64, by length in bases."""
        probability = np.exp(self.log_probability)
        seen = probability > 0
        typical = np.sum(probability[seen] * self.log_probability[seen])
        return _TRUST * (self.log_probability - typical)

    @classmethod
    def broad(cls, *, median: float, spread: float, shortest: int, longest: int) -> Lengths:
        """A log-normal that says little, for where nothing has been seen.

        Parameters
        ----------
        median
            Bases.
        spread
            Standard deviation of the natural logarithm.
        """
        lengths = np.arange(shortest, longest + 1)
        density = np.exp(-0.5 * (np.log(lengths / median) / spread) ** 2) / lengths
        return cls._of(density, shortest)

    @classmethod
    def fit(cls, seen: Sequence[int] | np.ndarray, *, shortest: int, longest: int) -> Lengths:
        """Smooth a histogram on the logarithmic scale, where all species look alike.

        Lengths that were never seen keep a small share, the same for every factor. Those outside
        the limits do not count.

        Raises
        ------
        ValueError
            If no length lies within the limits.
        """
        inside = np.asarray(seen)
        inside = inside[(inside >= shortest) & (inside <= longest)]
        if not inside.size:
            raise ValueError("there is no length to learn from")
        lengths = np.arange(shortest, longest + 1)
        bins = (np.log(lengths) * _BINS).astype(np.int64)
        first = bins[0]
        histogram = np.bincount(bins[inside - shortest] - first, minlength=bins[-1] - first + 1)
        reach = np.arange(-3 * _BINS, 3 * _BINS + 1) / _BINS
        kernel = np.exp(-0.5 * (reach / _BANDWIDTH) ** 2)
        smooth = np.convolve(histogram, kernel, mode="full")[3 * _BINS : -3 * _BINS]
        density = smooth[bins - first] / lengths
        even = 1 / lengths
        return cls._of(
            (1 - _FLOOR) * density / density.sum() + _FLOOR * even / even.sum(), shortest
        )

    @classmethod
    def _of(cls, density: np.ndarray, shortest: int) -> Lengths:
        table = np.full(shortest + density.size, -np.inf)
        table[shortest:] = np.log(density / density.sum())
        return cls(table, shortest)
