"""Which genomes are akin, by what a network that was never told reads in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from Bio.Phylo.BaseTree import Tree

from splicenet.evaluation.distances import (
    Windows,
    mean_distances,
    resample,
    whiten,
    word_distances,
)
from splicenet.evaluation.side_states import window_states
from splicenet.evaluation.trees import join_neighbours, with_support
from splicenet.genome.species import Species
from splicenet.genome.spectrum import count_words
from splicenet.genome.tiles import draw_tiles
from splicenet.model.network import SpliceNetwork

__all__ = ["ALL", "WORDS", "Grown", "Kinship", "grow", "kinship"]

ALL, WORDS = "states", "words"
"""Names of the tree of all levels together, and of that of word frequencies."""

_WORD = 6


@dataclass(frozen=True)
class Grown:
    """A tree with support, and the distances that it was made of, (genomes, genomes)."""

    tree: Tree
    distances: np.ndarray


@dataclass(frozen=True)
class Kinship:
    """Trees of some genomes.

    ``grown`` has that of all levels first, then that of each, then that of words. ``places`` are
    the windows on the two axes along which they differ most, (genomes, windows, 2).
    """

    names: list[str]
    grown: Mapping[str, Grown]
    places: np.ndarray


def kinship(
    network: SpliceNetwork,
    species: Sequence[Species],
    *,
    windows: int,
    length: int,
    bootstrap: int,
    seed: int,
    on_genome: Callable[[str], object] = lambda name: None,
) -> Kinship:
    """Build trees from what a network reads, and from how often words of six bases are.

    Parameters
    ----------
    network
        In eval mode.
    species
        At least three; their labels are not looked at.
    windows, length
        How many windows of each genome, and of how many bases.
    bootstrap
        How often windows are drawn again, for support.
    seed
        Of all that is drawn.
    on_genome
        Called with each name once it is read.

    Raises
    ------
    RegionError
        If a genome has not so many windows.
    """
    states: dict[str, list[np.ndarray]] = {}
    spectra = []
    for one in species:
        _, codes = draw_tiles(one.genome, windows, length, seed=seed)
        for level, means in window_states(network, codes).items():
            states.setdefault(level, []).append(means)
        counts = np.stack([count_words(window, _WORD) for window in codes])
        spectra.append(counts / counts.sum(1, keepdims=True))
        on_genome(one.name)
    levels = {level: np.stack(parts) for level, parts in states.items()}
    levels = {ALL: np.concatenate(list(levels.values()), axis=-1), **levels}
    names = [one.name for one in species]
    build = partial(grow, names, bootstrap=bootstrap, seed=seed)
    white = {level: whiten(values) for level, values in levels.items()}
    grown = {level: build(values, mean_distances) for level, values in white.items()}
    grown[WORDS] = build(np.stack(spectra), word_distances)
    return Kinship(names, grown, _places(white[ALL]))


def grow(
    names: Sequence[str],
    windows: Windows,
    distance: Callable[[Windows], np.ndarray],
    *,
    bootstrap: int,
    seed: int,
) -> Grown:
    """The tree of the windows' distances, and how many of those of windows drawn again agree."""
    rng = np.random.default_rng(seed)
    distances = distance(windows)
    others = (join_neighbours(names, distance(resample(windows, rng))) for _ in range(bootstrap))
    return Grown(with_support(join_neighbours(names, distances), others), distances)


def _places(windows: Windows) -> np.ndarray:
    """Principal components, (genomes, windows, 2)."""
    flat = windows.reshape(-1, windows.shape[-1])
    flat = flat - flat.mean(0)
    _, _, axes = np.linalg.svd(flat, full_matrices=False)
    return (flat @ axes[:2].T).reshape(*windows.shape[:2], -1)
