"""Where variants are put to the test: the sites of a region, and changes made to them."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np

from splicenet.genome.alphabet import decode, reverse_complement
from splicenet.genome.genes import Gene, Genes
from splicenet.genome.intervals import Interval, Kind, Strand, Transcript, Variant
from splicenet.genome.labels import KINDS
from splicenet.genome.sequence import Genome
from splicenet.inference.effects import Effect
from splicenet.inference.haplotypes import Haplotype, compared
from splicenet.inference.variants import Query, VariantScorer

__all__ = ["DINUCLEOTIDES", "Known", "Region"]

DINUCLEOTIDES: dict[Kind, str] = {"donor": "GT", "acceptor": "AG"}
DISTANCE = 50
LONGEST_EXON = 400
BATCH = 256


class Known:
    """What the annotation knows of a region: sites, inner exons, introns, each with its gene."""

    def __init__(self, transcripts: tuple[Transcript, ...], genes: Genes, region: Interval) -> None:
        self.sites: dict[tuple[int, Kind, Strand], Gene] = {}
        self.exons: dict[tuple[int, int, Strand], Gene] = {}
        self.introns: dict[tuple[int, int], Gene] = {}
        for one in transcripts:
            inside = region.start + 1000 < one.start and one.end < region.end - 1000
            if one.contig != region.contig or not inside or not one.introns:
                continue
            gene = next(
                g
                for g in genes.named(one.gene or one.name)
                if (g.strand == one.strand and g.span.start <= one.start < g.span.end)
            )
            for intron in one.introns:
                self.sites.setdefault((intron.donor, "donor", gene.strand), gene)
                self.sites.setdefault((intron.acceptor, "acceptor", gene.strand), gene)
                self.introns.setdefault((intron.start, intron.end), gene)
            for start, end in one.exons[1:-1]:
                if end - start <= LONGEST_EXON:
                    self.exons.setdefault((start, end, gene.strand), gene)
        self.positions = np.array(sorted({position for position, _, _ in self.sites}))

    def away(self, position: int) -> int:
        """Bases to the nearest site of either strand."""
        return int(np.abs(self.positions - position).min())


class Region:
    """A stretch of a genome and a model to ask about changes of it."""

    def __init__(
        self, genome: Genome, region: Interval, scorer: VariantScorer, known: Known, seed: int
    ) -> None:
        self.genome, self.region, self.scorer, self.known = genome, region, scorer, known
        self.dice = random.Random(seed)

    def sense(self, start: int, length: int, strand: Strand) -> str:
        """Bases from a position on, in the direction of transcription."""
        if strand == "+":
            return decode(self.genome.fetch(self.region.contig, start, start + length))
        codes = self.genome.fetch(self.region.contig, start - length + 1, start + 1)
        return decode(reverse_complement(codes))

    def query(
        self, start: int, new: str, gene: Gene, origin: int, distance: int = DISTANCE
    ) -> Query:
        """Replace bases from a position on, both in the direction of transcription."""
        if gene.strand == "-":
            start, new = start - len(new) + 1, new[::-1].translate(str.maketrans("ACGT", "TGCA"))
        contig = self.region.contig
        old = decode(self.genome.fetch(contig, start, start + len(new)))
        variant = Variant(contig, start, old, new).trimmed()
        span = compared(variant, distance, self.genome.lengths[contig])
        return Query(Haplotype(contig, *span, (variant,)), origin, [gene])

    def score(self, queries: list[Query]) -> list[Effect]:
        """One effect a query."""
        found: list[Effect] = []
        for begin in range(0, len(queries), BATCH):
            found += [one for (one,) in self.scorer.score(queries[begin : begin + BATCH])]
        return found

    def at(self, queries: list[Query], places: list[tuple[int, Kind]]) -> np.ndarray:
        """Probabilities of REF and of ALT at one place a query, (n, 2)."""
        found = []
        for begin in range(0, len(queries), BATCH):
            some = slice(begin, begin + BATCH)
            keys = [(query.haplotype, query.strands[0]) for query in queries[some]]
            both = self.scorer.read(list(dict.fromkeys(keys)))
            for key, (position, kind) in zip(keys, places[some], strict=True):
                row, column = KINDS.index(kind), position - key[0].start
                found.append([float(values[key][row, column]) for values in both])
        return np.array(found).reshape(-1, 2)

    def breaking(self, site: int, kind: Kind, gene: Gene, distance: int = DISTANCE) -> Query | None:
        """A change of one base of a site's dinucleotide, if it is GT or AG."""
        step = 1 if gene.strand == "+" else -1
        first = site + step if kind == "donor" else site - 2 * step
        pair = self.sense(first, 2, gene.strand)
        if pair != DINUCLEOTIDES[kind]:
            return None
        at = self.dice.randrange(2)
        new = self.dice.choice([base for base in "ACGT" if base != pair[at]])
        return self.query(first + at * step, new, gene, site, distance)

    def draw(
        self, least: int, count: int, fits: Callable[[int, Gene], bool] | None = None
    ) -> list[tuple[int, Gene]]:
        """Bases of introns so far from every annotated site."""
        drawn: list[tuple[int, Gene]] = []
        introns = list(self.known.introns.items())
        weights = [end - start for (start, end), _ in introns]
        for _ in range(1000 * count):
            if len(drawn) == count:
                break
            (((start, end), gene),) = self.dice.choices(introns, weights)
            position = self.dice.randrange(start, end)
            if self.known.away(position) >= least and (fits is None or fits(position, gene)):
                drawn.append((position, gene))
        return drawn
