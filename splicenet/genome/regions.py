"""Regions of a genome as users write them.

Intervals are 0-based half-open; ``contig:start-end`` on a command line is 1-based and inclusive,
as samtools has it, and BED is 0-based half-open.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from splicenet.exceptions import ContigError, RegionError
from splicenet.genome.contigs import match_contigs
from splicenet.genome.interval_sets import merge
from splicenet.genome.intervals import Interval
from splicenet.genome.lines import read_lines
from splicenet.genome.sequence import Genome

__all__ = ["read_regions", "share_regions"]

_SPAN = re.compile(r"(?P<contig>.+):(?P<start>[\d,]+)(?:-(?P<end>[\d,]+))?")
_SKIPPED = ("#", "track", "browser")


class _Written(NamedTuple):
    """A region under the name that its contig has there, 0-based half-open.

    ``end`` is None for the contig's end; ``text`` is the word of a command line.
    """

    contig: str
    start: int
    end: int | None
    text: str = ""


def read_regions(spec: str | Path, genome: Genome) -> list[Interval]:
    """Read the regions that a user names.

    Parameters
    ----------
    spec
        A BED file, plain or gzip (its strand column is not looked at); or ``contig:start-end``,
        1-based and inclusive, with or without thousands commas; or a contig's name; or several of
        these with commas between them. Contigs may be spelt as :func:`match_contigs` allows.
    genome
        What they are regions of.

    Returns
    -------
    list of Interval
        0-based half-open, strand ``.``, clipped to the contigs, merged, in the order of the
        genome. Rows of a BED that lie on no contig of it are left out.

    Raises
    ------
    RegionError
        If a region cannot be read or lies outside the genome, or none is left.
    """
    return share_regions(spec, [genome])[0]


def share_regions(
    spec: str | Path, genomes: Sequence[Genome], *, skipped: Counter[str] | None = None
) -> list[list[Interval]]:
    """Read one list of regions for several genomes, as :func:`read_regions` does for one.

    A contig that one of them has by that very name is not looked for under another name in the
    rest.

    Parameters
    ----------
    skipped
        Counts by reason what is left out.

    Returns
    -------
    list of list of Interval
        For each genome what lies on it; that may be nothing.

    Raises
    ------
    RegionError
        If a region cannot be read or lies on none of the genomes, or none is left.
    """
    text = str(spec)
    contigs = dict.fromkeys(contig for genome in genomes for contig in genome.lengths)
    is_file = text not in contigs and (
        text == "-" or isinstance(spec, Path) or os.path.exists(text)
    )
    written = _read_bed(text) if is_file else _parse(text, contigs)
    names = [_names(written, genome, contigs) for genome in genomes]
    if not is_file:
        _check(written, names, genomes, contigs)
    found = [_place(written, *pair) for pair in zip(names, genomes, strict=True)]
    if not any(found):
        if written and not any(names):
            theirs, ours = _some(region.contig for region in written), _some(contigs)
            message = f"its contigs ({theirs}) are none of the genome's ({ours})"
            raise RegionError(message, path=text)
        raise RegionError("it holds no region inside the genome", path=text)
    if skipped is not None:
        skipped.update(_outside(written, names, genomes))
    return found


def _outside(
    written: Iterable[_Written], names: Sequence[Mapping[str, str]], genomes: Sequence[Genome]
) -> Iterator[str]:
    """Why each region that lies on none of the genomes does not."""
    first = ""
    for region in written:
        lengths = _lengths(region.contig, names, genomes)
        if not lengths:
            first = first or region.contig
            yield f"regions on contigs that match none of the genome's (the first is {first})"
        elif region.start >= max(lengths):
            yield "regions past the end of their contig"


def _lengths(
    contig: str, names: Sequence[Mapping[str, str]], genomes: Sequence[Genome]
) -> list[int]:
    """How long a contig of the regions is in each genome that has it."""
    return [
        genome.lengths[ours[contig]]
        for ours, genome in zip(names, genomes, strict=True)
        if contig in ours
    ]


def _names(written: Sequence[_Written], genome: Genome, contigs: Container[str]) -> dict[str, str]:
    """The contigs of the regions and what the genome calls them; ``contigs`` are everyone's."""
    reach: dict[str, int | None] = {}
    for contig, start, *_ in written:
        if contig in genome.lengths or contig not in contigs:
            reach[contig] = max(reach.get(contig) or 0, start + 1)
    try:
        return match_contigs(
            reach,
            genome.lengths,
            their_file="regions",
            our_file=genome.path,
            describe=genome.description,
        )
    except ContigError:
        return {}


def _check(
    written: Sequence[_Written],
    names: Sequence[Mapping[str, str]],
    genomes: Sequence[Genome],
    contigs: Iterable[str],
) -> None:
    """Refuse a region of a command line that lies on no contig, or outside it."""
    for contig, start, end, text in written:
        lengths = _lengths(contig, names, genomes)
        if not lengths:
            raise RegionError(
                f"{text!r} is neither a BED file that exists, nor contig:start-end or a contig of"
                f" this genome ({_some(contigs)})"
            )
        length = max(lengths)
        if not 0 <= start < min(length if end is None else end, length):
            raise RegionError(
                f"{text!r} must lie within 1-{length:,}, and its start before its end",
                contig=contig,
            )


def _place(written: Iterable[_Written], names: Mapping[str, str], genome: Genome) -> list[Interval]:
    regions = []
    for region in written:
        contig = names.get(region.contig)
        if contig is not None and region.start < (length := genome.lengths[contig]):
            end = length if region.end is None else min(region.end, length)
            regions.append(Interval(contig, region.start, end))
    order = {contig: rank for rank, contig in enumerate(genome.lengths)}
    return sorted(merge(regions), key=lambda region: (order[region.contig], region.start))


def _read_bed(path: str) -> list[_Written]:
    regions = []
    for number, line in read_lines(path, error=RegionError):
        if not line.strip() or line.startswith(_SKIPPED):
            continue
        row = line.split("\t") if "\t" in line else line.split()
        if len(row) < 3 or not (row[1].isdecimal() and row[2].isdecimal()):
            message = "a BED line needs a contig, a start and an end"
            raise RegionError(message, path=path, line=number)
        start, end = int(row[1]), int(row[2])
        if start >= end:
            message = f"the start, {start:,}, must lie before the end, {end:,}"
            raise RegionError(message, path=path, line=number)
        regions.append(_Written(row[0], start, end))
    return regions


def _parse(text: str, contigs: Container[str]) -> list[_Written]:
    """Split at the commas that do not stand between thousands."""
    parts = [text] if text in contigs else re.split(r",(?!\d{3}(?:[,-]|$))", text)
    return [_parse_one(part.strip(), contigs) for part in parts]


def _parse_one(text: str, contigs: Container[str]) -> _Written:
    match = _SPAN.fullmatch(text)
    if match is None or text in contigs:
        return _Written(text, 0, None, text)
    start, end = (None if n is None else int(n.replace(",", "") or 0) for n in match.groups()[1:])
    return _Written(match["contig"], (start or 0) - 1, end, text)


def _some(names: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(names))
    return ", ".join(distinct[:5]) + (", ..." if len(distinct) > 5 else "")
