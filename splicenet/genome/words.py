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
            before, total = _predict(counts, where, before, self.strengths[order], own)
            said.append(before)
            seen.append(total)
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
    """Choose the strengths, shortest words first, that predict other sequence best.

    Parameters
    ----------
    counts
        As :func:`count_followers` gives them.
    watched
        Sequences of codes that were not counted; of them both strands are read.
    """
    levels = _levels(counts)
    strands = [strand for codes in watched for strand in (codes, reverse_complement(codes))]
    read = [(codes, _places(codes[None], len(levels) - 1)) for codes in strands]
    known = [codes != N for codes in strands]
    before = [np.full((1, codes.size, 4), 0.25, np.float32) for codes in strands]
    strengths = []
    for order, level in enumerate(levels):
        tried = {}
        for strength in _STRENGTHS:
            said = [
                _predict(level, places[order], shorter, strength)[0]
                for (_, places), shorter in zip(read, before, strict=True)
            ]
            cost = sum(
                -np.log2(p[0, there][np.arange(there.sum()), codes[there]]).sum(dtype=float)
                for p, codes, there in zip(said, strands, known, strict=True)
            )
            tried[strength] = (float(cost), said)
        best = min(tried, key=lambda strength: tried[strength][0])
        strengths.append(best)
        before = tried[best][1]
    return WordModel(counts, tuple(strengths))


def _levels(counts: np.ndarray) -> list[np.ndarray]:
    levels = [counts]
    while levels[0].shape[0] > 1:
        shorter = levels[0].reshape(4, -1, 4).sum(0, dtype=np.int32)
        levels.insert(0, shorter)
    return levels


def _predict(
    counts: np.ndarray,
    places: np.ndarray,
    shorter: np.ndarray,
    strength: float,
    own: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Predictions (n, L, 4) after words at rows ``places``, -1 where there is none; with totals.

    ``own``, (n, L, 4), is taken from the counts.
    """
    found = counts[places].astype(np.float32)
    if own is not None:
        found = np.maximum(found - own, 0)
    found[places < 0] = 0
    total = found.sum(-1)
    return (found + strength * shorter) / (total + strength)[..., None], total


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
