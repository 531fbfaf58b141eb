"""Leakage between training and test: genes of the one that stand nearly alike in the other.

Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from splicenet.genome.intervals import Interval
from splicenet.genome.sketch import Sketch
from splicenet.genome.species import Species

__all__ = ["Leak", "find_leaks"]


@dataclass(frozen=True)
class Leak:
    """A gene of the judged sequence, and where the training sequence has its like."""

    COLUMNS: ClassVar = (
        *("species", "contig", "start", "end", "strand"),
        *("share", "like_species", "like_contig", "like_start", "like_end"),
    )

    of: str
    """The judged species."""
    gene: Interval
    share: float
    """Of its words that the training sequence has, 0 to 1."""
    species: str
    place: Interval
    """Where most of them stand."""

    def to_row(self) -> dict[str, Any]:
        """For a table; 0-based half-open."""
        gene, place = self.gene, self.place
        values = (self.of, gene.contig, gene.start, gene.end, gene.strand, round(self.share, 4))
        likes = (self.species, place.contig, place.start, place.end)
        return dict(zip(self.COLUMNS, (*values, *likes), strict=True))


def find_leaks(
    judged: Species, regions: Sequence[Interval], sketch: Sketch, *, share: float
) -> list[Leak]:
    """Genes inside the regions of which a sketch of the training has at least a share of the words.

    Words are of 21 bases, on either strand, so sequence that is 97 % the same shares half of them.
    Genes of fewer than some hundred bases cannot be told.
    """
    leaks = []
    for gene in dict.fromkeys(judged.genes):
        if not any(gene.overlaps(region) for region in regions):
            continue
        found = sketch.find(judged.genome.fetch(gene.contig, gene.start, gene.end))
        if found is not None and found.share >= share:
            leaks.append(Leak(judged.name, gene, found.share, found.name, found.place))
    return sorted(leaks, key=lambda leak: -leak.share)
