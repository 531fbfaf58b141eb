"""Splice sites in files: BED6 for browsers and bedtools, a table for everything else.

A site is one base, 0-based: ``position`` in the table, ``[position, position + 1)`` in BED.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from splicenet.exceptions import RegionError
from splicenet.genome.intervals import Site
from splicenet.genome.lines import read_lines
from splicenet.genome.rows import RowWriter
from splicenet.genome.writer import Writer

__all__ = ["SiteForm", "SiteWriter", "read_sites"]

SiteForm = Literal["bed", "tsv"]

_COLUMNS = "contig\tposition\tstrand\tkind\tprobability"
_NOTE = "position: the labelled base, counted from 0"
_KINDS = ("donor", "acceptor")
_STRANDS = ("+", "-")
_SKIPPED = ("#", "track", "browser")


class SiteWriter(Writer):
    """Write splice sites as they come; a context manager.

    The file takes its name only when the block ends well. A name that ends in ``.gz`` means bgzip
    with an index beside it: ``.tbi``, or ``.csi`` where a position is too large for that. The
    sites must then come sorted by contig and position.

    Parameters
    ----------
    path
        The file to write; ``-`` for standard output.
    header
        Comment lines, without ``#``.
    form
        ``"bed"`` is BED6 with the kind as name and ``round(1000 * score)`` as score; ``"tsv"`` is
        contig, 0-based position, strand, kind and probability to nine digits.

    Raises
    ------
    OutputError
        If it cannot be written; ``BrokenPipeError`` passes.
    """

    def __init__(
        self, path: str | Path, *, header: Iterable[str] = (), form: SiteForm = "bed"
    ) -> None:
        self._is_bed = form == "bed"
        self._comments = list(header) if self._is_bed else [*header, _NOTE, _COLUMNS]
        self._rows = RowWriter(path, end=2 if self._is_bed else 1)

    def _open(self, stack: ExitStack) -> None:
        stack.enter_context(self._rows)
        for comment in self._comments:
            self._rows.write(f"#{comment}")

    def write(self, site: Site) -> None:
        """Add one site."""
        contig, position, strand = site.contig, site.position, site.strand
        if self._is_bed:
            score = round(1000 * min(max(site.score, 0.0), 1.0))
            row = f"{contig}\t{position}\t{position + 1}\t{site.kind}\t{score}\t{strand}"
        else:
            row = f"{contig}\t{position}\t{strand}\t{site.kind}\t{site.score:.9g}"
        self._rows.write(row, position + 1)


def read_sites(path: str | Path) -> list[Site]:
    """Read splice sites from BED6 or from the table, plain or gzip, in the order of the file.

    Parameters
    ----------
    path
        BED6 of single bases named ``donor`` or ``acceptor``, with scores from 0 to 1000 (``.`` is
        taken for 1000), or the five columns of :class:`SiteWriter`'s table; ``-`` is standard
        input.

    Raises
    ------
    RegionError
        If it cannot be read, or a line is no site.
    """
    return [
        _parse(line, path, number)
        for number, line in read_lines(path, error=RegionError)
        if line.strip() and not line.startswith(_SKIPPED)
    ]


def _parse(line: str, path: str | Path, number: int) -> Site:
    row = line.split("\t")
    try:
        if len(row) == 5:
            contig, position, strand, kind = row[0], int(row[1]), row[2], row[3]
            score = float(row[4])
        else:
            contig, position, kind, strand = row[0], int(row[1]), row[3], row[5]
            score = 1.0 if row[4] == "." else float(row[4]) / 1000
            if int(row[2]) != position + 1:
                raise ValueError
    except (ValueError, IndexError):
        message = "a splice site needs BED's six columns, tab-separated, and to be one base long"
        raise RegionError(message, path=path, line=number) from None
    if kind not in _KINDS or strand not in _STRANDS or position < 0 or not 0 <= score <= 1:
        message = (
            "a splice site needs the name donor or acceptor, a score from 0 to 1000 and the"
            " strand + or -"
        )
        raise RegionError(message, path=path, line=number)
    return Site(contig, position, strand, kind, score)  # type: ignore[arg-type]
