"""From an allele of a record to a variant of the genome, or to the reason why it is none.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections.abc import Mapping

from splicenet.genome.alphabet import LETTERS, N, bases_of, encode
from splicenet.genome.intervals import Variant
from splicenet.genome.sequence import Genome
from splicenet.genome.vcf import VcfRecord

__all__ = ["LONGEST", "REASONS", "variant_of"]

LONGEST = 10_000
"""Bases of a trimmed REF or ALT; longer ones are not scored."""

REASONS = {
    "contig": "its contig is not in the genome",
    "outside": "it reaches past the contig's ends",
    "no_alt": "there is no alternative allele",
    "star": "the allele * is the deletion of another record",
    "symbolic": "symbolic allele or breakend",
    "not_dna": "an allele is no DNA",
    "ambiguous": "ALT has letters that name no single base",
    "ref_mismatch": "REF differs from the genome",
    "same": "REF and ALT are equal",
    "too_long": f"more than {LONGEST:,} bases are replaced or inserted",
    "no_gene": "no annotated gene overlaps it",
}

_CERTAIN = frozenset(LETTERS[:N])


def variant_of(
    record: VcfRecord, allele: str, genome: Genome, names: Mapping[str, str]
) -> Variant | str:
    """An allele as a trimmed variant, or a key of :data:`REASONS`.

    Where REF or the genome has a letter for several bases, they agree if they have one in common;
    what is scored is the genome, in which such a base is unknown.

    Parameters
    ----------
    genome
        Open.
    names
        The file's contig names to the genome's.
    """
    contig = names.get(record.contig)
    if contig is None:
        return "contig"
    if allele == "*":
        return "star"
    if not allele:
        return "not_dna"
    if allele[:1] in "<." or allele[-1:] == "." or "[" in allele or "]" in allele:
        return "symbolic"
    if not bases_of(record.ref + allele).all():
        return "not_dna"
    if record.start < 0 or record.start + len(record.ref) > genome.lengths[contig]:
        return "outside"
    if not _agrees(record, genome, contig):
        return "ref_mismatch"
    variant = Variant(contig, record.start, _letters(record.ref), _letters(allele)).trimmed()
    if not (variant.ref or variant.alt):
        return "same"
    if not _CERTAIN.issuperset(variant.alt):
        return "ambiguous"
    if max(len(variant.ref), len(variant.alt)) > LONGEST:
        return "too_long"
    return variant


def _agrees(record: VcfRecord, genome: Genome, contig: str) -> bool:
    span = (contig, record.start, record.start + len(record.ref))
    if (genome.fetch(*span) == encode(record.ref)).all() and _CERTAIN.issuperset(record.ref):
        return True
    return bool((bases_of(genome.letters(*span)) & bases_of(record.ref)).all())


def _letters(allele: str) -> str:
    return allele.upper().replace("U", "T")
