"""What a model makes of the junctions that others saw.

Only windows around the junctions are read, each on the strand of the junction, and no base twice.
Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import attrgetter

import numpy as np

from splicenet.genome.alphabet import decode, reverse_complement
from splicenet.genome.intervals import Junction, Kind, Strand
from splicenet.genome.junctions import Limits, Observed, as_junctions
from splicenet.genome.labels import KINDS, STRANDS
from splicenet.genome.scored_junctions import Alternative, Known, ScoredJunction
from splicenet.genome.sequence import Genome
from splicenet.inference.windows import Window, WindowReader

__all__ = ["score_junctions", "spurious_introns"]

_ANY = Limits(min_overhang=0, min_intron=1, max_intron=1 << 40, min_reads=1)


def score_junctions(
    junctions: Iterable[Junction],
    genome: Genome,
    reader: WindowReader,
    *,
    within: int = 50,
    known: Known | None = None,
) -> Iterator[ScoredJunction]:
    """Score junctions, contig by contig.

    Parameters
    ----------
    junctions
        Sorted by contig, in any order of contigs.
    genome
        The genome on which they lie.
    reader
        The model at work.
    within
        Bases on either side of a site among which the best alternative is looked for.
    known
        Gives the status of each.

    Yields
    ------
    ScoredJunction
        In the order given.
    """
    for contig, group in groupby(junctions, key=attrgetter("contig")):
        there = list(group)
        surroundings = _Surroundings(contig, there, genome, reader, within)
        for junction in there:
            (donor, best_donor), (acceptor, best_acceptor) = (
                surroundings.look(junction, kind) for kind in KINDS
            )
            yield ScoredJunction(
                junction,
                _motif(junction, genome),
                donor,
                acceptor,
                best_donor,
                best_acceptor,
                "" if known is None else known.status(junction),
            )


def spurious_introns(
    introns: Mapping[tuple[str, int, int], Observed],
    genome: Genome,
    reader: WindowReader,
    *,
    least: float,
    known: Known | None = None,
) -> set[tuple[str, int, int]]:
    """Tell which introns are not to be believed.

    Parameters
    ----------
    introns
        Under the names that are given back.
    least
        Probability below which an intron is spurious, unless it is annotated.

    Returns
    -------
    set
        Keys of ``introns``; among them those that are on no strand, by tag or by dinucleotides,
        unless they are annotated.
    """
    junctions = as_junctions(introns.values(), genome, limits=_ANY, skipped=Counter())
    good = {
        (scored.junction.contig, scored.junction.start, scored.junction.end)
        for scored in score_junctions(junctions, genome, reader, within=0)
        if scored.probability >= least
    }
    return {
        name
        for name, intron in introns.items()
        if intron[:3] not in good and not (known is not None and known.has(*intron[:3]))
    }


class _Surroundings:
    """Probabilities of all bases within some distance of the sites of one contig.

    The contig is cut into cells; those that are near a site are read, once, on its strand.
    """

    def __init__(
        self,
        contig: str,
        junctions: Sequence[Junction],
        genome: Genome,
        reader: WindowReader,
        within: int,
    ) -> None:
        self._within = within
        self._positions: dict[tuple[Strand, Kind], np.ndarray] = {}
        self._values: dict[tuple[Strand, Kind], np.ndarray] = {}
        for strand in STRANDS:
            there = [junction for junction in junctions if junction.strand == strand]
            for kind in KINDS:
                sites = np.unique(np.array([getattr(j, kind) for j in there], np.int64))
                self._positions[strand, kind] = sites
                self._values[strand, kind] = np.zeros((sites.size, 2 * within + 1), np.float32)
            self._read(contig, strand, genome, reader)

    def _read(self, contig: str, strand: Strand, genome: Genome, reader: WindowReader) -> None:
        flank = -(-reader.flank // reader.phase) * reader.phase
        # As long as its flanks, so that at least half of what is read is kept.
        size = max(2 * flank, reader.phase)
        batch = max(1, reader.batch_tokens // (size + 2 * flank))
        sites = np.concatenate([self._positions[strand, kind] for kind in KINDS])
        first, last = np.maximum(sites - self._within, 0) // size, (sites + self._within) // size
        near = first[:, None] + np.arange(2 * self._within // size + 2)
        cells = iter((np.unique(near[near <= last[:, None]]) * size).tolist())
        while lefts := list(islice(cells, batch)):
            windows = [
                Window(
                    genome.fetch(contig, x - flank, x + size + flank), strand, flank, flank + size
                )
                for x in lefts
            ]
            for left, values in zip(lefts, reader.read(windows), strict=True):
                for kind, row in zip(KINDS, values, strict=True):
                    self._keep(strand, kind, left, row)

    def _keep(self, strand: Strand, kind: Kind, left: int, row: np.ndarray) -> None:
        """Copy the part of a cell that lies near each site."""
        positions, within = self._positions[strand, kind], self._within
        first, last = np.searchsorted(positions, [left - within, left + row.size + within])
        for index in range(first, last):
            start = int(positions[index]) - within
            here, there = max(start, left), min(start + 2 * within + 1, left + row.size)
            kept = row[here - left : there - left]
            self._values[strand, kind][index, here - start : there - start] = kept

    def look(self, junction: Junction, kind: Kind) -> tuple[float, Alternative | None]:
        """The probability of one end, and the best other base around it."""
        key = (junction.strand, kind)
        row = int(np.searchsorted(self._positions[key], getattr(junction, kind)))
        values, within = self._values[key][row], self._within
        if within == 0:
            return float(values[0]), None
        others = values.copy()
        others[within] = -1
        best = int(np.argmax(others))
        offset = best - within if junction.strand == "+" else within - best
        return float(values[within]), Alternative(offset, float(values[best]))


def _motif(junction: Junction, genome: Genome) -> str:
    """First and last two bases of the intron, as read."""
    left = genome.fetch(junction.contig, junction.start, junction.start + 2)
    right = genome.fetch(junction.contig, junction.end - 2, junction.end)
    if junction.strand == "-":
        left, right = reverse_complement(right), reverse_complement(left)
    return f"{decode(left)}-{decode(right)}"
