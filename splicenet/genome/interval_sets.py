"""The little algebra that lists of intervals need. Intervals are 0-based half-open."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from splicenet.genome.intervals import Interval

__all__ = ["complement", "merge", "shorten", "spread", "subtract", "thin_out"]

_PIECE = 1 << 16
"""Fewer bases in one place are not worth the network's flanks."""
_STRETCH = 1 << 17


def shorten(regions: Iterable[Interval], bases: int) -> list[Interval]:
    """The first regions that together hold no more than ``bases``; the last may be cut."""
    kept: list[Interval] = []
    for region in regions:
        if bases <= 0:
            break
        kept.append(Interval(region.contig, region.start, min(region.end, region.start + bases)))
        bases -= len(kept[-1])
    return kept


def spread(regions: Sequence[Interval], bases: int) -> list[Interval]:
    """No more than ``bases`` of the regions, from beginnings of regions far apart; all if they fit.

    The first regions alone would say what one place of the genome is like.
    """
    if sum(map(len, regions)) <= bases:
        return list(regions)
    most = max(_PIECE, bases // len(regions))  # of a region
    mean = sum(min(len(region), most) for region in regions) / len(regions)
    pieces = min(len(regions), max(1, int(bases / mean)))
    chosen = [regions[(2 * index + 1) * len(regions) // (2 * pieces)] for index in range(pieces)]
    most = max(most, bases // pieces)
    return shorten([part for region in chosen for part in shorten([region], most)], bases)


def thin_out(regions: Sequence[Interval], bases: int, stretch: int | None = None) -> list[Interval]:
    """About ``bases`` of the regions, in stretches at equal distances; all if they fit."""
    stretch = stretch or _STRETCH
    total = sum(map(len, regions))
    if total <= bases:
        return list(regions)
    count = max(1, bases // stretch)
    every, length = total // count, min(stretch, bases)
    kept, before = [], 0
    for region in regions:
        for index in range(max(0, (before - length) // every), count):
            start = region.start + index * every - before
            if start >= region.end:
                break
            first, last = max(start, region.start), min(start + length, region.end)
            if first < last:
                kept.append(Interval(region.contig, first, last))
        before += len(region)
    return kept


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
