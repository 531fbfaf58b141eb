"""How far genomes lie apart, by what was read in as many windows of each.

A mean that drifts at random along the branches of a tree moves by a squared distance that grows
with their length, once its numbers are independent and of one scale (Felsenstein 1973). So they
are squared, in units of how windows of one and the same genome differ (Mahalanobis): what varies
within a genome tells little between genomes, and numbers that say the same count once.

Composition drifts fast and comes to be alike in genomes that are not akin. What a number owes to it
can be seen within a genome, where windows of one descent differ in composition, and be taken out.
"""

from __future__ import annotations

import numpy as np

from splicenet.genome.spectrum import spectrum_distance

__all__ = [
    "Windows",
    "at_equal_composition",
    "mean_distances",
    "resample",
    "whiten",
    "word_distances",
]

Windows = np.ndarray
"""Numbers of windows, (genomes, windows, numbers), float."""


def at_equal_composition(states: Windows, shares: Windows) -> Windows:
    """The numbers as they would be if all windows had the mean composition.

    This is an analysis of covariance: the slopes are those of all windows about the mean of their
    genome, by least squares, so that what tells genomes of equal composition apart stays.

    Parameters
    ----------
    states
        What is to be compared.
    shares
        Of short words in the same windows, (genomes, windows, words).
    """
    states, shares = states.astype(float), shares.astype(float)
    within = (states - states.mean(1, keepdims=True)).reshape(-1, states.shape[-1])
    inside = (shares - shares.mean(1, keepdims=True)).reshape(-1, shares.shape[-1])
    slopes = np.linalg.lstsq(inside, within, rcond=1e-6)[0]
    return states - (shares - shares.mean((0, 1))) @ slopes


def whiten(states: Windows) -> Windows:
    """In units in which windows of a genome scatter alike in all directions, independently.

    The covariance within genomes is shrunk towards equal variances of standardised numbers as far
    as so few windows ask for (Chen et al. 2010, oracle approximating shrinkage).
    """
    genomes, count, _ = states.shape
    states = states.astype(float)
    within = states - states.mean(1, keepdims=True)
    scale = within.std((0, 1))
    there = scale > 1e-9 * max(1.0, float(np.abs(states).max()))
    if not there.any():
        return np.zeros((genomes, count, 1))
    states, within = states[..., there] / scale[there], within[..., there] / scale[there]
    width, free = states.shape[-1], genomes * (count - 1)
    covariance = np.einsum("gwi,gwj->ij", within, within) / free
    square, trace = float((covariance**2).sum()), float(np.trace(covariance))
    spread = (free + 1 - 2 / width) * (square - trace**2 / width)
    share = 1.0 if spread <= 0 else min(1.0, ((1 - 2 / width) * square + trace**2) / spread)
    covariance = (1 - share) * covariance + share * trace / width * np.eye(width)
    values, vectors = np.linalg.eigh(covariance)
    return states @ (vectors / np.sqrt(values))


def mean_distances(states: Windows) -> np.ndarray:
    """Squared distances between the genomes' means, (genomes, genomes)."""
    means = states.mean(1)
    return ((means[:, None] - means[None]) ** 2).sum(-1)


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
