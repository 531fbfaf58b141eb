"""Taking spurious spliced alignments out of a file of reads, so that what is left is consistent.

An alignment is spurious if it shows a spurious intron. With it goes the alignment of its mate that
belongs to it. If it is the best one that a read has, its primary alignment or a part of it, all
alignments of the read and its mate go: what the aligner thought worse is not made better by that.
If it is one of several others, those that stay are counted and numbered anew (``NH``, ``HI``).
Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pysam

from splicenet.genome.bam_reader import introns_of, open_alignments
from splicenet.genome.bam_writer import BamWriter, with_program

__all__ = ["CleanReport", "clean_alignments"]

_UNMAPPED, _SECONDARY, _FAILED, _SUPPLEMENTARY = 0x4, 0x100, 0x200, 0x800
_MATE_NUMBER = 0xC0

IsSpurious = Callable[[str, int, int], bool]
"""Whether an intron is: contig as the alignments name it, start, end."""


@dataclass(frozen=True)
class CleanReport:
    """What cleaning did.

    Attributes
    ----------
    alignments, spliced
        Alignments read, and those among them with an intron.
    spurious
        Alignments with a spurious intron.
    removed
        Alignments dropped or marked: the spurious ones and those that go with them.
    fragments
        Reads, or pairs of reads, to which they belong.
    renumbered
        Alignments whose ``NH`` or ``HI`` was mended.
    """

    alignments: int
    spliced: int
    spurious: int
    removed: int
    fragments: int
    renumbered: int


class _Alignment(NamedTuple):
    """What the fate of an alignment depends on; ``number`` is its place in the file."""

    number: int
    flag: int
    place: Hashable
    spurious: bool
    hit: int | None


def clean_alignments(
    path: str | Path,
    output: str | Path,
    is_spurious: IsSpurious,
    *,
    dropped: str | Path | None,
    command: str,
    reference: str | Path | None = None,
) -> CleanReport:
    """Copy alignments without the spurious ones, in the same order.

    Parameters
    ----------
    path
        BAM, CRAM or SAM; read three times.
    output
        BAM, indexed if the alignments are sorted by position.
    is_spurious
        Judges introns.
    dropped
        BAM for what is taken out. Without it nothing is: spurious alignments, and those that go
        with them, are marked as failing quality control (flag 0x200).
    command
        For the ``@PG`` line of the header.
    reference
        FASTA from which a CRAM's bases are read.

    Raises
    ------
    AlignmentError
        If the alignments cannot be read.
    OutputError
        If a file cannot be written.
    """

    def reads() -> Iterator[pysam.AlignedSegment]:
        with open_alignments(path, reference=reference) as bam:
            yield from bam

    def spurious(read: pysam.AlignedSegment) -> bool:
        contig = str(read.reference_name)
        return any(is_spurious(contig, *intron) for intron in introns_of(read))

    counts: Counter[str] = Counter()
    suspects = set()
    for read in reads():
        counts["alignments"] += 1
        counts["spliced"] += bool(introns_of(read))
        if spurious(read):
            counts["spurious"] += 1
            suspects.add(read.query_name)
    fragments: dict[str | None, list[_Alignment]] = defaultdict(list)
    for number, read in enumerate(reads()):
        if read.query_name in suspects:
            fragments[read.query_name].append(
                _Alignment(number, read.flag, _place(read), spurious(read), _hit(read))
            )
    removed: set[int] = set()
    hits: dict[int, tuple[int, int]] = {}
    for alignments in fragments.values():
        gone = _gone(alignments)
        removed |= {one.number for one in gone}
        if dropped is not None:
            hits |= _hits(alignments, gone)
    with ExitStack() as stack:
        bam = stack.enter_context(open_alignments(path, reference=reference))
        header = with_program(bam.header, command)
        kept = stack.enter_context(BamWriter(output, header))
        other = kept if dropped is None else stack.enter_context(BamWriter(dropped, header))
        for number, read in enumerate(bam):
            if number in removed:
                read.flag |= _FAILED if dropped is None else 0
                other.write(read)
            else:
                if number in hits:
                    _renumber(read, *hits[number])
                kept.write(read)
    return CleanReport(
        counts["alignments"],
        counts["spliced"],
        counts["spurious"],
        len(removed),
        len(fragments),
        len(hits),
    )


def _hit(read: pysam.AlignedSegment) -> int | None:
    return int(read.get_tag("HI")) if read.has_tag("HI") else None


def _place(read: pysam.AlignedSegment) -> Hashable:
    """The same for the two mates of one alignment of a pair, another for any other alignment."""
    if (hit := _hit(read)) is not None:
        return hit
    here = (read.reference_id, read.reference_start)
    mate = (read.next_reference_id, read.next_reference_start)
    return frozenset((here, mate)) if read.is_paired else (here, read.cigarstring, read.flag)


def _gone(alignments: list[_Alignment]) -> list[_Alignment]:
    """The alignments of one fragment that cannot stay."""
    places = {one.place for one in alignments if one.spurious}
    gone = [one for one in alignments if one.place in places]
    stay = {_mate(one) for one in alignments if one.place not in places and _is_best(one)}
    lost = any(
        one.flag & _SUPPLEMENTARY or (_is_best(one) and _mate(one) not in stay) for one in gone
    )
    return alignments if lost else gone


def _is_best(one: _Alignment) -> bool:
    return not one.flag & (_UNMAPPED | _SECONDARY | _SUPPLEMENTARY)


def _mate(one: _Alignment) -> int:
    return one.flag & _MATE_NUMBER


def _hits(
    alignments: Iterable[_Alignment], gone: Iterable[_Alignment]
) -> dict[int, tuple[int, int]]:
    """For alignments that stay while others of the read go: how many go, and the new number."""
    left = {one.number for one in gone}
    changed = {}
    for mate in {_mate(one) for one in alignments}:
        ours = [
            one
            for one in alignments
            if _mate(one) == mate and not one.flag & (_UNMAPPED | _SUPPLEMENTARY)
        ]
        lost = sum(one.number in left for one in ours)
        known = sorted({one.hit for one in ours if one.hit is not None})
        stay = sorted({one.hit for one in ours if one.hit is not None and one.number not in left})
        renamed = dict(zip(stay, known, strict=False))
        for one in ours:
            if lost and one.number not in left:
                changed[one.number] = (lost, renamed[one.hit] if one.hit is not None else 0)
    return changed


def _renumber(read: pysam.AlignedSegment, lost: int, hit: int) -> None:
    if read.has_tag("NH"):
        read.set_tag("NH", max(1, int(read.get_tag("NH")) - lost))
    if read.has_tag("HI"):
        read.set_tag("HI", hit)
    for pointer in ("CC", "CP"):  # to the next alignment, which may be gone
        read.set_tag(pointer, None)
