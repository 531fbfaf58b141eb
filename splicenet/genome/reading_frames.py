"""Reading frames of spliced sequence: whether one stays open through the junctions of its exons.

Codes are those of :mod:`~splicenet.genome.alphabet`, in the direction of transcription.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["frame_through"]

_STOPS = ((3, 0, 0), (3, 0, 2), (3, 2, 0))  # TAA, TAG, TGA


def frame_through(exons: Sequence[np.ndarray]) -> int:
    """Bases of the longest frame without a stop codon that goes through all junctions.

    Parameters
    ----------
    exons
        Codes, uint8; the outer ones as far as they are known.

    Returns
    -------
    int
        0 where a stop codon closes every frame on the way from the first exon to the last.
    """
    codes = np.concatenate(exons)
    first, last = len(exons[0]), codes.size - len(exons[-1])
    stops = np.zeros(codes.size, bool)
    for a, b, c in _STOPS:
        stops[:-2] |= (codes[:-2] == a) & (codes[1:-1] == b) & (codes[2:] == c)
    longest = 0
    for frame in range(3):
        found = np.flatnonzero(stops[frame::3]) * 3 + frame
        before, after = found[found + 3 <= first], found[found >= last]
        if before.size + after.size == found.size:
            start = int(before[-1]) + 3 if before.size else frame
            end = int(after[0]) if after.size else codes.size
            longest = max(longest, end - start)
    return longest
