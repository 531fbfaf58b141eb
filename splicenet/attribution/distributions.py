"""Exact distributions of sums of independent columns, for p-values of scans and of comparisons.

Scores are whole numbers, at least 0: the index of an array of probabilities is the score.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

__all__ = ["as_steps", "sum_distribution", "survival"]


def as_steps(scores: np.ndarray, steps: int) -> tuple[np.ndarray, float, float]:
    """Round scores to ``0 ... steps``.

    Returns
    -------
    whole : numpy.ndarray
        Of the same shape, int64.
    low, step : float
        A score is about ``low + step * whole``.
    """
    low = float(scores.min())
    step = (float(scores.max()) - low) / steps or 1.0
    return np.rint((scores - low) / step).astype(np.int64), low, step


def sum_distribution(columns: Iterable[np.ndarray]) -> np.ndarray:
    """Probabilities of the sum of independent scores, given the probabilities of each."""
    total = np.ones(1)
    for column in columns:
        total = np.convolve(total, column)
    return total


def survival(probabilities: np.ndarray) -> np.ndarray:
    """Probability of a score or a larger one, by score."""
    return np.clip(np.cumsum(probabilities[::-1])[::-1], 0.0, 1.0)
