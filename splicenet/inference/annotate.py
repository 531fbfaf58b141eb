"""Records of a VCF in, records with what their alleles do out: in order, none lost.

Records are taken in chunks: large enough for full batches and for neighbours to share their
reference, small enough that memory does not grow with the file. An allele that cannot be scored
comes out with the reason.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from splicenet.exceptions import VariantError
from splicenet.genome.genes import Genes
from splicenet.genome.intervals import Variant
from splicenet.genome.sequence import Genome
from splicenet.genome.vcf import VcfRecord
from splicenet.inference.alleles import variant_of
from splicenet.inference.chunks import in_chunks
from splicenet.inference.effects import Effect
from splicenet.inference.haplotypes import Haplotype, compared, touched
from splicenet.inference.phasing import Neighbours, Phased, with_neighbours
from splicenet.inference.variants import Query, VariantScorer

__all__ = ["Annotated", "Annotator"]

_JUDGED = 1000
_ALLELES = 512
_BASES = 1 << 19


class Annotated(NamedTuple):
    """What became of a record's alleles.

    ``effects`` pairs alleles with their effects, one a gene or strand; ``skipped`` pairs alleles
    with a key of
    :data:`~splicenet.inference.alleles.REASONS`.
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
        # Fewer where each has more bases to compare, so that memory hardly grows with the distance.
        alleles = min(_ALLELES, max(_BASES // (2 * self.distance + 1), 1))
        for chunk, around in in_chunks(records, alleles=alleles, reach=self._reach):
            found = [next(known, None) for _ in chunk]
            if any(found):  # the earlier run has looked at the first records, and went on
                looked_at = _JUDGED
            fresh = [record for record, one in zip(chunk, found, strict=True) if one is None]
            phased = Neighbours(self._phased(around) if fresh else [])
            plans = [self._plan(record, phased) for record in fresh]
            if fresh and looked_at < _JUDGED:
                reasons = [reason for plan in plans for _, reason in plan.skipped]
                differing += reasons.count("ref_mismatch")
                looked_at += sum(len({allele for allele, _ in plan.queries}) for plan in plans)
                looked_at += reasons.count("ref_mismatch") + reasons.count("no_gene")
                self._judge(looked_at, differing)
            fresh_ones = self._score(plans)
            for record, one in zip(chunk, found, strict=True):
                yield record, next(fresh_ones) if one is None else one

    @property
    def _reach(self) -> int:
        return 0 if self.sample is None else self.distance + 1

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
            scored: dict[str, list[Effect]] = {}
            for allele, _ in plan.queries:
                found = next(effects)
                before = scored.get(allele, found)  # on another haplotype
                scored[allele] = [_greater(*pair) for pair in zip(before, found, strict=True)]
            pairs = ((allele, effect) for allele, some in scored.items() for effect in some)
            yield Annotated(tuple(pairs), tuple(plan.skipped))

    def _plan(self, record: VcfRecord, phased: Neighbours) -> _Plan:
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
            haplotypes: Sequence[tuple[Variant, ...]] = [(variant,)]
            if self.sample is not None:
                genotype = record.genotype(self.sample)
                near = phased.within(variant.contig, start, end)
                haplotypes = with_neighbours(variant, index, genotype, near, (start, end))
            for edits in haplotypes:
                haplotype = Haplotype(variant.contig, start, end, edits)
                plan.queries.append((allele, Query(haplotype, record.start, genes)))
        if not record.alts:
            plan.skipped.append((".", "no_alt"))
        return plan

    def _variant(self, record: VcfRecord, allele: str) -> Variant | str:
        return variant_of(record, allele, self.genome, self.names)

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


def _greater(one: Effect, other: Effect) -> Effect:
    """Of the effects on two haplotypes the one with the larger change."""
    return other if max(other.scores) > max(one.scores) else one


class _Plan(NamedTuple):
    queries: list[tuple[str, Query]]
    skipped: list[tuple[str, str]]
