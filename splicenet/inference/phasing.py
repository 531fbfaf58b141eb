"""Neighbouring variants of one haplotype, put together.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from splicenet.genome.intervals import Variant
from splicenet.inference.haplotypes import touched

__all__ = ["Phased", "with_neighbours"]


class Phased(NamedTuple):
    """A record of a phased sample: what each haplotype carries, None where that is REF.

    Haplotypes compare within one phase set; where all haplotypes carry the same, in any.
    """

    carried: tuple[Variant | None, ...]
    phase_set: str
    is_homozygous: bool


def with_neighbours(
    variant: Variant,
    allele: int,
    genotype: tuple[tuple[str, ...], str] | None,
    neighbours: Sequence[Phased],
    within: tuple[int, int],
) -> tuple[Variant, ...]:
    """A variant with all that its haplotype carries wholly within a stretch.

    Parameters
    ----------
    variant
        Trimmed.
    allele
        Its number among the record's alternatives, from 0.
    genotype
        Phased alleles and phase set of its record; None if it is not phased.
    neighbours
        Phased records around it, itself among them.
    within
        Stretch of the reference, 0-based half-open.

    Returns
    -------
    tuple of Variant
        Sorted, none overlapping another; what would overlap is left out. Of two haplotypes that
        carry the variant the first counts.
    """
    alleles, phase_set = genotype or ((), "")
    if str(allele + 1) not in alleles:
        return (variant,)
    haplotype = alleles.index(str(allele + 1))
    start, end = within
    chosen = [variant]
    for neighbour in neighbours:
        if haplotype >= len(neighbour.carried):
            continue
        other = neighbour.carried[haplotype]
        if other is None or other == variant or other.contig != variant.contig:
            continue
        first, last = touched(other)
        is_inside = start <= first and last <= end
        is_linked = neighbour.phase_set == phase_set or neighbour.is_homozygous
        if is_inside and is_linked and not any(_clash(other, one) for one in chosen):
            chosen.append(other)
    return tuple(sorted(chosen, key=lambda one: (one.start, one.end)))


def _clash(one: Variant, other: Variant) -> bool:
    if one.start == other.start and not one.ref and not other.ref:
        return True
    return one.start < other.end and other.start < one.end
