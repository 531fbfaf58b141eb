"""What an interval, a junction, a transcript, a site and a variant *are*.

All coordinates are 0-based and half-open on the plus strand, whatever the strand of the thing
itself. A *donor* is labelled on the last base of the exon, an *acceptor* on the first base of the
exon, both in the direction of transcription.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Interval", "Junction", "Kind", "Site", "Strand", "Transcript", "Variant"]

Strand = Literal["+", "-", "."]
Kind = Literal["donor", "acceptor"]


def _check_span(what: str, start: int, end: int) -> None:
    if not 0 <= start < end:
        raise ValueError(f"{what} needs 0 <= start < end, not {start}-{end}")


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch of a contig, 0-based half-open; strand ``.`` means both or unknown."""

    contig: str
    start: int
    end: int
    strand: Strand = "."

    def __post_init__(self) -> None:
        _check_span("an interval", self.start, self.end)
        if self.strand not in ("+", "-", "."):
            raise ValueError(f"strand must be '+', '-' or '.', not {self.strand!r}")

    def __len__(self) -> int:
        return self.end - self.start

    def __str__(self) -> str:
        return f"{self.contig}:{self.start + 1:,}-{self.end:,}"

    def overlaps(self, other: Interval) -> bool:
        """Whether both lie on one contig and share a base (strands are not compared)."""
        return self.contig == other.contig and self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True, order=True)
class Junction:
    """An intron, ``[start, end)`` 0-based half-open on the plus strand.

    ``reads`` counts the spliced reads that support it; 0 where it comes from an annotation.
    """

    contig: str
    start: int
    end: int
    strand: Strand
    reads: int = 0

    def __post_init__(self) -> None:
        _check_span("a junction", self.start, self.end)

    def __len__(self) -> int:
        return self.end - self.start

    @property
    def donor(self) -> int:
        """0-based position of the exon's last base before the intron, in reading direction."""
        return self.end if self.strand == "-" else self.start - 1

    @property
    def acceptor(self) -> int:
        """0-based position of the exon's first base after the intron, in reading direction."""
        return self.start - 1 if self.strand == "-" else self.end


@dataclass(frozen=True, slots=True)
class Transcript:
    """Exons of one transcript, sorted by position, 0-based half-open on the plus strand.

    ``gene`` is the gene's id, ``symbol`` the name that people know it by, if there is one.
    ``coding`` holds what is translated of them, sorted likewise, each part with its phase: the
    bases, in reading direction, before its first whole codon; it is empty where nothing is, or
    nothing is known. ``open_start`` and ``open_end`` say that the transcript is known to go on
    beyond its first or last base *on the plus strand*, so that what happens there is unknown.
    """

    contig: str
    strand: Strand
    exons: tuple[tuple[int, int], ...]
    name: str = ""
    gene: str = ""
    symbol: str = ""
    biotype: str = ""
    coding: tuple[tuple[int, int, int], ...] = ()
    open_start: bool = False
    open_end: bool = False

    def __post_init__(self) -> None:
        if not self.exons:
            raise ValueError("a transcript needs at least one exon")
        for start, end in self.exons:
            _check_span("an exon", start, end)
        for (_, left), (right, _) in zip(self.exons, self.exons[1:], strict=False):
            if right < left:
                raise ValueError("exons must be sorted and must not overlap")

    @property
    def start(self) -> int:
        """First base, 0-based."""
        return self.exons[0][0]

    @property
    def end(self) -> int:
        """One past the last base, 0-based."""
        return self.exons[-1][1]

    @property
    def introns(self) -> tuple[Junction, ...]:
        """Gaps between neighbouring exons; exons that touch leave none."""
        return tuple(
            Junction(self.contig, left, right, self.strand)
            for (_, left), (right, _) in zip(self.exons, self.exons[1:], strict=False)
            if left < right
        )


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """A splice site: one base, 0-based, with its strand, kind and probability."""

    contig: str
    position: int
    strand: Strand
    kind: Kind
    score: float = 1.0


@dataclass(frozen=True, slots=True, order=True)
class Variant:
    """Bases ``ref``, from ``start`` (0-based) on the plus strand, replaced by ``alt``.

    Upper-case letters; either side may be empty, as an insertion has no ``ref``.
    """

    contig: str
    start: int
    ref: str
    alt: str

    def __post_init__(self) -> None:
        if self.start < 0:
            raise ValueError(f"a variant cannot start at {self.start}")

    @property
    def end(self) -> int:
        """One past the last base replaced, 0-based; ``start`` for an insertion."""
        return self.start + len(self.ref)

    @property
    def change(self) -> int:
        """By how many bases the sequence grows; negative where it shrinks."""
        return len(self.alt) - len(self.ref)

    def trimmed(self) -> Variant:
        """The same change without the bases that both sides share.

        The end is trimmed before the beginning, so that what a repeat leaves open comes to lie as
        far left as the record allows.
        """
        ref, alt = self.ref, self.alt
        while ref and alt and ref[-1] == alt[-1]:
            ref, alt = ref[:-1], alt[:-1]
        shared = 0
        while shared < min(len(ref), len(alt)) and ref[shared] == alt[shared]:
            shared += 1
        return Variant(self.contig, self.start + shared, ref[shared:], alt[shared:])
