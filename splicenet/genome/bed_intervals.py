"""Intervals with their strands from BED. 0-based half-open there as here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from splicenet.exceptions import RegionError
from splicenet.genome.contigs import match_contigs
from splicenet.genome.intervals import Interval
from splicenet.genome.lines import read_lines
from splicenet.genome.sequence import Genome

__all__ = ["read_intervals"]

_SKIPPED = ("#", "track", "browser")


def read_intervals(path: str | Path, genome: Genome) -> list[Interval]:
    """Intervals of a BED of three columns or more, plain or gzip, under the genome's contig names.

    Those on contigs that the genome lacks are left out. An interval's strand is that of the sixth
    column, ``.`` if there is none.

    Raises
    ------
    ContigError
        If no contig is the genome's.
    RegionError
        If a line cannot be read, or an interval ends past its contig.
    """
    rows = list(_rows(path))
    if not rows:
        raise RegionError("it holds no interval", path=path)
    reach: dict[str, int | None] = {}
    for _, one in rows:
        reach[one.contig] = max(reach.get(one.contig) or 0, one.end)
    names = match_contigs(
        reach,
        genome.lengths,
        their_file=path,
        our_file=genome.path,
        describe=genome.description,
    )
    found = []
    for number, one in rows:
        contig = names.get(one.contig)
        if contig is None:
            continue
        if one.end > genome.lengths[contig]:
            raise RegionError(
                f"this interval ends at {one.end:,}, past the {genome.lengths[contig]:,} bases of "
                f"{contig} in {genome.path}; is it of another assembly?",
                path=path,
                line=number,
            )
        found.append(Interval(contig, one.start, one.end, one.strand))
    return found


def _rows(path: str | Path) -> Iterator[tuple[int, Interval]]:
    for number, line in read_lines(path, error=RegionError):
        if not line.strip() or line.startswith(_SKIPPED):
            continue
        row = line.split("\t") if "\t" in line else line.split()
        if len(row) < 3 or not (row[1].isdecimal() and row[2].isdecimal()):
            message = "a BED line needs a contig, a start and an end"
            raise RegionError(message, path=path, line=number)
        strand = row[5] if len(row) > 5 and row[5] in ("+", "-") else "."
        if int(row[1]) >= int(row[2]):
            message = f"the start, {int(row[1]):,}, must lie before the end, {int(row[2]):,}"
            raise RegionError(message, path=path, line=number)
        yield number, Interval(row[0], int(row[1]), int(row[2]), strand)  # type: ignore[arg-type]
