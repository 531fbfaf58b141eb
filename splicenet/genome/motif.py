"""The strand of an intron by its dinucleotides.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from splicenet.genome.alphabet import decode, reverse_complement
from splicenet.genome.intervals import Junction, Strand
from splicenet.genome.sequence import Genome

__all__ = ["MotifReader", "common_motifs"]

_MOTIFS = frozenset({"GTAG", "GCAG", "ATAC"})
_BLOCK = 1 << 18
_BLOCKS_KEPT = 16
_ENOUGH, _FAR_APART = 200, 64
"""Introns that tell whether an annotation belongs to a genome, and the blocks they are read in."""


class MotifReader:
    """Tell the strand of introns; quick where they come sorted by position.

    The genome is read in blocks of so many bases: large ones where introns are many.
    """

    def __init__(self, genome: Genome, block: int = _BLOCK) -> None:
        @lru_cache(maxsize=_BLOCKS_KEPT)
        def read(contig: str, index: int) -> np.ndarray:
            return genome.fetch(contig, index * block, (index + 1) * block + 1)

        self._bases, self._read = block, read

    def strand(self, contig: str, start: int, end: int) -> Strand:
        """Tell the strand on which an intron reads GT-AG, GC-AG or AT-AC; ``.`` if on none."""
        ends = np.concatenate([self._pair(contig, start), self._pair(contig, end - 2)])
        if decode(ends) in _MOTIFS:
            return "+"
        return "-" if decode(reverse_complement(ends)) in _MOTIFS else "."

    def _pair(self, contig: str, position: int) -> np.ndarray:
        index, offset = divmod(position, self._bases)
        return self._read(contig, index)[offset : offset + 2]


def common_motifs(introns: Iterable[Junction], genome: Genome) -> float:
    """The share of introns that read GT-AG, GC-AG or AT-AC on their strand.

    Of 200 at most at equal distances, or of all if there are fewer; NaN of none. Nearly all do
    where an annotation belongs to the genome, one in 85 by chance.
    """
    ordered = sorted(introns, key=lambda one: (one.contig, one.start, one.end))
    some = ordered[:: max(1, -(-len(ordered) // _ENOUGH))]
    motifs = MotifReader(genome, block=_FAR_APART)
    common = [motifs.strand(one.contig, one.start, one.end) == one.strand for one in some]
    return float(np.mean(common)) if common else float("nan")
