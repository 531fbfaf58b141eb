"""What is known of every base: neither, donor, acceptor, or unknown.

Labels are kept as sorted positions, because one base in a thousand carries one. Positions are
0-based; a donor is the last base of its exon, an acceptor the first of its, in the direction of
transcription.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from splicenet.genome.intervals import Interval, Junction, Kind, Site, Strand, Transcript

__all__ = ["ACCEPTOR", "DONOR", "KINDS", "NEITHER", "STRANDS", "UNKNOWN", "Labels"]

NEITHER, DONOR, ACCEPTOR, UNKNOWN = 0, 1, 2, 255
KINDS: tuple[Kind, Kind] = ("donor", "acceptor")
STRANDS: tuple[Strand, Strand] = ("+", "-")

Key = tuple[str, Strand]


@dataclass(frozen=True)
class Labels:
    """Sparse labels of one genome, by contig and strand.

    ``positions[contig, strand]`` is sorted int64 and ``values[contig, strand]`` holds DONOR,
    ACCEPTOR or UNKNOWN (uint8) for each; every other base is NEITHER.
    """

    positions: Mapping[Key, np.ndarray]
    values: Mapping[Key, np.ndarray]
    known: Mapping[str, np.ndarray] | None = None
    """By contig the stretches outside of which every base is UNKNOWN: starts and ends, sorted,
    int64, (2, n). ``None`` knows all bases."""

    @classmethod
    def build(
        cls,
        transcripts: Iterable[Transcript] = (),
        junctions: Iterable[Junction] = (),
        *,
        min_reads: int = 1,
    ) -> Labels:
        """Labels of an annotation, of spliced reads, or of both together.

        Parameters
        ----------
        transcripts
            Every intron's two ends become labels. Where a transcript is known to go on beyond
            its end, that end is UNKNOWN: it may be a splice site.
        junctions
            Introns seen in spliced reads. Those with fewer than ``min_reads`` reads are evidence
            of something, but not enough: their ends are UNKNOWN, unless they are labelled
            otherwise.
        min_reads
            Reads that make a junction a label.
        """
        marks: dict[Key, dict[int, int]] = defaultdict(dict)
        doubtful: list[tuple[Key, int]] = []

        def mark(junction: Junction) -> None:
            there = marks[junction.contig, junction.strand]
            for position, label in ((junction.donor, DONOR), (junction.acceptor, ACCEPTOR)):
                # A base that ends one exon and begins another fits no single class.
                there[position] = label if there.get(position, label) == label else UNKNOWN

        for transcript in transcripts:
            key = (transcript.contig, transcript.strand)
            for intron in transcript.introns:
                mark(intron)
            if transcript.open_start:
                doubtful.append((key, transcript.start))
            if transcript.open_end:
                doubtful.append((key, transcript.end - 1))
        for junction in junctions:
            if junction.reads >= min_reads:
                mark(junction)
            else:
                key = (junction.contig, junction.strand)
                doubtful += [(key, junction.donor), (key, junction.acceptor)]
        for key, position in doubtful:
            marks[key].setdefault(position, UNKNOWN)

        ordered = {key: sorted(there.items()) for key, there in marks.items()}
        return cls(
            {k: np.array([p for p, _ in items], np.int64) for k, items in ordered.items()},
            {k: np.array([v for _, v in items], np.uint8) for k, items in ordered.items()},
        )

    def within(self, intervals: Sequence[Interval]) -> Labels:
        """The labels of the intervals, which do not overlap; other bases are UNKNOWN."""
        known: dict[str, np.ndarray] = {}
        for contig in dict.fromkeys(interval.contig for interval in intervals):
            there = sorted((i.start, i.end) for i in intervals if i.contig == contig)
            known[contig] = np.array(there, np.int64).T
        kept = {key: _inside(known.get(key[0]), places) for key, places in self.positions.items()}
        return Labels(
            {key: places[kept[key]] for key, places in self.positions.items()},
            {key: values[kept[key]] for key, values in self.values.items()},
            known,
        )

    def window(self, contig: str, start: int, end: int, strand: Strand) -> np.ndarray:
        """Labels of ``[start, end)`` in reading direction: reversed on the minus strand.

        Returns
        -------
        numpy.ndarray
            NEITHER, DONOR, ACCEPTOR or UNKNOWN, shape ``(end - start,)``, dtype uint8.
        """
        labels = np.zeros(end - start, dtype=np.uint8)
        positions = self.positions.get((contig, strand))
        if positions is not None:
            first, last = np.searchsorted(positions, (start, end))
            labels[positions[first:last] - start] = self.values[contig, strand][first:last]
        if self.known is not None:
            labels[~_inside(self.known.get(contig), np.arange(start, end))] = UNKNOWN
        return labels[::-1] if strand == "-" else labels

    def of_any_kind(self, contig: str, strand: Strand) -> np.ndarray:
        """Sorted 0-based positions of donors and acceptors on one strand, int64."""
        positions = self.positions.get((contig, strand))
        if positions is None:
            return np.empty(0, np.int64)
        return positions[self.values[contig, strand] != UNKNOWN]

    def of_kind(self, contig: str, strand: Strand, kind: Kind) -> np.ndarray:
        """Sorted 0-based positions of one kind of site on one strand, int64."""
        positions = self.positions.get((contig, strand))
        if positions is None:
            return np.empty(0, np.int64)
        return positions[self.values[contig, strand] == KINDS.index(kind) + DONOR]

    def sites(self) -> list[Site]:
        """Every donor and acceptor, sorted by contig and position."""
        return sorted(
            Site(contig, int(position), strand, kind)
            for contig, strand in self.positions
            for kind in KINDS
            for position in self.of_kind(contig, strand, kind)
        )

    def count(self, kind: Kind) -> int:
        """Number of sites of one kind on both strands."""
        return sum(len(self.of_kind(contig, strand, kind)) for contig, strand in self.positions)


def _inside(stretches: np.ndarray | None, positions: np.ndarray) -> np.ndarray:
    """Which positions lie in one of the sorted stretches, bool."""
    if stretches is None:
        return np.zeros(len(positions), bool)
    starts, ends = stretches
    index = np.searchsorted(starts, positions, side="right") - 1
    return (index >= 0) & (positions < ends[np.maximum(index, 0)])
