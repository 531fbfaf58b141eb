"""Does a network know which species it reads? A probe of its states, and of the bases themselves.

A model may learn the organism instead of the mechanism. How well a logistic regression tells the
species from the mean state of a window says how much of the organism a level carries; how well one
does on the window's words of bases says how much of that composition alone gives away. Windows that
judge lie in held-out sequence. Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from splicenet.diagnostics.logistic import Logistic
from splicenet.exceptions import RegionError
from splicenet.genome.alphabet import N, reverse_complement
from splicenet.genome.intervals import Interval
from splicenet.genome.species import Species
from splicenet.genome.spectrum import known_words, word_numbers
from splicenet.model.network import SpliceNetwork
from splicenet.model.states import mean_states

__all__ = ["WORDS", "Ground", "draw_windows", "probe_species", "word_shares"]

WORDS = (1, 2, 3, 4)
"""Lengths of the words that the states are held against."""

_MOST_UNKNOWN = 0.1
_TRIES = 100


class Ground(NamedTuple):
    """A species with the regions that the probe learns from, and those that judge it."""

    species: Species
    learned: Sequence[Interval]
    judged: Sequence[Interval]


def probe_species(
    network: SpliceNetwork,
    grounds: Sequence[Ground],
    *,
    windows: int = 200,
    length: int = 2048,
    seed: int = 1,
) -> pd.DataFrame:
    """Tell species apart by the mean states of every level, and by words.

    Parameters
    ----------
    network
        Its flanks and heads play no part.
    grounds
        Two species or more.
    windows
        Of each species to learn from, and as many to judge.
    length
        Bases in a window.
    seed
        Draws windows and strands.

    Returns
    -------
    pandas.DataFrame
        A row for words of each length and for each level: ``read``, ``numbers`` (a window),
        ``accuracy``, ``chance``, and the share that is right of each species, under its name.

    Raises
    ------
    RegionError
        If a species has no region that holds such a window.
    """
    rng = np.random.default_rng(seed)
    classes = np.repeat(np.arange(len(grounds)), windows)
    learned = [draw_windows(one.species, one.learned, windows, length, rng) for one in grounds]
    judged = [draw_windows(one.species, one.judged, windows, length, rng) for one in grounds]
    reader = network.fused()
    known, asked = (_features(reader, np.concatenate(drawn)) for drawn in (learned, judged))
    rows = []
    for name, features in known.items():
        said = Logistic.fit(features, classes).classes(asked[name])
        right = (said == classes).reshape(len(grounds), windows).mean(1)
        rows.append(
            {
                "read": name,
                "numbers": features.shape[1],
                "accuracy": right.mean(),
                "chance": 1 / len(grounds),
            }
            | {one.species.name: share for one, share in zip(grounds, right, strict=True)}
        )
    return pd.DataFrame(rows)


def _features(network: SpliceNetwork, codes: np.ndarray) -> Mapping[str, np.ndarray]:
    words = {f"words of {length}": word_shares(codes, length) for length in WORDS}
    return words | mean_states(network, codes)


def draw_windows(
    species: Species,
    regions: Sequence[Interval],
    number: int,
    length: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Windows from anywhere in the regions, on either strand, in the direction that it is read.

    Returns
    -------
    numpy.ndarray
        Codes, (number, length), uint8, with few N.

    Raises
    ------
    RegionError
        If no region is so long, or too many of their bases are unknown.
    """
    places = np.array([max(0, len(region) - length + 1) for region in regions], np.float64)
    drawn: list[np.ndarray] = []
    tries = _TRIES * number if places.sum() else 0
    for _ in range(tries):
        region = regions[int(rng.choice(len(regions), p=places / places.sum()))]
        start = int(rng.integers(region.start, region.end - length + 1))
        codes = species.genome.fetch(region.contig, start, start + length)
        if (codes == N).mean() <= _MOST_UNKNOWN:
            drawn.append(reverse_complement(codes) if rng.random() < 0.5 else codes)
        if len(drawn) == number:
            return np.stack(drawn)
    raise RegionError(
        f"{species.name} has no {number:,} windows of {length:,} known bases, outside what is held "
        "out and in it; hold out other regions, or ask for shorter windows"
    )


def word_shares(codes: np.ndarray, length: int) -> np.ndarray:
    """How often each word stands in each window, as it is read, (N, 4 ** length), float64."""
    known = known_words(codes, length)
    counts = [
        np.bincount(row[there], minlength=4**length)
        for row, there in zip(word_numbers(codes, length), known, strict=True)
    ]
    return np.stack(counts) / np.maximum(known.sum(1, keepdims=True), 1)
