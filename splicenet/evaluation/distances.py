"""How far genomes lie apart, by what was read in as many windows of each."""

from __future__ import annotations

import numpy as np

from splicenet.genome.spectrum import spectrum_distance

__all__ = ["Windows", "mean_distances", "resample", "word_distances"]

Windows = np.ndarray
"""Numbers of windows, (genomes, windows, numbers), float."""


def mean_distances(numbers: Windows) -> np.ndarray:
    """Euclidean distances between the genomes' means, (genomes, genomes).

    Every number in units of its spread within genomes; one that never varies does not count.
    """
    numbers = numbers.astype(float)
    scale = (numbers - numbers.mean(1, keepdims=True)).std((0, 1))
    there = scale > 1e-9 * max(1.0, float(np.abs(numbers).max()))
    means = numbers.mean(1)[:, there] / scale[there]
    return np.sqrt(((means[:, None] - means[None]) ** 2).sum(-1))


def word_distances(spectra: Windows) -> np.ndarray:
    """Distances between the genomes' mean word frequencies, (genomes, genomes).

    As :func:`spectrum_distance` has them.
    """
    means = spectra.mean(1)
    return np.array([[spectrum_distance(one, other) for other in means] for one in means])


def resample(windows: Windows, rng: np.random.Generator) -> Windows:
    """Draw as many windows of each genome, again and again the same ones, for a bootstrap."""
    genomes, count, _ = windows.shape
    chosen = rng.integers(count, size=(genomes, count))
    return np.take_along_axis(windows, chosen[..., None], axis=1)
