"""What base follows a word: counts of short words on both strands, and what they predict.

Both strands are counted, so that one table serves both directions: what comes before a word is the
complement of what follows its reverse complement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from splicenet.genome.alphabet import N, reverse_complement
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import Genome
from splicenet.genome.spectrum import known_words, word_numbers

__all__ = ["LONGEST", "Told", "WordModel", "count_followers", "fit_words"]

LONGEST = 12
"""Bases of the longest words that are counted: their table takes 256 MiB."""

_CHUNK = 1 << 18
"""Bases that are counted at a time: few enough for a processor's cache."""
_STRENGTHS = tuple(2.0**power for power in range(-1, 12))
"""What may be added of the shorter word's prediction to the counts of the longer one."""


@dataclass(frozen=True)
class Told:
    """What words say of every base of some sequences, from those before it.

    ``probabilities`` is (n, L, orders + 1, 4), ``seen``, how often the word before was met, is
    (n, L, orders + 1); both float32.
    """

    probabilities: np.ndarray
    seen: np.ndarray


@dataclass(frozen=True)
class WordModel:
    """A Markov model that falls back from long words to shorter ones.

    The prediction of a word is that of the word without its first base, counted as so many
    observations, together with what was observed after the word itself.

    Parameters
    ----------
    counts
        How often each base followed each word of ``order`` bases, int32, (4 ** order, 4).
    strengths
        Observations that the next shorter word's prediction counts as, one for each order from 0.
    """

    counts: np.ndarray
    strengths: tuple[float, ...]

    @property
    def order(self) -> int:
        """Bases of the longest word."""
        return len(self.strengths) - 1

    @cached_property
    def levels(self) -> list[np.ndarray]:
        """Counts after words of every length from 0, (4 ** length, 4) each."""
        return _levels(self.counts)

    def tell(self, codes: np.ndarray, *, counted: bool = False) -> Told:
        """Predict every base from the words before it.

        Parameters
        ----------
        codes
            Sequences of codes 0 to 4, (n, L).
        counted
            Whether these very sequences are among what was counted: then each is told from all the
            rest, or what stands in it alone would seem to be known.
        """
        places = _places(codes, self.order)
        rows = [_both_strands(row, self.order + 1) for row in codes] if counted else []
        before = np.full((*codes.shape, 4), 0.25, np.float32)
        said, seen = [], []
        for order, (counts, where) in enumerate(zip(self.levels, places, strict=True)):
            own = None
            if counted:
                own = np.stack([_own(*row, order) for row in zip(rows, where, strict=True)])
            found = _found(counts, where, own)
            before = _mixed(found, before, self.strengths[order])
            said.append(before)
            seen.append(found.sum(-1))
        return Told(np.stack(said, axis=2), np.stack(seen, axis=2))

    def shortened(self, order: int) -> WordModel:
        """The same of words of so many bases at most."""
        return WordModel(self.levels[order], self.strengths[: order + 1])


def count_followers(parts: Iterable[tuple[Genome, Sequence[Interval]]], order: int) -> np.ndarray:
    """Count what follows each word on both strands of regions of genomes.

    Returns
    -------
    numpy.ndarray
        int32, (4 ** order, 4), words in the order of the alphabet; words with N do not count.
    """
    table = np.zeros(4 ** (order + 1), np.int32)
    for genome, regions in parts:
        for region in regions:
            for start in range(region.start, region.end, _CHUNK):
                end = min(start + _CHUNK + order, region.end)
                codes = genome.fetch(region.contig, start, end)
                for strand in (codes, reverse_complement(codes)):
                    np.add.at(table, _numbers(strand, order + 1), np.int32(1))
    return table.reshape(-1, 4)


