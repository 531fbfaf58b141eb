"""Tables with one transcript a line: BED12, and genePred with its kin.

Both are 0-based half-open in the file already.
"""

from __future__ import annotations

from splicenet.exceptions import AnnotationError
from splicenet.genome.drafts import Draft, Drafts, as_strand, thick
from splicenet.genome.lines import Lines

__all__ = ["BED_COLUMNS", "cells", "genepred_strand", "read_bed12", "read_genepred"]

BED_COLUMNS = 12
_HEADERS = ("#", "track", "browser")


def cells(line: str) -> list[str]:
    """Cells of a line: separated by tabs or, where there are none, by white space."""
    return line.split("\t") if "\t" in line else line.split()


def genepred_strand(row: list[str]) -> int:
    """Column of the strand in a genePred row, or -1 if the row is none.

    Name, contig and strand come first; refFlat puts a gene's name before them, a database dump
    its bin. Seven columns follow: transcript, coding sequence, exon count, starts, ends.
    """
    for column in (2, 3):
        if len(row) >= column + 8 and row[column] in ("+", "-"):
            return column
    return -1


def read_bed12(lines: Lines, *, path: str) -> Drafts:
    """Transcripts of a BED12.

    Raises
    ------
    AnnotationError
        At a row that has too few columns, or blocks that do not fill its span.
    """
    drafts = []
    for number, line in lines:
        if not line.strip() or line.startswith(_HEADERS):
            continue
        row = cells(line)
        if len(row) < BED_COLUMNS:
            message = f"the row has {len(row)} columns, but exons need the {BED_COLUMNS} of BED12"
            raise AnnotationError(message, path=path, line=number)
        try:
            start, end, count = int(row[1]), int(row[2]), int(row[9])
            sizes, offsets = _integers(row[10]), _integers(row[11])
        except ValueError:
            message = "columns 2, 3 and 10 to 12 must hold whole numbers"
            raise AnnotationError(message, path=path, line=number, contig=row[0]) from None
        exons = [(start + o, start + o + s) for o, s in zip(offsets, sizes, strict=False)]
        _check(exons, count, len(sizes), len(offsets), path=path, number=number, contig=row[0])
        if exons[0][0] != start or exons[-1][1] != end:
            message = f"the blocks do not run from {start} to {end}, as columns 2 and 3 say"
            raise AnnotationError(message, path=path, line=number, contig=row[0])
        draft = Draft(row[3], row[0], as_strand(row[5]), number, exons=exons, reach=end)
        # Thick from end to end is what programs write that know nothing of coding sequence.
        if row[6].isdecimal() and row[7].isdecimal() and (int(row[6]), int(row[7])) != (start, end):
            draft.coding = thick(exons, int(row[6]), int(row[7]))
        drafts.append(draft)
    return Drafts(drafts)


def read_genepred(lines: Lines, *, path: str) -> Drafts:
    """Transcripts of a genePred, extended or not, a refFlat, or a dump with a bin column.

    Raises
    ------
    AnnotationError
        At a row whose columns are none of these, or whose exons do not fit their count.
    """
    drafts = []
    for number, line in lines:
        if not line.strip() or line.startswith(_HEADERS):
            continue
        row = cells(line)
        at = genepred_strand(row)
        if at < 0:
            message = "the row is no genePred: name, contig, strand and seven columns more"
            raise AnnotationError(message, path=path, line=number)
        contig = row[at - 1]
        try:
            count, coding = int(row[at + 5]), (int(row[at + 3]), int(row[at + 4]))
            starts, ends = _integers(row[at + 6]), _integers(row[at + 7])
        except ValueError:
            message = "coordinates and the exon count must be whole numbers"
            raise AnnotationError(message, path=path, line=number, contig=contig) from None
        exons = list(zip(starts, ends, strict=False))
        _check(exons, count, len(starts), len(ends), path=path, number=number, contig=contig)
        draft = Draft(row[at - 2], contig, as_strand(row[at]), number, exons=exons)
        draft.reach = exons[-1][1]
        draft.coding = thick(exons, *coding)
        if len(row) >= at + 13:  # extended: score, gene, completeness of both ends, frames
            draft.gene = row[at + 9]
            draft.open_starts = coding[:1] if row[at + 10] == "incmpl" else ()
            draft.open_ends = coding[1:] if row[at + 11] == "incmpl" else ()
            draft.coding = _with_frames(draft, exons, row[at + 12])
        elif at == 3 and not row[0].isdigit():
            draft.gene = row[0]
        drafts.append(draft)
    return Drafts(drafts)


def _with_frames(
    draft: Draft, exons: list[tuple[int, int]], frames: str
) -> list[tuple[int, int, int]]:
    """The coding parts with the phases of the exons that they lie in, where these are given."""
    try:
        by_end = {end: -frame % 3 for (_, end), frame in zip(exons, _integers(frames), strict=True)}
    except ValueError:
        return draft.coding
    return [
        (start, end, next(by_end[last] for first, last in exons if first <= start < last))
        for start, end, _ in draft.coding
    ]


def _integers(text: str) -> list[int]:
    return [int(number) for number in text.strip().strip('"').rstrip(",").split(",")]


def _check(exons: list[tuple[int, int]], *counts: int, path: str, number: int, contig: str) -> None:
    if len(set(counts)) > 1:
        message = "the number of exons and the two lists of exons disagree"
        raise AnnotationError(message, path=path, line=number, contig=contig)
    wrong = next(((start, end) for start, end in exons if not 0 <= start < end), None)
    if wrong:
        message = f"an exon cannot run from {wrong[0]} to {wrong[1]}"
        raise AnnotationError(message, path=path, line=number, contig=contig)
    exons.sort()
