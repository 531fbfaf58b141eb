"""Introns that another program counted: STAR, regtools and GFF files of introns.

Coordinates are 0-based half-open on the plus strand once read; STAR and GFF count from 1 and
include the end, BED does as we do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from splicenet.exceptions import AlignmentError
from splicenet.genome.contigs import match_contigs
from splicenet.genome.junctions import Observed
from splicenet.genome.lines import read_lines
from splicenet.genome.sequence import Genome

__all__ = ["read_junction_file"]

_STAR_STRANDS = {"0": ".", "1": "+", "2": "-"}
_STRANDS = {"?": "."}
_SKIPPED = ("#", "track", "browser")


class _Row(NamedTuple):
    contig: str
    start: int
    end: int
    strand: str
    reads: int
    overhang: int | None = None


def read_junction_file(
    path: str | Path, genome: Genome, *, min_overhang: int, skipped: Counter[str]
) -> list[Observed]:
    """Read counted introns, plain or gzip; the dialect is recognised by the first row.

    Parameters
    ----------
    path
        STAR's ``SJ.out.tab`` (uniquely mapped reads count), BED12 with the introns between its
        blocks and the count as score (regtools), or ``intron`` rows of GFF with the count as
        ``mult=`` or as score (1 where both are missing).
    genome
        The genome that the introns lie on, under whichever contig names.
    min_overhang
        Least overhang in bases, where the file tells it.
    skipped
        Counts what was left out, by reason.

    Raises
    ------
    AlignmentError
        If a line cannot be read or an intron lies past the end of its contig.
    ContigError
        If its contigs are not the genome's.
    """
    votes: dict[tuple[str, int, int], Counter[str]] = defaultdict(Counter)
    furthest: dict[str, tuple[int, int]] = {}
    for number, row in _rows(path):
        furthest[row.contig] = max(furthest.get(row.contig, (0, 0)), (row.end, number))
        if row.overhang is not None and row.overhang < min_overhang:
            skipped[f"overhangs below {min_overhang} bases"] += 1
        elif row.reads > 0:
            votes[row.contig, row.start, row.end][row.strand] += row.reads
        else:
            skipped["junctions without a uniquely aligned read"] += 1
    names = match_contigs(
        {contig: end for contig, (end, _) in furthest.items()},
        genome.lengths,
        their_file=path,
        our_file=genome.path,
        describe=genome.description,
    )
    for contig, ours in names.items():
        end, number = furthest[contig]
        if end > genome.lengths[ours]:
            raise AlignmentError(
                f"this intron ends at {end:,}, past the {genome.lengths[ours]:,} bases that {ours}"
                f" has in {genome.path}",
                path=path,
                line=number,
                contig=contig,
            )
    lacking = sum(contig not in names for contig, _, _ in votes)
    if lacking:
        skipped["junctions on contigs that the genome lacks"] += lacking
    return [
        Observed(names[contig], start, end, count["+"], count["-"], count["."])
        for (contig, start, end), count in votes.items()
        if contig in names
    ]


def _rows(path: str | Path) -> Iterator[tuple[int, _Row]]:
    parse: Callable[[list[str]], list[_Row]] | None = None
    for number, line in read_lines(path, error=AlignmentError):
        if not line.strip() or line.startswith(_SKIPPED):
            continue
        columns = line.split("\t")
        parse = parse or _dialect(columns, path, number)
        try:
            for row in parse(columns):
                if not 0 <= row.start < row.end or row.strand not in ("+", "-", "."):
                    raise ValueError
                yield number, row
        except (ValueError, IndexError, KeyError):
            message = "this line does not hold an intron's coordinates, strand and count"
            raise AlignmentError(message, path=path, line=number) from None
    if parse is None:
        raise AlignmentError("it holds no junction", path=path)


def _dialect(columns: list[str], path: str | Path, line: int) -> Callable[[list[str]], list[_Row]]:
    if len(columns) == 9 and all(map(str.isdecimal, columns[1:])):
        return _star
    if len(columns) == 9 and columns[3].isdecimal() and columns[4].isdecimal():
        return _gff
    if len(columns) == 12:
        return _bed12
    message = (
        "these are neither alignments (BAM, CRAM or SAM with a header) nor junctions (STAR's"
        " SJ.out.tab, BED12 or GFF introns)"
    )
    raise AlignmentError(message, path=path, line=line)


def _star(columns: list[str]) -> list[_Row]:
    start, end = int(columns[1]) - 1, int(columns[2])
    strand = _STAR_STRANDS[columns[3]]
    return [_Row(columns[0], start, end, strand, int(columns[6]), int(columns[8]))]


def _bed12(columns: list[str]) -> list[_Row]:
    contig, offset, strand, reads = columns[0], int(columns[1]), columns[5], int(columns[4])
    strand = _STRANDS.get(strand, strand)
    sizes = [int(size) for size in columns[10].rstrip(",").split(",")]
    starts = [offset + int(start) for start in columns[11].rstrip(",").split(",")]
    blocks = list(zip(starts, sizes, strict=True))
    return [
        _Row(contig, start + size, after, strand, reads, min(size, next_size))
        for (start, size), (after, next_size) in zip(blocks, blocks[1:], strict=False)
    ]


def _gff(columns: list[str]) -> list[_Row]:
    contig, _, feature, start, end, score, strand, _, attributes = columns
    if feature != "intron":
        return []
    strand = _STRANDS.get(strand, strand)
    return [_Row(contig, int(start) - 1, int(end), strand, _multiplicity(attributes, score))]


def _multiplicity(attributes: str, score: str) -> int:
    """How many reads a hint stands for; one that does not say so stands for one."""
    for attribute in attributes.split(";"):
        key, _, value = attribute.strip().partition("=")
        if key == "mult":
            return int(value)
    return max(1, int(float(score))) if score != "." else 1