def fit_words(counts: np.ndarray, watched: Sequence[np.ndarray]) -> WordModel:
    """Choose the strengths, shortest words first, by which pieces are best told from all the rest.

    Parameters
    ----------
    counts
        As :func:`count_followers` gives them.
    watched
        Sequences of codes that are among what was counted; of them both strands are read. They
        should be long: copies of a word that lie in one of them together say nothing of each other.
    """
    levels = _levels(counts)
    strands = [strand for codes in watched for strand in (codes, reverse_complement(codes))]
    owned = [_both_strands(codes, len(levels)) for codes in strands]
    places = [_places(codes[None], len(levels) - 1) for codes in strands]
    said = [np.full((1, codes.size, 4), 0.25, np.float32) for codes in strands]
    strengths: list[float] = []
    for order, level in enumerate(levels):
        found = [
            _found(level, where[order], _own(own, where[order][0], order)[None])
            for where, own in zip(places, owned, strict=True)
        ]
        strength = _best_strength(found, said, strands)
        said = [_mixed(*pair, strength) for pair in zip(found, said, strict=True)]
        strengths.append(strength)
    return WordModel(counts, tuple(strengths))


def _best_strength(
    found: Sequence[np.ndarray], shorter: Sequence[np.ndarray], told: Sequence[np.ndarray]
) -> float:
    """The one with which the bases of some sequences are told at the least cost."""
    rows = []
    for counted, said, codes in zip(found, shorter, told, strict=True):
        there = np.flatnonzero(codes != N)
        this = (0, there, codes[there])
        rows.append(np.stack([counted[this], counted[0, there].sum(-1), said[this]]))
    met, total, said = np.concatenate(rows, axis=1)
    costs = [
        -np.log((met + strength * said) / (total + strength)).sum(dtype=float)
        for strength in _STRENGTHS
    ]
    # Where nothing was found all cost the same, but for rounding: then trust it least.
    enough = min(costs) * (1 + 1e-6)
    return max(one for one, cost in zip(_STRENGTHS, costs, strict=True) if cost <= enough)


def _levels(counts: np.ndarray) -> list[np.ndarray]:
    levels = [counts]
    while levels[0].shape[0] > 1:
        shorter = levels[0].reshape(4, -1, 4).sum(0, dtype=np.int32)
        levels.insert(0, shorter)
    return levels


def _found(counts: np.ndarray, places: np.ndarray, own: np.ndarray | None = None) -> np.ndarray:
    """Counts (n, L, 4) after words at rows ``places``, -1 where there is none, less ``own``."""
    found = counts[places].astype(np.float32)
    if own is not None:
        found = np.maximum(found - own, 0)
    found[places < 0] = 0
    return found


def _mixed(found: np.ndarray, shorter: np.ndarray, strength: float) -> np.ndarray:
    """Predictions (n, L, 4) from what was found and what the next shorter words say."""
    return (found + strength * shorter) / (found.sum(-1, keepdims=True) + strength)


def _own(counted: np.ndarray, places: np.ndarray, order: int) -> np.ndarray:
    """What of the counts after the words at ``places`` comes from these longest words, (L, 4)."""
    if not counted.size:
        return np.zeros((places.size, 4), np.float32)
    found = counted & (4 ** (order + 1) - 1)
    words, rows = np.unique(found >> 2, return_inverse=True)
    counts = np.bincount(4 * rows + (found & 3), minlength=4 * words.size).reshape(-1, 4)
    nearest = np.minimum(np.searchsorted(words, places), words.size - 1)
    met = words[nearest] == places
    return (counts[nearest] * met[:, None]).astype(np.float32)


def _both_strands(codes: np.ndarray, length: int) -> np.ndarray:
    return np.concatenate([_numbers(one, length) for one in (codes, reverse_complement(codes))])


def _places(codes: np.ndarray, order: int) -> list[np.ndarray]:
    """For each length from 0 the word before every base as a number, (n, L); -1 where an N is."""
    numbers = np.zeros(codes.shape, np.int64)
    places = [numbers]
    for length in range(1, order + 1):
        letter = np.full(codes.shape, N, np.uint8)
        letter[..., length:] = codes[..., :-length]
        last = places[-1]
        number = last + (letter.astype(np.int64) << (2 * (length - 1)))
        places.append(np.where((last >= 0) & (letter != N), number, -1))
    return places


def _numbers(codes: np.ndarray, length: int) -> np.ndarray:
    """The words of a sequence as numbers, those with N left out."""
    return word_numbers(codes, length)[known_words(codes, length)]
