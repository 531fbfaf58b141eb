"""Regions of a genome as users write them, and the little algebra that lists of them need.

Intervals are 0-based half-open; ``contig:start-end`` on a command line is 1-based and inclusive,
as samtools has it, and BED is 0-based half-open.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from splicenet.exceptions import RegionError
from splicenet.genome.intervals import Interval
from splicenet.genome.lines import read_lines

__all__ = ["complement", "merge", "read_regions", "subtract"]

_SPAN = re.compile(r"(?P<contig>.+):(?P<start>[\d,]+)(?:-(?P<end>[\d,]+))?")
_SKIPPED = ("#", "track", "browser")


def read_regions(
    spec: str | Path, lengths: Mapping[str, int], *, required: bool = True
) -> list[Interval]:
    """Read the regions that a user names.

    Parameters
    ----------
    spec
        A BED file, plain or gzip (its strand column is not looked at); or ``contig:start-end``,
        1-based and inclusive, with or without thousands commas; or a contig's name; or several of
        these with commas between them.
    lengths
        Length in bases of every contig of the genome.
    required
        Whether there must be a region on this genome; where several genomes share one list, a
        genome may have none.

    Returns
    -------
    list of Interval
        0-based half-open, strand ``.``, clipped to the contigs, merged, in the order of
        ``lengths``. Rows of a BED on contigs that the genome lacks are left out.

    Raises
    ------
    RegionError
        If a region cannot be read or lies outside the genome, or none is left.
    """
    text = str(spec)
    if text in lengths:
        return [Interval(text, 0, lengths[text])]
    is_file = text == "-" or os.path.exists(text) or isinstance(spec, Path)
    regions = _read_bed(text, lengths, required) if is_file else _parse(text, lengths, required)
    order = {contig: rank for rank, contig in enumerate(lengths)}
    return sorted(merge(regions), key=lambda region: (order[region.contig], region.start))


def _read_bed(path: str, lengths: Mapping[str, int], required: bool) -> list[Interval]:
    regions: list[Interval] = []
    foreign: list[str] = []
    for number, line in read_lines(path, error=RegionError):
        if not line.strip() or line.startswith(_SKIPPED):
            continue
        row = line.split("\t") if "\t" in line else line.split()
        if len(row) < 3 or not (row[1].isdecimal() and row[2].isdecimal()):
            message = "a BED line needs a contig, a start and an end"
            raise RegionError(message, path=path, line=number)
        contig, start, end = row[0], int(row[1]), int(row[2])
        if start >= end:
            message = f"the start, {start:,}, must lie before the end, {end:,}"
            raise RegionError(message, path=path, line=number)
        if contig not in lengths:
            foreign.append(contig)
        elif start < lengths[contig]:
            regions.append(Interval(contig, start, min(end, lengths[contig])))
    if regions or not required:
        return regions
    if foreign:
        theirs, ours = _some(foreign), _some(lengths)
        raise RegionError(f"its contigs ({theirs}) are none of the genome's ({ours})", path=path)
    raise RegionError("it holds no region inside the genome", path=path)


def _parse(text: str, lengths: Mapping[str, int], required: bool) -> list[Interval]:
    """Split at the commas that do not stand between thousands."""
    parts = [part.strip() for part in re.split(r",(?!\d{3}(?:[,-]|$))", text)]
    if not required:
        parts = [part for part in parts if part.rpartition(":")[0] in lengths or part in lengths]
    return [_parse_one(part, lengths) for part in parts]


def _parse_one(text: str, lengths: Mapping[str, int]) -> Interval:
    if text in lengths:
        return Interval(text, 0, lengths[text])
    match = _SPAN.fullmatch(text)
    if match is None or match["contig"] not in lengths:
        raise RegionError(
            f"{text!r} is neither a BED file that exists, nor contig:start-end or a contig of this"
            f" genome ({_some(lengths)})"
        )
    contig = match["contig"]
    start = int(match["start"].replace(",", "") or 0)
    end = int((match["end"] or str(lengths[contig])).replace(",", "") or 0)
    if not 1 <= start <= min(end, lengths[contig]):
        raise RegionError(
            f"{text!r} must lie within 1-{lengths[contig]:,}, and its start before its end",
            contig=contig,
        )
    return Interval(contig, start - 1, min(end, lengths[contig]))


def _some(names: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(names))
    return ", ".join(distinct[:5]) + (", ..." if len(distinct) > 5 else "")


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Join intervals of one contig that overlap or touch, on whichever strand.

    Returns
    -------
    list of Interval
        Sorted by contig name and start, strand ``.``, none of them touching another.
    """
    merged: list[Interval] = []
    for interval in sorted(intervals, key=attrgetter("contig", "start")):
        last = merged[-1] if merged else None
        if last and last.contig == interval.contig and interval.start <= last.end:
            merged[-1] = Interval(last.contig, last.start, max(last.end, interval.end))
        else:
            merged.append(Interval(interval.contig, interval.start, interval.end))
    return merged


def subtract(intervals: Iterable[Interval], minus: Iterable[Interval]) -> list[Interval]:
    """What is left of each interval without the bases of ``minus``, on whichever strand.

    The order and the strands of ``intervals`` stay.
    """
    cuts = {
        contig: list(group) for contig, group in groupby(merge(minus), key=attrgetter("contig"))
    }
    return [
        piece
        for interval in intervals
        for piece in _without(interval, cuts.get(interval.contig, []))
    ]


def _without(interval: Interval, cuts: list[Interval]) -> Iterable[Interval]:
    position = interval.start
    for cut in cuts[bisect_left(cuts, interval.start, key=attrgetter("end")) :]:
        if cut.start >= interval.end:
            break
        if position < cut.start:
            yield Interval(interval.contig, position, cut.start, interval.strand)
        position = max(position, cut.end)
    if position < interval.end:
        yield Interval(interval.contig, position, interval.end, interval.strand)


def complement(intervals: Iterable[Interval], lengths: Mapping[str, int]) -> list[Interval]:
    """All bases of the genome that no interval covers, in the order of ``lengths``."""
    whole = [Interval(contig, 0, length) for contig, length in lengths.items() if length]
    return subtract(whole, intervals)
