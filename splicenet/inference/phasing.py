"""Neighbouring variants of one haplotype, put together.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

from splicenet.genome.intervals import Variant
from splicenet.inference.haplotypes import touched

__all__ = ["Neighbours", "Phased", "with_neighbours"]


class Phased(NamedTuple):
    """A record of a phased sample: what each haplotype carries, None where that is REF.

    Haplotypes compare within one phase set; where all haplotypes carry the same, in any.
    """

    carried: tuple[Variant | None, ...]
    phase_set: str
    is_homozygous: bool


class Neighbours:
    """Phased records by place."""

    def __init__(self, records: Iterable[Phased]) -> None:
        found: dict[str, list[tuple[int, Phased]]] = defaultdict(list)
        for record in records:
            for contig, start in {(one.contig, one.start) for one in record.carried if one}:
                found[contig].append((start, record))
        self._records = {
            contig: sorted(there, key=itemgetter(0)) for contig, there in found.items()
        }

    def within(self, contig: str, start: int, end: int) -> list[Phased]:
        """Records of which an allele that is carried begins in ``[start, end]``, by place."""
        there = self._records.get(contig, [])
        first, last = (bisect_left(there, at, key=itemgetter(0)) for at in (start, end + 1))
        return list(dict.fromkeys(record for _, record in there[first:last]))


def with_neighbours(
    variant: Variant,
    allele: int,
    genotype: tuple[tuple[str, ...], str] | None,
    neighbours: Sequence[Phased],
    within: tuple[int, int],
) -> list[tuple[Variant, ...]]:
    """A variant with all that a haplotype carries wholly within a stretch.

    Parameters
    ----------
    variant
        Trimmed.
    allele
        Its number among the record's alternatives, from 0.
    genotype
        Phased alleles and phase set of its record; None if it is not phased.
    neighbours
        Phased records around it; it may be among them.
    within
        Stretch of the reference, 0-based half-open.

    Returns
    -------
    list of tuple of Variant
        One for every haplotype that carries the variant, those that are alike once; by itself
        where none does. Sorted, none overlapping another; what would overlap is left out. A
        variant that all haplotypes carry belongs to any phase set, and is put together with that
        of its nearest neighbour.
    """
    alleles, phase_set = genotype or ((), "")
    haplotypes = [at for at, one in enumerate(alleles) if one == str(allele + 1)]
    if not haplotypes:
        return [(variant,)]
    start, end = within
    there: list[tuple[int, Phased]] = []
    for neighbour in neighbours:
        gaps = [
            max(one.start - variant.end, variant.start - one.end)
            for one in neighbour.carried
            if one is not None and start <= touched(one)[0] and touched(one)[1] <= end
        ]
        if gaps and variant not in neighbour.carried:
            there.append((min(gaps), neighbour))
    there.sort(key=itemgetter(0))
    if len(haplotypes) == len(alleles):
        sets = (one.phase_set for _, one in there if not one.is_homozygous)
        phase_set = next(sets, phase_set)
    linked = [one for _, one in there if one.is_homozygous or one.phase_set == phase_set]
    chosen = [_together(variant, linked, at, within) for at in haplotypes]
    return list(dict.fromkeys(chosen))


def _together(
    variant: Variant, linked: Sequence[Phased], haplotype: int, within: tuple[int, int]
) -> tuple[Variant, ...]:
    chosen = [variant]
    for neighbour in linked:
        carried = neighbour.carried
        other = carried[haplotype] if haplotype < len(carried) else None
        if other is None:
            continue
        first, last = touched(other)
        at = bisect_left(chosen, (other.start, other.end), key=_place)
        beside = chosen[max(at - 1, 0) : at + 1]
        if within[0] <= first and last <= within[1] and not any(_clash(other, o) for o in beside):
            chosen.insert(at, other)
    return tuple(chosen)


def _place(variant: Variant) -> tuple[int, int]:
    return variant.start, variant.end


def _clash(one: Variant, other: Variant) -> bool:
    if one.start == other.start and not one.ref and not other.ref:
        return True
    return one.start < other.end and other.start < one.end
