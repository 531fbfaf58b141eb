"""Which bases are mutated: the labels of the task ``mutation``.

A base is mutated if an alternative allele replaces or deletes it; an insertion mutates none. Both
strands are alike. Unknown are deletions of more than :data:`LONGEST` bases and symbolic alleles,
records that failed a filter, bases outside what was looked at, if a BED says what was, and contigs
on which nothing was found. Coordinates are 0-based half-open.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from splicenet.exceptions import RegionError, VariantError
from splicenet.genome.alphabet import N, encode
from splicenet.genome.bed_intervals import read_intervals
from splicenet.genome.contigs import match_contigs
from splicenet.genome.interval_sets import merge
from splicenet.genome.intervals import Strand, Variant
from splicenet.genome.labels import UNKNOWN
from splicenet.genome.overlaps import Overlaps
from splicenet.genome.sequence import Genome
from splicenet.genome.tasks import split_source
from splicenet.genome.vcf import VcfRecord, open_vcf

__all__ = ["LONGEST", "MutationTarget"]

LONGEST = 50
"""Bases of a deletion; a longer one is one event and no fate of its bases."""

_UNCHANGED, _MUTATED = 0, 1
_TOLERATED = 0.01
"""The share of records that may contradict the genome; they are unknown."""
_PIECE = 1 << 20
_PASSED = ("PASS", ".")
_NO_ALLELES = ("*", "<*>", "<NON_REF>")
"""A deletion that has a record of its own, and whatever else there might have been."""


class MutationTarget:
    """Classes 0 (unchanged) and 1 (mutated) from a VCF, a BCF or a BED.

    Parameters
    ----------
    source
        The file; ``FILE:CALLABLE.bed`` says what was looked at.
    genome
        Whose bases they are, under whichever contig names.

    Raises
    ------
    SplicenetError
        If a file cannot be read, or belongs to another genome.
    """

    def __init__(self, source: str, genome: Genome) -> None:
        path, looked_at = split_source(source)
        try:
            marks = _from_bed(path, genome) if _is_bed(path) else _from_vcf(path, genome)
        except RegionError as error:
            raise VariantError(error.message, path=error.path, line=error.line) from error
        rows: dict[str, array[int]] = defaultdict(lambda: array("i"))
        for mark in marks:
            rows[mark.contig].extend(mark[1:])
        self._marks = {
            contig: Overlaps(np.frombuffer(found, np.intc)) for contig, found in rows.items()
        }
        self._callable = {contig: Overlaps([(0, genome.lengths[contig], 0)]) for contig in rows}
        if looked_at:
            spans: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
            for one in merge(read_intervals(looked_at, genome)):
                spans[one.contig].append((one.start, one.end, 0))
            self._callable = {contig: Overlaps(found) for contig, found in spans.items()}

    def window(self, contig: str, start: int, end: int, strand: Strand) -> np.ndarray:
        """Classes of ``[start, end)`` in reading direction, UNKNOWN where none is known; uint8."""
        classes = np.full(end - start, UNKNOWN, np.uint8)
        if contig in self._callable:
            for left, right, _ in self._callable[contig].clipped(start, end):
                classes[left:right] = _UNCHANGED
        if contig in self._marks:
            seen = classes != UNKNOWN
            clipped = self._marks[contig].clipped(start, end)
            for value in (UNKNOWN, _MUTATED):
                for left, right, _ in (one for one in clipped if one[2] == value):
                    classes[left:right] = value
            classes[~seen] = UNKNOWN
        return classes[::-1] if strand == "-" else classes


class _Mark(NamedTuple):
    contig: str
    start: int
    end: int
    value: int


def _is_bed(path: str) -> bool:
    return path.endswith((".bed", ".bed.gz"))


def _from_bed(path: str, genome: Genome) -> Iterator[_Mark]:
    for one in merge(read_intervals(path, genome)):
        yield _Mark(one.contig, one.start, one.end, _MUTATED)


def _from_vcf(path: str, genome: Genome) -> Iterator[_Mark]:
    with open_vcf(path) as vcf:
        if not vcf.count:
            raise VariantError("it holds no variant to learn from", path=path)
        names = match_contigs(
            vcf.contigs,
            genome.lengths,
            their_file=path,
            our_file=genome.path,
            describe=genome.description,
        )
        reference = _Reference(genome)
        looked_at = wrong = 0
        first: VcfRecord | None = None
        for record in vcf:
            contig = names.get(record.contig)
            if contig is None or record.start < 0:
                continue
            looked_at += 1
            if not reference.agrees(contig, record):
                wrong, first = wrong + 1, first or record
                end = min(record.start + len(record.ref), genome.lengths[contig])
                if record.start < end:
                    yield _Mark(contig, record.start, end, UNKNOWN)
            else:
                yield from _marks(contig, record)
        if first and wrong > _TOLERATED * looked_at:
            raise VariantError(
                f"REF is {first.ref[:20]} at {first.start + 1:,}, which is not what {genome.path} "
                f"has there, and so in {wrong:,} of {looked_at:,} records; the variants were "
                "called on another assembly",
                path=path,
                line=first.number,
                contig=first.contig,
            )


def _marks(contig: str, record: VcfRecord) -> Iterable[_Mark]:
    passed = record.columns[6] in _PASSED
    for allele in record.alts:
        if not allele.isalpha():
            if allele not in _NO_ALLELES:
                yield _Mark(contig, record.start, record.start + len(record.ref), UNKNOWN)
            continue
        variant = Variant(contig, record.start, record.ref.upper(), allele.upper()).trimmed()
        if variant.ref:
            sure = passed and len(variant.ref) - len(variant.alt) <= LONGEST
            yield _Mark(contig, variant.start, variant.end, _MUTATED if sure else UNKNOWN)


class _Reference:
    """Compares alleles with the genome, of which it reads large pieces."""

    def __init__(self, genome: Genome) -> None:
        self._genome = genome
        self._contig, self._start = "", 0
        self._codes = np.empty(0, np.uint8)

    def agrees(self, contig: str, record: VcfRecord) -> bool:
        """Whether REF is what the genome has, as far as both are known."""
        try:
            ref = encode(record.ref)
        except ValueError:
            return False
        end = record.start + len(ref)
        if end > self._genome.lengths[contig]:
            return False
        inside = self._start <= record.start and end <= self._start + len(self._codes)
        if contig != self._contig or not inside:
            stop = max(end, record.start + _PIECE)
            self._codes = self._genome.fetch(contig, record.start, stop)
            self._contig, self._start = contig, record.start
        there = self._codes[record.start - self._start : end - self._start]
        return bool(((there == ref) | (there == N) | (ref == N)).all())
