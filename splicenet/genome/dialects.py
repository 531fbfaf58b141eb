"""Which dialect an annotation is written in, told from its first lines."""

from __future__ import annotations

import re
from itertools import chain

from splicenet.exceptions import AnnotationError
from splicenet.genome.lines import Lines
from splicenet.genome.tables import BED_COLUMNS, cells, genepred_strand

__all__ = ["sniff"]

_ROWS = 100
"""Rows to look at: a file may open with gene rows that have but a name in their last column."""

_STRANDS = ("+", "-", ".", "?")
_GFF3 = re.compile(r"\s*[^\s=;\"]+\s*=")
_GTF = re.compile(r"\b(gene_id|transcript_id)\s")
_VERSION = re.compile(r"##\s*gff-version\s+(\d)")


def sniff(lines: Lines, *, path: str) -> tuple[str, Lines]:
    """Tell the dialect, and give the lines back from the first one on.

    Raises
    ------
    AnnotationError
        If the file is empty or in no dialect known.
    """
    head: list[tuple[int, str]] = []
    rows = 0
    guess = ""
    for number, line in lines:
        head.append((number, line))
        version = _VERSION.match(line)
        if version:
            guess = "GFF3" if version[1] == "3" else "GFF2"
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        dialect = _dialect(line, path=path, number=number)
        if dialect and dialect != "GFF2":
            return dialect, chain(head, lines)
        guess = guess or dialect
        rows += 1
        if rows == _ROWS:
            break
    if guess:
        return guess, chain(head, lines)
    raise AnnotationError(
        "this is no annotation in GTF, GFF3, GFF2, BED12, genePred, GenBank or EMBL"
        if head
        else "the file is empty",
        path=path,
    )


def _dialect(line: str, *, path: str, number: int) -> str:
    if line.startswith("LOCUS "):
        return "GenBank"
    if line.startswith("ID   "):
        return "EMBL"
    if line.startswith(">"):
        message = "this is a sequence, not an annotation; give genes or spliced reads beside it"
        raise AnnotationError(message, path=path, line=number)
    row = cells(line)
    if genepred_strand(row) >= 0:
        return "genePred"
    if len(row) >= BED_COLUMNS and row[5] in _STRANDS:
        return "BED12"
    columns = line.split("\t", 8)
    if len(columns) > 7 and columns[6] in _STRANDS:
        return _gff_family(columns[-1])
    if len(row) >= 3 and row[1].isdigit() and row[2].isdigit():
        message = f"BED of {len(row)} columns holds no exons; give the {BED_COLUMNS} of BED12"
        raise AnnotationError(message, path=path, line=number)
    return ""


def _gff_family(attributes: str) -> str:
    if _GFF3.match(attributes):
        return "GFF3"
    return "GTF" if _GTF.search(attributes) else "GFF2"
