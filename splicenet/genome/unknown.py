"""Labels of which nothing is known, for any task."""

from __future__ import annotations

import numpy as np

from splicenet.genome.labels import UNKNOWN
from splicenet.genome.tasks import Task

__all__ = ["is_known", "nothing", "unknown"]


def nothing(task: Task) -> float:
    """What stands where nothing is known."""
    return UNKNOWN if task.classes else np.nan


def unknown(task: Task, shape: tuple[int, ...]) -> np.ndarray:
    """Labels of no window at all.

    Parameters
    ----------
    shape
        (windows, bases), or (bases,) of one window of a local task.

    Returns
    -------
    numpy.ndarray
        Of this shape, or (windows,) of a global task: uint8 classes or float32 numbers.
    """
    shape = shape[:1] if task.scope == "global" else shape
    return np.full(shape, nothing(task), np.uint8 if task.classes else np.float32)


def is_known(labels: np.ndarray) -> np.ndarray:
    """Where something is known, bool."""
    return labels != UNKNOWN if labels.dtype == np.uint8 else ~np.isnan(labels)
