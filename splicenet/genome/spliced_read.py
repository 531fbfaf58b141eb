"""What one aligned read says of introns.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

import pysam

from splicenet.genome.intervals import Strand

__all__ = ["spliced_spans", "tagged_strand"]

_MATCH, _DELETION, _SKIP, _EQUAL, _DIFFERENT = 0, 2, 3, 7, 8


def spliced_spans(start: int, cigar: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Find the introns in an alignment.

    Parameters
    ----------
    start
        Its first base on the genome, 0-based.
    cigar
        Operations and their lengths, as pysam gives them.

    Returns
    -------
    list of tuple
        Start and end of every intron, 0-based half-open, and the smaller number of bases aligned
        on either side of it, up to the next intron.
    """
    spans: list[tuple[int, int]] = []
    blocks = [0]
    position = start
    for operation, length in cigar:
        if operation == _SKIP:
            spans.append((position, position + length))
            blocks.append(0)
        elif operation in (_MATCH, _EQUAL, _DIFFERENT):
            blocks[-1] += length
        if operation in (_MATCH, _DELETION, _SKIP, _EQUAL, _DIFFERENT):
            position += length
    return [
        (left, right, min(before, after))
        for (left, right), before, after in zip(spans, blocks, blocks[1:], strict=False)
    ]


def tagged_strand(read: pysam.AlignedSegment) -> Strand:
    """Tell the transcript's strand by the tags of an aligner; ``.`` where there are none.

    ``XS`` gives it on the genome, ``ts`` relative to the read. Some aligners use ``XS`` for a
    number, which says nothing here.
    """
    if read.has_tag("XS") and (strand := read.get_tag("XS")) in ("+", "-"):
        return strand  # type: ignore[return-value]
    if read.has_tag("ts") and (strand := read.get_tag("ts")) in ("+", "-"):
        return "+" if (strand == "+") != read.is_reverse else "-"
    return "."
