"""What GTF, GFF3 and GFF2 have in common: nine columns, 1-based closed coordinates.

Here they become 0-based half-open.
"""

from __future__ import annotations

import re

from splicenet.exceptions import AnnotationError
from splicenet.genome.drafts import Draft

__all__ = ["CODING", "EXONS", "PARTS", "note_flags", "phase", "span", "split_row"]

EXONS = frozenset({"exon", "pseudogenic_exon"})
"""Feature types that are exons."""

CODING = frozenset({"CDS", "coding_exon", "stop_codon"})
"""Feature types that are translated, or would be."""

PARTS = CODING | frozenset(
    {"UTR", "5UTR", "3UTR"}
    | {f"{side}_prime_{utr}" for side in ("five", "three") for utr in ("UTR", "utr")}
)
"""Feature types that make up the exons of a transcript where no row says ``exon``."""

_COLUMNS = 9
_PARTIAL = re.compile(r'\bpartial[= ]"?true')
_BEFORE = re.compile(r"\bstart_range=\.")
_BEYOND = re.compile(r"\bend_range=[^;]*,\.")
_TRANS_SPLICED = re.compile(r'\bexception[= ]"?[^;"]*trans-splicing')


def split_row(line: str, *, path: str, number: int) -> list[str]:
    """Split a row into its nine columns.

    Raises
    ------
    AnnotationError
        If there are fewer.
    """
    columns = line.split("\t", _COLUMNS - 1)
    if len(columns) < _COLUMNS:
        raise AnnotationError(
            f"the row has {len(columns)} of {_COLUMNS} columns; separate them by tabs",
            path=path,
            line=number,
        )
    return columns


def span(columns: list[str], *, path: str, number: int) -> tuple[int, int]:
    """Start and end of a row, 0-based half-open.

    Raises
    ------
    AnnotationError
        If they are no whole numbers from 1 on, or the wrong way round.
    """
    try:
        start, end = int(columns[3]) - 1, int(columns[4])
    except ValueError:
        message = f"start {columns[3]!r} and end {columns[4]!r} must be whole numbers"
        raise AnnotationError(message, path=path, line=number, contig=columns[0]) from None
    if not 0 <= start < end:
        message = f"start {start + 1} and end {end} must be counted from 1, the smaller first"
        raise AnnotationError(message, path=path, line=number, contig=columns[0])
    return start, end


def phase(columns: list[str]) -> int:
    """Bases of a coding row before its first whole codon, -1 where the row does not say."""
    return int(columns[7]) if columns[7] in ("0", "1", "2") else -1


def note_flags(draft: Draft, attributes: str, start: int, end: int) -> None:
    """Take from an attribute column what it says of the ends of its transcript.

    NCBI writes ``partial``, in GFF3 with the range that the true end lies in; GENCODE tags what was
    not found. Parts that trans-splicing joins come from separate transcripts: no intron is between.
    """
    if "_NF" in attributes:
        draft.open_five |= "_start_NF" in attributes
        draft.open_three |= "_end_NF" in attributes
    if "partial" in attributes and _PARTIAL.search(attributes):
        draft.partial = True
        if _BEFORE.search(attributes):
            draft.open_starts += (start,)
        if _BEYOND.search(attributes):
            draft.open_ends += (end,)
    if "trans-splicing" in attributes and _TRANS_SPLICED.search(attributes):
        draft.skip = "trans-splicing"
