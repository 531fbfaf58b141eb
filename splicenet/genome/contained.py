"""Whether a window holds an interval of some sort: the labels of the task ``contains``.

A window holds an interval if more than half of the interval's bases lie in it, on the strand that
is read; an interval without a strand lies on both. Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from splicenet.genome.bed_intervals import read_intervals
from splicenet.genome.intervals import Interval, Strand
from splicenet.genome.labels import STRANDS, UNKNOWN
from splicenet.genome.overlaps import Overlaps
from splicenet.genome.species import Species

__all__ = ["ContainedTarget", "annotated_features"]


class ContainedTarget:
    """Answers 0 (no) and 1 (yes), and UNKNOWN on contigs that have no interval at all."""

    def __init__(self, intervals: Iterable[Interval], lengths: Mapping[str, int]) -> None:
        rows: dict[tuple[str, Strand], list[tuple[int, int, int]]] = defaultdict(list)
        for one in intervals:
            for strand in STRANDS if one.strand == "." else (one.strand,):
                rows[one.contig, strand].append((one.start, one.end, 0))
        self._intervals = {key: Overlaps(found) for key, found in rows.items()}
        self._lengths = {contig: lengths[contig] for contig, _ in rows}

    @classmethod
    def of(cls, species: Species, source: str, *, file: bool) -> ContainedTarget | None:
        """Intervals of a BED, or a feature of the annotation; None if there are none.

        Raises
        ------
        SplicenetError
            If the file cannot be read or belongs to another genome.
        """
        if not source:
            return None
        if file:
            return cls(read_intervals(source, species.genome), species.genome.lengths)
        found = annotated_features(species, source)
        return cls(found, species.genome.lengths) if found else None

    def window(self, contig: str, start: int, end: int, strand: Strand) -> np.ndarray:
        """The answer for ``[start, end)``; uint8, of shape ()."""
        start, end = max(start, 0), min(end, self._lengths.get(contig, 0))
        if start >= end:
            return np.array(UNKNOWN, np.uint8)
        there = self._intervals.get((contig, strand))
        if there is None:
            return np.array(0, np.uint8)
        found = there.meeting(start, end)
        starts, ends = there.starts[found], there.ends[found]
        shared = np.minimum(ends, end) - np.maximum(starts, start)
        return np.array((2 * shared > ends - starts).any(), np.uint8)


def annotated_features(species: Species, feature: str) -> list[Interval]:
    """Intervals of a feature: gene, transcript, exon, intron, CDS, or a biotype such as tRNA.

    A biotype means whole transcripts of it.
    """
    if feature == "gene":
        return species.genes
    spans = []
    for one in species.transcripts:
        if feature == "exon":
            spans += [Interval(one.contig, *exon, one.strand) for exon in one.exons]
        elif feature == "intron":
            spans += [Interval(one.contig, i.start, i.end, one.strand) for i in one.introns]
        elif feature == "CDS":
            spans += [Interval(one.contig, *part[:2], one.strand) for part in one.coding]
        elif feature in ("transcript", one.biotype):
            spans.append(Interval(one.contig, one.start, one.end, one.strand))
    return spans
