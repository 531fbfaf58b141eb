"""How far genomes lie apart, by what was read in as many windows of each."""

from __future__ import annotations

import numpy as np

from splicenet.genome.spectrum import spectrum_distance

__all__ = ["Windows", "mean_distances", "resample", "word_distances"]

_DRAWN = 0.3
"""How far the covariance within genomes is drawn towards its diagonal."""

Windows = np.ndarray
"""Numbers of windows, (genomes, windows, numbers), float."""


def mean_distances(numbers: Windows) -> np.ndarray:
    """How much the directions differ in which genomes lie from their common middle, (n, n).

    The root of 2 - 2 cos of the angle, 0 to 2. Directions are taken in units of the spread of
    windows within genomes, whatever way it runs (Mahalanobis): what varies from gene to gene says
    little, and what many numbers say alike counts once. The covariance is drawn towards its
    diagonal, for windows are few. How far a genome lies out is left aside, or those that are far
    from all others would come together.
    """
    numbers = _whitened(numbers.astype(float))
    means = numbers.mean(1) - numbers.mean((0, 1))
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    return np.sqrt(((means[:, None] - means[None]) ** 2).sum(-1))


def _whitened(numbers: Windows) -> Windows:
    """In units of the spread within genomes; a number that never varies is left out."""
    scale = (numbers - numbers.mean(1, keepdims=True)).std((0, 1))
    there = scale > 1e-9 * max(1.0, float(np.abs(numbers).max()))
    numbers = numbers[..., there] / scale[there]
    within = numbers - numbers.mean(1, keepdims=True)
    covariance = np.einsum("gwi,gwj->ij", within, within, optimize=True)
    covariance /= numbers.shape[0] * numbers.shape[1]
    covariance += _DRAWN * (np.diag(np.diag(covariance)) - covariance)
    variances, axes = np.linalg.eigh(covariance)
    return numbers @ (axes / np.sqrt(np.maximum(variances, 1e-12)))


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
