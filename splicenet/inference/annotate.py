"""Records of a VCF in, records with what their alleles do out: in order, none lost.

Records are taken in chunks: large enough for full batches and for neighbours to share their
reference, small enough that memory does not grow with the file. An allele that cannot be scored
comes out with the reason.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from splicenet.exceptions import VariantError
from splicenet.genome.alphabet import decode, encode
from splicenet.genome.genes import Genes
from splicenet.genome.intervals import Variant
from splicenet.genome.sequence import Genome
from splicenet.genome.vcf import VcfRecord
from splicenet.inference.chunks import in_chunks
from splicenet.inference.effects import Effect
from splicenet.inference.haplotypes import Haplotype, compared, touched
from splicenet.inference.phasing import Phased, with_neighbours
from splicenet.inference.variants import Query, VariantScorer

__all__ = ["LONGEST", "REASONS", "Annotated", "Annotator"]

LONGEST = 10_000
"""Bases of a trimmed REF or ALT; longer ones are not scored."""

REASONS = {
    "contig": "its contig is not in the genome",
    "outside": "it reaches past the contig's ends",
    "no_alt": "there is no alternative allele",
    "star": "the allele * is the deletion of another record",
    "symbolic": "symbolic allele or breakend",
    "not_dna": "an allele is no DNA",
    "ref_mismatch": "REF differs from the genome",
    "same": "REF and ALT are equal",
    "too_long": f"more than {LONGEST:,} bases are replaced or inserted",
    "no_gene": "no annotated gene overlaps it",
}

_JUDGED = 1000


class Annotated(NamedTuple):
    """What became of a record's alleles.

    ``effects`` pairs alleles with their effects, one a gene or strand; ``skipped`` pairs alleles
    with a key of :data:`REASONS`.
    """

    effects: tuple[tuple[str, Effect], ...]
    skipped: tuple[tuple[str, str], ...]


@dataclass
class Annotator:
    """Scores records against a genome.

    Parameters
    ----------
    scorer
        The model at work.
    genome
        Open.
    names
        The file's contig names to the genome's.
    genes
        To score for; without them both strands are scored everywhere.
    distance
        Bases on either side of a variant in which changes are looked for.
    sample
        Column of the sample, counted from 0, whose phased neighbours are applied together; None
        scores every variant by itself.
    """

    scorer: VariantScorer
    genome: Genome
    names: Mapping[str, str]
    genes: Genes | None = None
    distance: int = 50
    sample: int | None = None

    def run(
        self, records: Iterable[VcfRecord], stored: Iterable[Annotated] = ()
    ) -> Iterator[tuple[VcfRecord, Annotated]]:
        """Annotate records, in order.

        Parameters
        ----------
        records
            Those of one file.
        stored
            What an earlier run found for the first of them; these are not scored again.

        Raises
        ------
        VariantError
            If more than half of the first records contradict the genome, or the reader raises it;
            all before it has come out.
        """
        known = iter(stored)
        looked_at = differing = 0
        for before, chunk, after in in_chunks(records):
            found = [next(known, None) for _ in chunk]
            if any(found):  # the earlier run has looked at the first records, and went on
                looked_at = _JUDGED
            fresh = [record for record, one in zip(chunk, found, strict=True) if one is None]
            phased = self._phased(chain(before, chunk, after)) if fresh else []
            plans = [self._plan(record, phased) for record in fresh]
            if fresh and looked_at < _JUDGED:
                reasons = [reason for plan in plans for _, reason in plan.skipped]
                differing += reasons.count("ref_mismatch")
                looked_at += sum(len(plan.queries) for plan in plans)
                looked_at += reasons.count("ref_mismatch") + reasons.count("no_gene")
                self._judge(looked_at, differing)
            fresh_ones = self._score(plans)
            for record, one in zip(chunk, found, strict=True):
                yield record, next(fresh_ones) if one is None else one

    def _judge(self, looked_at: int, differing: int) -> None:
        if looked_at >= 10 and 2 * differing > looked_at:
            raise VariantError(
                f"REF differs from {self.genome.path} in {differing:,} of the first {looked_at:,}"
                " alleles; the variants were called on another assembly"
            )

    def _score(self, plans: Sequence[_Plan]) -> Iterator[Annotated]:
        queries = [query for plan in plans for _, query in plan.queries]
        effects = iter(self.scorer.score(queries))
        for plan in plans:
            scored = [(a, effect) for a, _ in plan.queries for effect in next(effects)]
            yield Annotated(tuple(scored), tuple(plan.skipped))

    def _plan(self, record: VcfRecord, phased: Sequence[Phased]) -> _Plan:
        plan = _Plan([], [])
        for index, allele in enumerate(record.alts):
            variant = self._variant(record, allele)
            if isinstance(variant, str):
                plan.skipped.append((allele, variant))
                continue
            length = self.genome.lengths[variant.contig]
            start, end = compared(variant, self.distance, length)
            genes = None
            if self.genes is not None:
                genes = self.genes.at(variant.contig, *touched(variant))
                if not genes:
                    plan.skipped.append((allele, "no_gene"))
                    continue
            edits: tuple[Variant, ...] = (variant,)
            if self.sample is not None:
                genotype = record.genotype(self.sample)
                edits = with_neighbours(variant, index, genotype, phased, (start, end))
            haplotype = Haplotype(variant.contig, start, end, edits)
            plan.queries.append((allele, Query(haplotype, record.start, genes)))
        if not record.alts:
            plan.skipped.append((".", "no_alt"))
        return plan

    def _variant(self, record: VcfRecord, allele: str) -> Variant | str:
        """The allele as a trimmed variant on the genome, or why it cannot be one."""
        contig = self.names.get(record.contig)
        if contig is None:
            return "contig"
        if allele == "*":
            return "star"
        if allele[:1] in "<." or allele[-1:] == "." or "[" in allele or "]" in allele:
            return "symbolic"
        try:
            ref, alt = encode(record.ref), encode(allele)
        except ValueError:
            return "not_dna"
        if record.start < 0 or record.start + len(ref) > self.genome.lengths[contig]:
            return "outside"
        if (self.genome.fetch(contig, record.start, record.start + len(ref)) != ref).any():
            return "ref_mismatch"
        variant = Variant(contig, record.start, decode(ref), decode(alt)).trimmed()
        if not (variant.ref or variant.alt):
            return "same"
        if max(len(variant.ref), len(variant.alt)) > LONGEST:
            return "too_long"
        return variant

    def _phased(self, records: Iterable[VcfRecord]) -> list[Phased]:
        """What the sample's haplotypes carry."""
        found = []
        for record in records if self.sample is not None else ():
            genotype = record.genotype(self.sample or 0)
            if genotype is None:
                continue
            alleles, phase_set = genotype
            carried = [self._carried(record, allele) for allele in alleles]
            if any(carried):
                found.append(Phased(tuple(carried), phase_set, len(set(alleles)) == 1))
        return found

    def _carried(self, record: VcfRecord, allele: str) -> Variant | None:
        if not allele.isdecimal() or not 0 < int(allele) <= len(record.alts):
            return None
        variant = self._variant(record, record.alts[int(allele) - 1])
        return None if isinstance(variant, str) else variant


class _Plan(NamedTuple):
    queries: list[tuple[str, Query]]
    skipped: list[tuple[str, str]]
