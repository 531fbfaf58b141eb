"""From observed introns, whatever they come from, to junctions on the genome's contigs.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from splicenet.genome.intervals import Junction, Strand
from splicenet.genome.motif import MotifReader
from splicenet.genome.sequence import Genome

__all__ = ["Limits", "Observed", "as_junctions"]


@dataclass(frozen=True)
class Limits:
    """What an intron needs in order to be believed.

    Attributes
    ----------
    min_overhang
        Bases aligned on either side of it.
    min_intron, max_intron
        Its length in bases, both inclusive.
    min_reads
        Reads that show it.
    """

    min_overhang: int
    min_intron: int
    max_intron: int
    min_reads: int

    def allow_length(self, length: int) -> bool:
        """Whether an intron may be this long."""
        return self.min_intron <= length <= self.max_intron


class Observed(NamedTuple):
    """An intron on a contig of the genome and how many reads say which strand it is on."""

    contig: str
    start: int
    end: int
    plus: int
    minus: int
    unknown: int


def as_junctions(
    introns: Iterable[Observed], genome: Genome, *, limits: Limits, skipped: Counter[str]
) -> list[Junction]:
    """Decide on strands and leave out what the limits forbid.

    The strand is that of most reads, else that of the dinucleotides.

    Returns
    -------
    list of Junction
        Sorted by contig, in the order of the genome, and position; ``reads`` counts the reads of
        all strands. What is left out is counted in ``skipped``.
    """
    order = {contig: rank for rank, contig in enumerate(genome.lengths)}
    motifs = MotifReader(genome)
    junctions = []
    for intron in sorted(introns, key=lambda intron: (order[intron.contig], *intron[1:3])):
        reads = intron.plus + intron.minus + intron.unknown
        if not limits.allow_length(intron.end - intron.start):
            skipped["junctions shorter or longer than introns may be"] += 1
        elif reads < limits.min_reads:
            skipped[f"junctions with fewer than {limits.min_reads} reads"] += 1
        elif (strand := _strand(intron, motifs)) == ".":
            skipped["junctions on an undecidable strand"] += 1
        else:
            junctions.append(Junction(intron.contig, intron.start, intron.end, strand, reads))
    return junctions


def _strand(intron: Observed, motifs: MotifReader) -> Strand:
    if intron.plus != intron.minus:
        return "+" if intron.plus > intron.minus else "-"
    return motifs.strand(intron.contig, intron.start, intron.end)
