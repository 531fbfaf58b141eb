"""Junctions with what a model makes of them, as a table or as BED.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from splicenet.genome.intervals import Junction
from splicenet.genome.labels import STRANDS
from splicenet.genome.rows import RowWriter

__all__ = ["Alternative", "JunctionForm", "Known", "ScoredJunction", "write_junctions"]

JunctionForm = Literal["tsv", "bed"]

_COLUMNS = (
    "contig start end strand reads motif donor acceptor probability"
    " best_donor_offset best_donor best_acceptor_offset best_acceptor status"
)
_NOTE = (
    "start, end: the intron, 0-based half-open; probability: donor times acceptor; best: the"
    " likeliest other base nearby, offsets in the direction of transcription"
)


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another base that may be the site instead.

    ``offset`` is its distance in bases, positive in the direction of transcription.
    """

    offset: int
    probability: float


@dataclass(frozen=True, slots=True)
class ScoredJunction:
    """A junction with the calibrated probabilities of its two ends.

    ``motif`` has the intron's first and last two bases as read, such as ``GT-AG``; ``status`` is
    what :class:`Known` says, or empty where there is no annotation.
    """

    junction: Junction
    motif: str
    donor: float
    acceptor: float
    best_donor: Alternative | None = None
    best_acceptor: Alternative | None = None
    status: str = ""

    @property
    def probability(self) -> float:
        """That both ends are sites, as if they were independent: the product of the two."""
        return self.donor * self.acceptor


class Known:
    """What an annotation knows of a junction.

    Parameters
    ----------
    introns
        Of the annotation.
    """

    def __init__(self, introns: Collection[Junction]) -> None:
        self._introns = {(i.contig, i.start, i.end, i.strand) for i in introns}
        self._donors = {(i.contig, i.donor, i.strand) for i in introns}
        self._acceptors = {(i.contig, i.acceptor, i.strand) for i in introns}

    def has(self, contig: str, start: int, end: int) -> bool:
        """Whether an intron is annotated, on either strand."""
        return any((contig, start, end, strand) in self._introns for strand in STRANDS)

    def status(self, junction: Junction) -> str:
        """How much of a junction is known.

        Returns
        -------
        str
            ``annotated``; ``known_sites``, in a new pair; ``known_donor``; ``known_acceptor``; or
            ``novel``.
        """
        contig, strand = junction.contig, junction.strand
        if (contig, junction.start, junction.end, strand) in self._introns:
            return "annotated"
        donor = (contig, junction.donor, strand) in self._donors
        acceptor = (contig, junction.acceptor, strand) in self._acceptors
        if donor and acceptor:
            return "known_sites"
        return "known_donor" if donor else "known_acceptor" if acceptor else "novel"


def write_junctions(
    path: str | Path,
    junctions: Iterable[ScoredJunction],
    *,
    form: JunctionForm = "tsv",
    header: Sequence[str] = (),
) -> None:
    """Write junctions in the order given.

    Parameters
    ----------
    path
        The file; ``-`` for standard output; ``.gz`` means bgzip with a tabix index, for which
        they must be sorted by position.
    form
        ``"tsv"``: a table with everything. ``"bed"``: BED6 of the introns with motif, status and
        number of reads as name and ``round(1000 * probability)`` as score.
    header
        Comment lines, without ``#``.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    notes = [_NOTE, "\t".join(_COLUMNS.split())] if form == "tsv" else []
    row_of = _table_row if form == "tsv" else _bed_row
    with RowWriter(path) as out:
        for comment in [*header, *notes]:
            out.write(f"#{comment}")
        for scored in junctions:
            out.write(row_of(scored), scored.junction.end)


def _table_row(scored: ScoredJunction) -> str:
    span = scored.junction
    cells: list[object] = [span.contig, span.start, span.end, span.strand, span.reads]
    cells += [scored.motif, *map(_digits, (scored.donor, scored.acceptor, scored.probability))]
    for best in (scored.best_donor, scored.best_acceptor):
        cells += [".", "."] if best is None else [f"{best.offset:+d}", _digits(best.probability)]
    return "\t".join(map(str, [*cells, scored.status or "."]))


def _bed_row(scored: ScoredJunction) -> str:
    span = scored.junction
    words = [scored.motif, *[scored.status] * bool(scored.status), f"{span.reads}_reads"]
    score = round(1000 * scored.probability)
    return f"{span.contig}\t{span.start}\t{span.end}\t{'|'.join(words)}\t{score}\t{span.strand}"


def _digits(probability: float) -> str:
    return f"{probability:.6g}"
