"""Which genomes are akin, by what a network that was never told reads in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from Bio.Phylo.BaseTree import Tree

from splicenet.evaluation.distances import (
    Windows,
    at_equal_composition,
    mean_distances,
    resample,
    whiten,
    word_distances,
)
from splicenet.evaluation.side_states import window_states
from splicenet.evaluation.trees import join_neighbours, with_support
from splicenet.exceptions import RegionError
from splicenet.genome.species import Species
from splicenet.genome.spectrum import count_words
from splicenet.genome.tiles import draw_tiles
from splicenet.model.network import SpliceNetwork

__all__ = ["ALL", "ALIKE", "AS_READ", "WORDS", "Grown", "Kinship", "grow", "kinship"]

ALL, AS_READ = "states", "states_as_read"
"""Names of the tree of all levels together, and of the same whatever the composition."""
WORDS, ALIKE = "words", "words_alike"
"""Names of the tree of word frequencies, and of that of words treated as states are."""

_WORD, _SHORT_WORD = 6, 4


@dataclass(frozen=True)
class Grown:
    """A tree with support, and the distances that it was made of, (genomes, genomes)."""

    tree: Tree
    distances: np.ndarray


@dataclass(frozen=True)
class Kinship:
    """Trees of some genomes.

    ``grown`` has that of all levels first, then that of each, then that of all levels at their own
    composition, then those of words. ``places`` are the windows on the two axes along which they
    differ most, (genomes, windows, 2).
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
    composition: int,
    bootstrap: int,
    seed: int,
    on_genome: Callable[[str], object] = lambda name: None,
) -> Kinship:
    """Build trees from what a network reads, and from how often words are.

    Words of six bases are compared as they are; words of four like the states.

    Parameters
    ----------
    network
        In eval mode.
    species
        At least three; their labels are not looked at.
    windows, length
        How many windows of each genome, and of how many bases.
    composition
        Bases of the words in whose shares windows are made equal before they are compared, as
        :func:`~splicenet.evaluation.distances.at_equal_composition` does it; 0 for none.
    bootstrap
        How often windows are drawn again, for support.
    seed
        Of all that is drawn.
    on_genome
        Called with each name once it is read.

    Raises
    ------
    RegionError
        If a genome has not so many windows, or they are too few to tell what composition does.
    """
    if len(species) * (windows - 1) < 2 * 4**composition:
        raise RegionError(
            f"{windows} windows of each genome do not tell what words of {composition} bases do to "
            "the states; take more windows, or shorter words (--composition)"
        )
    states: dict[str, list[np.ndarray]] = {}
    words: dict[int, list[np.ndarray]] = {}
    for one in species:
        _, codes = draw_tiles(one.genome, windows, length, seed=seed)
        for level, means in window_states(network, codes).items():
            states.setdefault(level, []).append(means)
        for size in {_WORD, _SHORT_WORD, composition} - {0}:
            counts = np.stack([count_words(window, size) for window in codes])
            words.setdefault(size, []).append(counts / counts.sum(1, keepdims=True))
        on_genome(one.name)
    levels = {level: np.stack(parts) for level, parts in states.items()}
    levels = {ALL: np.concatenate(list(levels.values()), axis=-1), **levels}
    shares = {size: np.stack(parts) for size, parts in words.items()}

    def compared(values: Windows) -> Windows:
        return whiten(at_equal_composition(values, shares[composition]) if composition else values)

    names = [one.name for one in species]
    build = partial(grow, names, bootstrap=bootstrap, seed=seed)
    white = {level: compared(values) for level, values in levels.items()}
    grown = {level: build(values, mean_distances) for level, values in white.items()}
    if composition:
        grown[AS_READ] = build(whiten(levels[ALL]), mean_distances)
    grown[WORDS] = build(shares[_WORD], word_distances)
    # Roots of shares vary alike, whether a word is rare or common.
    grown[ALIKE] = build(compared(np.sqrt(shares[_SHORT_WORD])), mean_distances)
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
