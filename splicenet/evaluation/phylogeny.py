"""Which genomes are akin, by what a network that was never told reads in them.

Composition drifts fast and comes to be alike in genomes that are not akin, and nothing moves a
network's states as much. So every window is read a second time with its letters shuffled so that
each pair of neighbours stays as frequent, and what is compared is the difference: what the network
reads in the order of the letters beyond that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from Bio.Phylo.BaseTree import Tree

from splicenet.evaluation.distances import Windows, mean_distances, resample, word_distances
from splicenet.evaluation.side_states import window_states
from splicenet.evaluation.trees import join_neighbours, with_support
from splicenet.genome.shuffle import dinucleotide_shuffle, generator
from splicenet.genome.species import Species
from splicenet.genome.spectrum import count_words
from splicenet.genome.tiles import draw_tiles
from splicenet.model.network import SpliceNetwork

__all__ = ["ALIKE", "ALL", "AS_READ", "WORDS", "Grown", "Kinship", "grow", "kinship"]

ALL, AS_READ = "states", "states_as_read"
"""Names of the tree of all levels together, and of the same without the shuffled windows."""
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

    ``grown`` has that of all levels first, then that of each, then that of all levels as they are
    read, then those of words. ``places`` are the windows on the two axes along which they differ
    most, (genomes, windows, 2).
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
    shuffled: dict[str, list[np.ndarray]] = {}
    words, deviations = [], []
    for one in species:
        _, codes = draw_tiles(one.genome, windows, length, seed=seed)
        without = np.stack([dinucleotide_shuffle(row, generator(seed, row)) for row in codes])
        for read, found in ((codes, states), (without, shuffled)):
            for level, means in window_states(network, read).items():
                found.setdefault(level, []).append(means)
        words.append(_shares(codes, _WORD))
        # Roots of shares vary alike, whether a word is rare or common.
        roots = (np.sqrt(_shares(read, _SHORT_WORD)) for read in (codes, without))
        deviations.append(np.subtract(*roots))
        on_genome(one.name)
    as_read, by_chance = _levels(states), _levels(shuffled)
    beyond = {level: values - by_chance[level] for level, values in as_read.items()}
    names = [one.name for one in species]
    build = partial(grow, names, bootstrap=bootstrap, seed=seed)
    grown = {level: build(values, mean_distances) for level, values in beyond.items()}
    grown[AS_READ] = build(as_read[ALL], mean_distances)
    grown[WORDS] = build(np.stack(words), word_distances)
    grown[ALIKE] = build(np.stack(deviations), mean_distances)
    return Kinship(names, grown, _places(beyond[ALL]))


def _shares(codes: np.ndarray, length: int) -> np.ndarray:
    counts = np.stack([count_words(window, length) for window in codes])
    return counts / counts.sum(1, keepdims=True)


def _levels(found: Mapping[str, Sequence[np.ndarray]]) -> dict[str, Windows]:
    """All levels together first, then each."""
    levels = {level: np.stack(parts) for level, parts in found.items()}
    return {ALL: np.concatenate(list(levels.values()), axis=-1), **levels}


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
    """Principal components of standardised numbers, (genomes, windows, 2)."""
    flat = windows.reshape(-1, windows.shape[-1]).astype(float)
    flat = flat - flat.mean(0)
    flat /= np.maximum(flat.std(0), 1e-9)
    _, _, axes = np.linalg.svd(flat, full_matrices=False)
    return (flat @ axes[:2].T).reshape(*windows.shape[:2], -1)
