"""Splice sites in files: BED6 for browsers and bedtools, a table for everything else.

A site is one base, 0-based: ``position`` in the table, ``[position, position + 1)`` in BED.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import pysam

from splicenet.exceptions import OutputError, RegionError
from splicenet.genome.bgzf import BgzfWriter
from splicenet.genome.intervals import Site
from splicenet.genome.lines import read_lines
from splicenet.genome.output import atomic, atomic_path

__all__ = ["SiteForm", "SiteWriter", "read_sites"]

SiteForm = Literal["bed", "tsv"]

_COLUMNS = "contig\tposition\tstrand\tkind\tprobability"
_NOTE = "position: the labelled base, counted from 0"
_KINDS = ("donor", "acceptor")
_STRANDS = ("+", "-")
_SKIPPED = ("#", "track", "browser")
_TBI_REACH = 1 << 29


class SiteWriter:
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
        self._path = str(path)
        self._is_bed = form == "bed"
        self._comments = list(header) if self._is_bed else [*header, _NOTE, _COLUMNS]
        self._furthest = 0
        self._file: AbstractContextManager[Any] = (
            self._indexed() if self._path.endswith(".gz") else atomic(path, mode="wb")
        )

    def __enter__(self) -> SiteWriter:
        with ExitStack() as stack:
            self._out = stack.enter_context(self._file)
            for comment in self._comments:
                self._out.write(f"#{comment}\n".encode())
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(self, site: Site) -> None:
        """Add one site."""
        contig, position, strand = site.contig, site.position, site.strand
        if self._is_bed:
            score = round(1000 * min(max(site.score, 0.0), 1.0))
            row = f"{contig}\t{position}\t{position + 1}\t{site.kind}\t{score}\t{strand}\n"
        else:
            row = f"{contig}\t{position}\t{strand}\t{site.kind}\t{site.score:.9g}\n"
        self._furthest = max(self._furthest, position)
        self._out.write(row.encode())

    @contextmanager
    def _indexed(self) -> Iterator[BgzfWriter]:
        with atomic_path(self._path) as temporary:
            with open(temporary, "wb") as handle, BgzfWriter(handle) as out:
                yield out
            csi = self._furthest >= _TBI_REACH
            with atomic_path(self._path + (".csi" if csi else ".tbi")) as index:
                self._make_index(temporary, index, csi)

    def _make_index(self, temporary: Path, index: Path, csi: bool) -> None:
        loudness = pysam.set_verbosity(0)
        try:
            pysam.tabix_index(
                str(temporary),
                index=str(index),
                seq_col=0,
                start_col=1,
                end_col=2 if self._is_bed else 1,
                zerobased=True,
                csi=csi,
                force=True,
            )
        except OSError as cause:
            message = "its index cannot be written; are the sites sorted, or is the disk full?"
            raise OutputError(message, path=self._path) from cause
        finally:
            pysam.set_verbosity(loudness)


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
