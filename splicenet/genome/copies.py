"""What of a genome stands in it more than once, such as transposons.

Words of 24 bases that are met again, on either strand, tell it; of a large genome a sample of all
words is counted, always the same. Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from splicenet.genome.alphabet import N

__all__ = ["REACH", "WORD", "Copies", "strand_words"]

WORD = 24
"""Bases of a word: in a gigabase few are met twice by chance, and old copies still share some."""
REACH = 200
"""Bases on either side of a base that tell how much about it stands elsewhere too."""

_MOST_WORDS = 1 << 25
"""Words that are sorted, 256 MiB; of a larger genome every second, fourth, ... is left out."""
_HALF = 0.5
_CHUNK = 1 << 18
_SCATTER = np.uint64(0x9E3779B97F4A7C15)  # an odd number near 2**64 over the golden ratio
_BITS = 64


class Copies:
    """The words of a genome that are met more than once.

    Parameters
    ----------
    fetch
        ``fetch(contig, start, end)`` gives codes, N beyond the contig's ends.
    lengths
        Of all contigs, in bases.
    most_words
        So many words are counted at most, about.
    on_bases
        Hears of every stretch, with its number of bases.

    Attributes
    ----------
    haplotypes
        How often more than half of all words are met exactly, as where an assembly has so many
        haplotypes that are nearly alike; 1 where there is no such number.
    words
        Those met more often than there are haplotypes, sorted, uint64.
    halvings
        One word in ``2 ** halvings`` is looked at.
    """

    def __init__(
        self,
        fetch: Callable[[str, int, int], np.ndarray],
        lengths: Mapping[str, int],
        *,
        most_words: int = _MOST_WORDS,
        on_bases: Callable[[int], object] = lambda bases: None,
    ) -> None:
        self._fetch = fetch
        self.halvings = max(0, sum(lengths.values()) // most_words).bit_length()
        found = [np.empty(0, np.uint64)]
        for contig, length in lengths.items():
            for start in range(0, length, _CHUNK):
                end = min(start + _CHUNK, length)
                found.append(self._sample(fetch(contig, start, end + WORD - 1))[1])
                on_bases(end - start)
        everything = np.concatenate(found)
        del found
        everything.sort()
        last = np.append(np.flatnonzero(everything[1:] != everything[:-1]), everything.size - 1)
        times = np.diff(last, prepend=-1)
        places = np.bincount(times)
        places *= np.arange(places.size)  # so many hold a word that is met so often
        usual = int(places.argmax())
        self.haplotypes = max(1, usual) if places[usual] > _HALF * everything.size else 1
        self.words = everything[last[times > self.haplotypes]]

    def share(self, contig: str, start: int, end: int) -> np.ndarray:
        """How much of what lies about each base stands elsewhere in the genome too.

        Returns
        -------
        numpy.ndarray
            Of the words within ``REACH`` bases on either side the share that is met again, 0 to 1,
            shape (end - start,), dtype float32; 0 where there are none.
        """
        places, words = self._sample(self._fetch(contig, start - REACH, end + REACH))
        at = np.searchsorted(self.words, words)
        again = np.zeros(len(words), bool)
        inside = at < len(self.words)
        again[inside] = self.words[at[inside]] == words[inside]
        starts = end - start + 2 * REACH - WORD + 1
        first = np.arange(end - start)
        last = first + (2 * REACH + 1 - WORD + 1)
        met, all_of_them = (_running(where, starts) for where in (places[again], places))
        there = all_of_them[last] - all_of_them[first]
        return ((met[last] - met[first]) / np.maximum(there, 1)).astype(np.float32)

    def _sample(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the words begin that are looked at, and these words."""
        words, known = strand_words(codes)
        if self.halvings:
            known &= words * _SCATTER < np.uint64(1 << (_BITS - self.halvings))
        places = np.flatnonzero(known)
        return places, words[places]


def strand_words(codes: np.ndarray, length: int = WORD) -> tuple[np.ndarray, np.ndarray]:
    """Every word as a number in base four, the smaller of it and its reverse complement.

    Parameters
    ----------
    codes
        0 to 4, shape (n,), dtype uint8.
    length
        Bases of a word, at most 32.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        Words, uint64, and whether they hold no N, bool; both of shape (n - length + 1,), or (0,).
    """
    count = max(0, len(codes) - length + 1)
    bases = (codes & 3).astype(np.uint64)
    plus, minus = bases, 3 - bases  # words of `width` bases, forwards and reverse complemented
    words, turned = np.zeros((2, count), np.uint64)
    width, done = 1, 0
    while True:
        if length & width:
            there = slice(done, done + count)
            words = words << np.uint64(2 * width) | plus[there]
            turned |= minus[there] << np.uint64(2 * done)
            done += width
        if done == length:
            break
        plus = plus[:-width] << np.uint64(2 * width) | plus[width:]
        minus = minus[:-width] | minus[width:] << np.uint64(2 * width)
        width *= 2
    unknown = _running(np.flatnonzero(codes == N), len(codes))
    return np.minimum(words, turned), unknown[length:] == unknown[: len(unknown) - length]


def _running(places: np.ndarray, length: int) -> np.ndarray:
    """How many of the places lie before each of ``length`` positions, and before their end."""
    return np.concatenate(([0], np.cumsum(np.bincount(places, minlength=length))))
