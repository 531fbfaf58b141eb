"""How like two genomes are in their short words. Coordinates are 0-based half-open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from splicenet.genome.alphabet import N
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import Genome

__all__ = ["LENGTH", "count_words", "known_words", "spectrum", "spectrum_distance", "word_numbers"]

LENGTH = 6
"""Bases of a word, where nothing else is said."""
_CHUNK = 1 << 22


def word_numbers(codes: np.ndarray, length: int) -> np.ndarray:
    """Every word of ``length`` bases as a number in base four.

    Parameters
    ----------
    codes
        0 to 4, shape ``(..., n)``, dtype uint8.

    Returns
    -------
    numpy.ndarray
        Shape ``(..., n - length + 1)``, dtype int32. An ``N`` counts as an ``A``; who cares must
        ask :func:`known_words`.
    """
    count = max(0, codes.shape[-1] - length + 1)
    numbers = np.zeros((*codes.shape[:-1], count), np.int32)
    for offset in range(length):
        numbers <<= 2
        numbers |= codes[..., offset : offset + count] & 3
    return numbers


def known_words(codes: np.ndarray, length: int) -> np.ndarray:
    """Which of the words of :func:`word_numbers` hold no ``N``, bool."""
    count = max(0, codes.shape[-1] - length + 1)
    known = np.ones((*codes.shape[:-1], count), bool)
    for offset in range(length):
        known &= codes[..., offset : offset + count] != N
    return known


def count_words(codes: np.ndarray, length: int) -> np.ndarray:
    """How often each word stands in a stretch and in its reverse complement.

    Parameters
    ----------
    codes
        0 to 4, shape ``(n,)``, dtype uint8; words with an N do not count.

    Returns
    -------
    numpy.ndarray
        Counts in the order of the alphabet, int64, shape ``(4 ** length,)``.
    """
    numbers = word_numbers(codes, length)[known_words(codes, length)]
    plus = np.bincount(numbers, minlength=4**length)
    # Complement flips every axis, reading backwards reverses their order.
    return plus + np.flip(plus.reshape((4,) * length)).transpose().reshape(-1)


def spectrum(genome: Genome, regions: Sequence[Interval], *, length: int = LENGTH) -> np.ndarray:
    """Frequencies of all words on both strands of some regions, float64, ``(4 ** length,)``."""
    counts = np.zeros(4**length, np.int64)
    for region in regions:
        for start in range(region.start, region.end, _CHUNK):
            end = min(start + _CHUNK + length - 1, region.end)
            counts += count_words(genome.fetch(region.contig, start, end), length)
    return counts / max(1, counts.sum())


def spectrum_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Root of the Jensen-Shannon divergence in bits: 0 for the same spectrum, 1 for no word shared.

    A metric (Endres & Schindelin 2003).
    """
    middle = (first + second) / 2

    def divergence(one: np.ndarray) -> float:
        there = one > 0
        return float((one[there] * np.log2(one[there] / middle[there])).sum())

    return float(np.sqrt(max(0.0, (divergence(first) + divergence(second)) / 2)))
