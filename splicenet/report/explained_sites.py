"""A site drawn base by base, with what the annotation says around it.

Offsets are in reading direction from the labelled base.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import isnan

import numpy as np

from splicenet.genome.intervals import Kind, Site, Transcript
from splicenet.report.charts import svg, text
from splicenet.report.logos import letters
from splicenet.report.motif_cards import place_name

__all__ = ["ExplainedSite", "exons_around", "is_annotated", "site_card"]

_SHOWN: dict[Kind, tuple[int, int]] = {"donor": (-29, 51), "acceptor": (-60, 20)}
_COLUMN, _UP, _DOWN = 11.0, 96.0, 34.0
_EDGE = 16.0
"""Room that half the name of a base needs."""
_LEGIBLE = 1.0
"""Least saliency, in nats, that fills the height: a site of which little can be said looks so."""


@dataclass(frozen=True, eq=False)
class ExplainedSite:
    """A site and the saliency around it.

    Parameters
    ----------
    site
        With its calibrated probability as score; NaN where what was explained has none.
    codes, actual
        Its window, (L,), and the saliency of the bases in it.
    centre
        Index of the site.
    exons
        Annotated exons, ``[first, last)`` in offsets from the site.
    annotated
        Whether the annotation has this site; None without an annotation.
    """

    site: Site
    codes: np.ndarray
    actual: np.ndarray
    centre: int
    exons: Sequence[tuple[int, int]] = ()
    annotated: bool | None = None


def exons_around(
    site: Site, transcripts: Sequence[Transcript], *, reach: int
) -> list[tuple[int, int]]:
    """Annotated exons on the site's strand within ``reach``, in offsets; overlaps joined."""
    spans = []
    for one in transcripts:
        if one.contig == site.contig and one.strand == site.strand:
            for start, end in one.exons:
                if site.strand == "-":
                    spans.append((site.position - end + 1, site.position - start + 1))
                else:
                    spans.append((start - site.position, end - site.position))
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if last <= -reach or first >= reach:
            continue
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return joined


def is_annotated(site: Site, transcripts: Sequence[Transcript]) -> bool:
    """Whether an intron of a transcript begins, or ends, at the site."""
    first = (site.kind == "donor") == (site.strand == "+")  # of the intron, on the plus strand
    return any(
        site.position == (intron.start - 1 if first else intron.end)
        for one in transcripts
        if one.contig == site.contig and one.strand == site.strand
        for intron in one.introns
    )


def site_card(one: ExplainedSite, unit: str) -> str:
    """A card with the drawing in a ``unit``; it scrolls where it is wider than the screen."""
    kind = one.site.kind
    first, last = _SHOWN[kind]
    first, last = max(first, -one.centre), min(last, len(one.codes) - one.centre)
    part = slice(one.centre + first, one.centre + last)
    heights = (one.codes[part, None] == np.arange(4)) * one.actual[part, None]
    top = max(_tallest(heights), _LEGIBLE) if unit == "nats" else _tallest(heights) or 1.0
    width, line = (last - first) * _COLUMN, _UP + 4
    shape = letters(heights, column=_COLUMN, up=_UP, down=_DOWN, top=top)
    splice = ((1 if kind == "donor" else 0) - first) * _COLUMN
    drawn = [
        f'<path d="M{splice:.1f} 0V{line + _DOWN + 40}" class="mark"/>',
        f'<g transform="translate(0 4)">{shape}</g>',
        f'<path d="M0 {line}H{width}" class="axis"/>',
        _annotation(one, first, last, line + _DOWN + 10),
    ]
    for offset in range(first, last):
        name = place_name(kind, offset)
        if int(name.replace("\N{MINUS SIGN}", "-")) % 10 == 0 or name in ("+1", "\N{MINUS SIGN}1"):
            x = (offset - first + 0.5) * _COLUMN
            anchor = {"+1": "start", "\N{MINUS SIGN}1": "end"}.get(name, "middle")
            if x < _EDGE:
                anchor, x = "start", 0.0
            elif x > width - _EDGE:
                anchor, x = "end", width
            drawn.append(text(x, line + _DOWN + 42, name, anchor=anchor, kind="tiny"))
    place = f"{one.site.contig}:{one.site.position + 1:,} ({one.site.strand})"
    picture = svg(width, line + _DOWN + 48, "".join(drawn), label=place, scrolls=True)
    words = [] if isnan(one.site.score) else [f"probability {one.site.score:.3f}"]
    if one.annotated is not None:
        words.append("annotated" if one.annotated else "not annotated")
    tallest = f"the tallest letter is {_tallest(heights):.3g} {unit}"
    note = "; ".join([", ".join(words), tallest]).lstrip("; ")
    return (
        f'<div class="card {kind}"><h3>{kind.capitalize()} {escape(place)}</h3>'
        f'<div class="scroll">{picture}</div><p class="note">{note}</p></div>'
    )


def _tallest(heights: np.ndarray) -> float:
    return float(np.abs(heights).max(initial=0))


def _annotation(one: ExplainedSite, first: int, last: int, y: float) -> str:
    """Exons as bars on a line that runs from the first to the last of them."""
    if not one.exons:
        return ""
    width = (last - first) * _COLUMN
    begin = max((one.exons[0][0] - first) * _COLUMN, 0)
    end = min((one.exons[-1][1] - first) * _COLUMN, width)
    drawn = [f'<path d="M{begin:.1f} {y + 6}H{end:.1f}" class="intron"/>']
    for left, right in one.exons:
        left, right = max(left, first), min(right, last)
        if left < right:
            x = (left - first) * _COLUMN
            size = (right - left) * _COLUMN
            drawn.append(
                f'<rect x="{x:.1f}" y="{y}" width="{size:.1f}" height="12" rx="1.5" '
                f'class="exon {one.site.kind}"/>'
            )
    return "".join(drawn)
