"""Which sequence stands, nearly alike, in another one: sketches of hashed words.

Of all words of 21 bases, read on the strand on which they come first in the alphabet, those with a
small hash are kept (FracMinHash; Irber et al. 2022): the share of a stretch's kept words that a
sketch knows estimates the share of all its words that stand in the sketched sequence, and that of
its bases that are the same by about its 21st root. Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from splicenet.genome.alphabet import N
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import Genome

__all__ = ["Found", "Sketch", "sketch_words"]

_WORD = 21
_KEPT = 16
"""One word in so many is kept."""
_PIECE = 1 << 16
"""Bases of a place that is named; whole stretches are read in such pieces."""
_FEWEST = 8
"""Kept words on fewer of which nothing is said: a stretch of some hundred bases."""


def sketch_words(codes: np.ndarray) -> np.ndarray:
    """The kept words of a stretch, as hashes.

    Parameters
    ----------
    codes
        0 to 4, shape ``(length,)``, dtype uint8; words with an N are left out.

    Returns
    -------
    numpy.ndarray
        Hashes in the order of the stretch, uint64, about ``length / 16`` of them.
    """
    count = codes.size - _WORD + 1
    if count < 1:
        return np.empty(0, np.uint64)
    letters = np.minimum(codes, N - 1).astype(np.uint64)
    forward = np.zeros(count, np.uint64)
    backward = np.zeros(count, np.uint64)
    for offset in range(_WORD):
        there = letters[offset : offset + count]
        forward = (forward << np.uint64(2)) | there
        backward |= (np.uint64(3) - there) << np.uint64(2 * offset)
    unknown = np.concatenate(([0], np.cumsum(codes == N)))
    known = unknown[_WORD:] == unknown[:-_WORD]
    hashes = _mixed(np.minimum(forward, backward)[known])
    return hashes[hashes < np.uint64((1 << 64) // _KEPT)]


def _mixed(words: np.ndarray) -> np.ndarray:
    """Scramble 64-bit words so that neighbours part (the finaliser of SplitMix64, Steele 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


@dataclass(frozen=True)
class Found:
    """How much of a stretch is known, and where most of that stands."""

    share: float
    """Of its words, 0 to 1."""
    name: str
    place: Interval


class Sketch:
    """The kept words of some genomes, and the places where they stand.

    Parameters
    ----------
    parts
        Names, genomes and regions of them. Some 50 MB are held for each 100 Mb of sequence.
    """

    def __init__(self, parts: Sequence[tuple[str, Genome, Sequence[Interval]]]) -> None:
        self._places: list[tuple[str, Interval]] = []
        hashes: list[np.ndarray] = [np.empty(0, np.uint64)]
        for name, genome, regions in parts:
            for place in _pieces(regions):
                # Words that reach over a piece's end belong to it.
                end = place.end + _WORD - 1
                words = np.unique(sketch_words(genome.fetch(place.contig, place.start, end)))
                hashes.append(words)
                self._places.append((name, place))
        places = np.repeat(
            np.arange(len(self._places), dtype=np.int32), [len(words) for words in hashes[1:]]
        )
        together = np.concatenate(hashes)
        order = np.argsort(together, kind="stable")
        self._hashes, self._where = together[order], places[order]

    def find(self, codes: np.ndarray) -> Found | None:
        """How much of a stretch, of either strand, the sketch knows.

        Returns
        -------
        Found or None
            None if nothing of it is known, or it has too few words to tell.
        """
        words = np.unique(sketch_words(codes))
        if len(words) < _FEWEST:
            return None
        first = np.searchsorted(self._hashes, words, side="left")
        last = np.searchsorted(self._hashes, words, side="right")
        known = last > first
        if not known.any():
            return None
        counts = np.bincount(
            np.concatenate(
                [self._where[a:b] for a, b in zip(first[known], last[known], strict=True)]
            )
        )
        name, place = self._places[int(counts.argmax())]
        return Found(float(known.mean()), name, place)


def _pieces(regions: Sequence[Interval]) -> Iterator[Interval]:
    for region in regions:
        for start in range(region.start, region.end, _PIECE):
            yield Interval(region.contig, start, min(start + _PIECE, region.end))
