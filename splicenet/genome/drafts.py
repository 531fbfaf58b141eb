"""From loose exons, as the readers meet them, to transcripts that hold together.

A reader of any dialect gathers one :class:`Draft` a transcript; :func:`finish` makes exons of the
rows and judges the result in one place. Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from splicenet.exceptions import AnnotationError
from splicenet.genome.intervals import Strand, Transcript

__all__ = ["MIN_INTRON", "Draft", "Drafts", "Finished", "as_strand", "finish", "thick"]

MIN_INTRON = 20
"""Bases. Shorter spliceosomal introns are known of a few ciliates and nucleomorphs only; elsewhere
a shorter gap between two exons mends a reading frame in the annotation, and the exons are one."""

MAX_SLIP = 3
"""Bases by which two rows of one transcript may overlap: a programmed frameshift is written as two
rows that share a base or two, and a stop codon may be given inside the coding sequence."""

TOLERATED = 0.01
"""The share of contradictory transcripts up to which a file is believed without them."""

_STRANDS: dict[str, Strand] = {"+": "+", "-": "-"}


def as_strand(text: str) -> Strand:
    """``+`` or ``-``, and ``.`` for whatever else stands in a strand column."""
    return _STRANDS.get(text, ".")


def thick(exons: Iterable[tuple[int, int]], start: int, end: int) -> list[tuple[int, int, int]]:
    """What lies of the exons in ``[start, end)``, as coding rows of unknown phase."""
    parts = [(max(left, start), min(right, end), -1) for left, right in exons]
    return [part for part in parts if part[0] < part[1]]


@dataclass(slots=True)
class Draft:
    """One transcript while its rows come in, in any order.

    ``parts`` are coding and untranslated rows, each with the name of its feature: what the exons
    are made of where no row says ``exon``. ``coding`` are the coding rows with their phases, -1
    where one is not given. ``open_starts`` and ``open_ends`` are the positions at which a row is
    said to be incomplete, ``open_five`` and ``open_three`` say so of an end in reading direction,
    ``partial`` of an end not named. ``skip`` is a reason to leave the transcript out,
    ``contradiction`` what its rows disagree in, ``line`` that of the furthest row, which ends at
    ``reach``.
    """

    name: str
    contig: str
    strand: Strand
    line: int
    gene: str = ""
    symbol: str = ""
    biotype: str = ""
    exons: list[tuple[int, int]] = field(default_factory=list)
    parts: list[tuple[int, int, str]] = field(default_factory=list)
    coding: list[tuple[int, int, int]] = field(default_factory=list)
    open_starts: tuple[int, ...] = ()
    open_ends: tuple[int, ...] = ()
    open_five: bool = False
    open_three: bool = False
    partial: bool = False
    skip: str = ""
    contradiction: str = ""
    reach: int = 0

    def add(self, is_exon: bool, start: int, end: int, feature: str = "") -> None:
        """Add a row, unless exons have made it superfluous; 0-based half-open."""
        if is_exon:
            self.exons.append((start, end))
        elif not self.exons:
            self.parts.append((start, end, feature))

    def place(self, contig: str, strand: Strand, end: int, line: int) -> None:
        """Take note of where a row lies and whether that fits the others."""
        if self.contradiction:
            return
        if contig != self.contig or strand != self.strand:
            where = "two contigs" if contig != self.contig else "both strands"
            self.contradiction, self.line = f"exons on {where}", line
        elif end > self.reach:
            self.reach, self.line = end, line


@dataclass(frozen=True)
class Drafts:
    """What a reader hands over: the drafts in file order, and the feature types it met."""

    found: Collection[Draft]
    types: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Finished:
    """What stands in the end.

    ``transcripts`` are sorted by contig, in order of appearance, and start; ``lines`` gives for
    every contig the line of its furthest-reaching transcript; ``skipped`` counts by reason.
    """

    transcripts: tuple[Transcript, ...]
    lines: dict[str, int]
    skipped: dict[str, int]


def finish(drafts: Collection[Draft], *, path: str) -> Finished:
    """Transcripts of the drafts that make sense.

    Transcripts without a strand whose exons leave introns, and those a reader marked, are left
    out and counted. So are contradictory ones (exons on two contigs or both strands, exons that
    overlap), as long as they are one in a hundred at most. Gaps below :data:`MIN_INTRON` are
    closed and counted.

    Raises
    ------
    AnnotationError
        If more transcripts contradict themselves; it names the first.
    """
    order: dict[str, int] = {}
    furthest: dict[str, tuple[int, int]] = {}
    skipped: Counter[str] = Counter()
    wrong: list[Draft] = []
    transcripts: list[Transcript] = []
    for draft in drafts:
        if not draft.skip and not draft.contradiction:
            exons, closed = _exons(draft)
            if draft.strand == "." and len(exons) > 1:
                draft.skip = "no strand"
        if draft.skip:
            skipped[draft.skip] += 1
        elif draft.contradiction:
            wrong.append(draft)
            skipped[draft.contradiction] += 1
        else:
            if closed:
                skipped[f"gaps below {MIN_INTRON} bases, closed"] += closed
            order.setdefault(draft.contig, len(order))
            reach = (draft.reach, draft.line)
            furthest[draft.contig] = max(furthest.get(draft.contig, reach), reach)
            transcripts.append(_transcript(draft, exons))
    if len(wrong) > TOLERATED * len(drafts):
        first = wrong[0]
        raise AnnotationError(
            f"transcript {first.name!r} has {first.contradiction}; "
            "give every transcript its own name, one contig, one strand and exons apart",
            path=path,
            line=first.line,
            contig=first.contig,
        )
    transcripts.sort(key=lambda t: (order[t.contig], t.start, t.end))
    lines = {contig: line for contig, (_, line) in furthest.items()}
    return Finished(tuple(transcripts), lines, dict(skipped))


def _exons(draft: Draft) -> tuple[list[tuple[int, int]], int]:
    """Exons of a draft, joined where no intron fits between rows, and the number of such gaps."""
    blocks = set(draft.exons) or {(start, end) for start, end, _ in draft.parts}
    exons: list[tuple[int, int]] = []
    closed = 0
    for start, end in sorted(blocks):
        gap = start - exons[-1][1] if exons else MIN_INTRON
        if gap >= MIN_INTRON:
            exons.append((start, end))
            continue
        if gap < -MAX_SLIP:
            draft.contradiction = "exons that overlap"
        closed += gap > 0
        exons[-1] = (exons[-1][0], max(exons[-1][1], end))
    return exons, closed


def _transcript(draft: Draft, exons: list[tuple[int, int]]) -> Transcript:
    left, right = draft.open_five, draft.open_three
    if draft.strand == "-":
        left, right = right, left
    left |= exons[0][0] in draft.open_starts
    right |= exons[-1][1] in draft.open_ends
    if draft.partial and not (draft.open_starts or draft.open_ends):
        left = right = True
    return Transcript(
        draft.contig,
        draft.strand,
        tuple(exons),
        name=draft.name,
        gene=draft.gene,
        symbol=draft.symbol,
        biotype=draft.biotype,
        coding=_coding(draft),
        open_start=left,
        open_end=right,
    )


def _coding(draft: Draft) -> tuple[tuple[int, int, int], ...]:
    """Coding rows, sorted; a phase that is not given follows from the part before."""
    expected = 0
    parts = []
    for start, end, given in sorted(set(draft.coding), reverse=draft.strand == "-"):
        phase = expected if given < 0 else given
        parts.append((start, end, phase))
        expected = (phase - (end - start)) % 3
    return tuple(sorted(parts))
