"""Predicted introns in files that browsers and bedtools open.

Coordinates are 0-based half-open, and 1-based with the end included in GFF3 alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from operator import attrgetter
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import quote

from splicenet.genome.introns import Chain
from splicenet.genome.rows import RowWriter

__all__ = ["IntronForm", "write_introns"]

IntronForm = Literal["bed", "bed12", "gff3"]

_OUTER = 50
"""Bases drawn for a transcript's first and last exon, whose far ends are unknown."""
_CONTIG_SAFE = "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"


class _Row(NamedTuple):
    start: int
    end: int
    text: str


def write_introns(
    path: str | Path,
    chains: Iterable[Chain],
    lengths: Mapping[str, int],
    *,
    form: IntronForm = "bed",
    header: Sequence[str] = (),
) -> None:
    """Write introns, or the chains they form, sorted by position.

    Parameters
    ----------
    path
        The file; ``-`` for standard output; ``.gz`` means bgzip with a tabix index.
    chains
        In any order; asked for when the file is open, so that they may take long to find.
    lengths
        Length in bases of every contig, in the order in which they are written.
    form
        ``"bed"``: BED6, one line an intron, ``round(1000 * score)`` as its score. ``"bed12"``: one
        line a chain, its exons as blocks, with 50 bases for the outer ones, whose ends
        are unknown; its score is that of its least certain intron. ``"gff3"``: a ``transcript`` a
        chain with its ``exon`` and ``intron`` rows; the score of an intron is its probability.
    header
        Comment lines, without ``#``.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    rows_of = _FORMS[form]
    columns = {"start": 3, "end": 4, "zero_based": False} if form == "gff3" else {}
    with RowWriter(path, **columns) as out:  # type: ignore[arg-type]
        by_contig: dict[str, list[Chain]] = {}
        for chain in chains:
            by_contig.setdefault(chain.contig, []).append(chain)
        if form == "gff3":
            out.write("##gff-version 3")
        for comment in header:
            out.write(f"#{comment}")
        names = (f"chain{number}" for number in count(1))
        for contig, length in lengths.items():
            ordered = sorted(by_contig.get(contig, ()), key=attrgetter("start", "end"))
            rows = [row for chain in ordered for row in rows_of(chain, length, next(names))]
            for row in sorted(rows, key=attrgetter("start")):
                out.write(row.text, row.end)


def _bed(chain: Chain, _length: int, name: str) -> Iterator[_Row]:
    for intron in chain:
        span, score = intron.junction, round(1000 * intron.score)
        text = f"{span.contig}\t{span.start}\t{span.end}\t{name}\t{score}\t{span.strand}"
        yield _Row(span.start, span.end, text)


def _bed12(chain: Chain, length: int, name: str) -> Iterator[_Row]:
    exons = _exons(chain, length)
    start, end = exons[0][0], exons[-1][1]
    score = round(1000 * min(intron.score for intron in chain))
    sizes = ",".join(str(right - left) for left, right in exons)
    starts = ",".join(str(left - start) for left, _ in exons)
    text = (
        f"{chain.contig}\t{start}\t{end}\t{name}\t{score}\t{chain.strand}\t{start}\t{start}\t0"
        f"\t{len(exons)}\t{sizes}\t{starts}"
    )
    yield _Row(start, end, text)


def _gff3(chain: Chain, length: int, name: str) -> Iterator[_Row]:
    contig = quote(chain.contig, safe=_CONTIG_SAFE)
    exons = _exons(chain, length)

    def row(kind: str, start: int, end: int, score: str, attributes: str) -> _Row:
        place = f"{contig}\tsplicenet\t{kind}\t{start + 1}\t{end}"
        return _Row(start, end, f"{place}\t{score}\t{chain.strand}\t.\t{attributes}")

    least = min(intron.score for intron in chain)
    yield row("transcript", exons[0][0], exons[-1][1], f"{least:.4g}", f"ID={name}")
    for start, end in exons:
        yield row("exon", start, end, ".", f"Parent={name}")
    for intron in chain:
        span = intron.junction
        yield row("intron", span.start, span.end, f"{intron.score:.4g}", f"Parent={name}")


def _exons(chain: Chain, length: int) -> list[tuple[int, int]]:
    """Exons between the introns, and a stub at either end."""
    starts = [max(chain.start - _OUTER, 0), *(intron.junction.end for intron in chain)]
    ends = [*(intron.junction.start for intron in chain), min(chain.end + _OUTER, length)]
    return list(zip(starts, ends, strict=True))


_FORMS: Mapping[IntronForm, Callable[[Chain, int, str], Iterator[_Row]]] = {
    "bed": _bed,
    "bed12": _bed12,
    "gff3": _gff3,
}
