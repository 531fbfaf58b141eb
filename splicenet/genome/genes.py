"""Which genes lie at a place, and where each of them is spliced.

All coordinates are 0-based half-open, on the plus strand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter

import numpy as np

from splicenet.genome.intervals import Interval, Strand, Transcript

__all__ = ["Gene", "Genes"]


@dataclass(frozen=True, eq=False)
class Gene:
    """A gene: its span, and the splice sites of all its transcripts.

    ``name`` is its id, ``symbol`` the name that people know it by, or the id again. ``sites`` holds
    the sorted 0-based positions of its donors and of its acceptors, int64.
    """

    name: str
    symbol: str
    span: Interval
    sites: tuple[np.ndarray, np.ndarray]

    @property
    def strand(self) -> Strand:
        """``+`` or ``-``."""
        return self.span.strand


class Genes:
    """The genes of an annotation, by place and by name.

    Transcripts of one gene id that overlap on one contig and strand are a gene (a name may stand
    for several loci, as ``U6`` does); a transcript without a gene is one by itself.

    Parameters
    ----------
    transcripts
        Under the genome's contig names; those on an unknown strand are left out.
    """

    def __init__(self, transcripts: Iterable[Transcript]) -> None:
        groups: dict[tuple[str, str, str], list[Transcript]] = defaultdict(list)
        for transcript in transcripts:
            if transcript.strand in ("+", "-"):
                name = transcript.gene or transcript.name
                groups[transcript.contig, transcript.strand, name].append(transcript)
        found: dict[str, list[Gene]] = defaultdict(list)
        for (contig, _, name), group in groups.items():
            found[contig] += [_gene(name, locus) for locus in _loci(group)]
        self._genes = {
            contig: sorted(genes, key=lambda gene: (gene.span, gene.name))
            for contig, genes in found.items()
        }
        self._spans = {
            contig: np.array([(g.span.start, g.span.end) for g in genes], np.int64).T
            for contig, genes in self._genes.items()
        }

    def at(self, contig: str, start: int, end: int) -> list[Gene]:
        """Genes that share a base with ``[start, end)``, sorted by position."""
        if contig not in self._spans:
            return []
        starts, ends = self._spans[contig]
        return [self._genes[contig][i] for i in np.flatnonzero((starts < end) & (start < ends))]

    def named(self, name: str) -> list[Gene]:
        """Genes of that id or symbol, wherever they lie."""
        genes = chain.from_iterable(self._genes.values())
        return [gene for gene in genes if name in (gene.name, gene.symbol)]


def _loci(transcripts: list[Transcript]) -> Iterator[list[Transcript]]:
    """Transcripts of one contig and strand, parted where none overlaps."""
    locus: list[Transcript] = []
    reach = 0
    for transcript in sorted(transcripts, key=attrgetter("start")):
        if locus and transcript.start >= reach:
            yield locus
            locus = []
        locus.append(transcript)
        reach = max(reach, transcript.end)
    yield locus


def _gene(name: str, transcripts: list[Transcript]) -> Gene:
    first = transcripts[0]
    span = Interval(
        first.contig,
        min(transcript.start for transcript in transcripts),
        max(transcript.end for transcript in transcripts),
        first.strand,
    )
    introns = {intron for transcript in transcripts for intron in transcript.introns}
    donors = sorted({intron.donor for intron in introns})
    acceptors = sorted({intron.acceptor for intron in introns})
    symbol = next((one.symbol for one in transcripts if one.symbol), name)
    return Gene(name, symbol, span, (np.array(donors, np.int64), np.array(acceptors, np.int64)))
