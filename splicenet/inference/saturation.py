"""Every single-base change of some stretches, as records.

Coordinates are 0-based half-open; the records' text counts from 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from splicenet.genome.alphabet import LETTERS, N, decode
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import Genome
from splicenet.genome.vcf import VcfRecord

__all__ = ["Saturation"]

_PIECE = 1 << 16


@dataclass(frozen=True)
class Saturation:
    """Three records for every known base; bases of N have none. Can be gone through repeatedly.

    Parameters
    ----------
    genome
        Open.
    regions
        Sorted, without overlap.
    """

    genome: Genome
    regions: Sequence[Interval]

    def __iter__(self) -> Iterator[VcfRecord]:
        number = 0
        for region in self.regions:
            for left in range(region.start, region.end, _PIECE):
                codes = self.genome.fetch(region.contig, left, min(left + _PIECE, region.end))
                bases = decode(codes)
                for position, ref in enumerate(bases, left):
                    for alt in LETTERS[:N] if ref != LETTERS[N] else "":
                        if alt != ref:
                            number += 1
                            yield _record(region.contig, position, ref, alt, number)

    def count(self) -> int:
        """An upper bound of the number of records."""
        return 3 * sum(map(len, self.regions))


def _record(contig: str, position: int, ref: str, alt: str, number: int) -> VcfRecord:
    columns = (contig, str(position + 1), ".", ref, alt, ".", ".", ".")
    return VcfRecord(contig, position, ref, (alt,), columns, number)
