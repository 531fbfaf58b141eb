"""A picture of one gene: its transcripts, and the splice sites that were predicted there.

Coordinates come in 0-based half-open. The axis counts from 1, as genome browsers do: the base at
``position`` is drawn at ``position + 1`` and takes half a unit on either side.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from splicenet.genome.intervals import Interval, Kind, Site, Transcript
from splicenet.report.pictures import canvas

__all__ = ["gene_picture"]

_COLOURS: dict[Kind, str] = {"donor": "#0072B2", "acceptor": "#D55E00"}
_INK = "0.25"
_ARROWS = 40  # as many direction marks as fit the width of the picture
_MOST_TRANSCRIPTS = 12

_SiteKey = tuple[int, str, Kind]


def gene_picture(
    path: str | Path,
    *,
    transcripts: Sequence[Transcript],
    sites: Sequence[Site],
    region: Interval,
    title: str,
) -> None:
    """Draw annotated transcripts above and predicted sites below.

    Stems point up on the plus strand and down on the minus strand, as long as the probability.
    A filled head is a call that the annotation knows, an open head one that it does not, and a
    cross on the line an annotated site that was not called.

    Parameters
    ----------
    path
        Where to; the ending names the format.
    transcripts
        The annotation; what lies outside the region is left out.
    sites
        The calls, 0-based positions, scores from 0 to 1.
    region
        What to show, 0-based half-open.
    title
        Put above.

    Raises
    ------
    OutputError
        If the picture cannot be written.
    """
    shown = [
        transcript
        for transcript in transcripts
        if region.overlaps(Interval(transcript.contig, transcript.start, transcript.end))
    ]
    # Neighbours that only reach in are the first to go.
    shown.sort(key=lambda one: max(region.start - one.start, 0) + max(one.end - region.end, 0))
    drawn = sorted(shown[:_MOST_TRANSCRIPTS], key=lambda one: (one.start, one.end))
    lanes = 0.5 + 0.24 * max(len(drawn), 1)
    with canvas(path, width=10, height=lanes + 3.4) as figure:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(lanes, 2.9))
        _draw_transcripts(above, drawn, region, hidden=len(shown) - len(drawn))
        _draw_sites(below, _annotated(shown, region), sites, region)
        above.set_title(title, loc="left", fontsize="medium")
        below.set_xlabel(f"position on {region.contig}")


def _annotated(transcripts: Sequence[Transcript], region: Interval) -> set[_SiteKey]:
    introns = [
        (intron, transcript.strand) for transcript in transcripts for intron in transcript.introns
    ]
    keys: set[_SiteKey] = {(intron.donor, strand, "donor") for intron, strand in introns}
    keys |= {(intron.acceptor, strand, "acceptor") for intron, strand in introns}
    return {key for key in keys if region.start <= key[0] < region.end}


def _draw_transcripts(
    axes: Axes, transcripts: Sequence[Transcript], region: Interval, *, hidden: int
) -> None:
    """Draw thick exons, thin introns, and arrow heads in the direction of transcription."""
    pace = len(region) / _ARROWS
    for lane, transcript in enumerate(transcripts):
        height = -lane
        axes.hlines(height, transcript.start + 0.5, transcript.end + 0.5, color=_INK, linewidth=0.9)
        head = {"+": ">", "-": "<"}.get(transcript.strand, "|")
        for intron in transcript.introns:
            left, right = max(intron.start, region.start), min(intron.end, region.end)
            count = max(int((right - left) / pace), 0)
            spots = [left + (i + 0.5) * (right - left) / count for i in range(count)]
            axes.plot(spots, [height] * count, head, color=_INK, markersize=3.2)
        spans = [(start + 0.5, end - start) for start, end in transcript.exons]
        axes.broken_barh(spans, (height - 0.3, 0.6), color=_INK, linewidth=0.5)
        axes.annotate(
            f"{transcript.name} ({transcript.strand})",
            (max(transcript.start, region.start), height),
            xytext=(-4, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=7,
            annotation_clip=False,
        )
    if hidden:
        axes.annotate(f"and {hidden} more", (0, 0), xycoords="axes fraction", fontsize=7, va="top")
    axes.set(ylim=(-max(len(transcripts), 1) + 0.4, 0.6), yticks=[])
    axes.spines[:].set_visible(False)
    axes.tick_params(bottom=False, labelbottom=False)


def _draw_sites(
    axes: Axes, annotated: set[_SiteKey], sites: Sequence[Site], region: Interval
) -> None:
    axes.axhline(0, color=_INK, linewidth=0.8)
    called: set[_SiteKey] = set()
    for site in sites:
        if site.contig != region.contig or not region.start <= site.position < region.end:
            continue
        key = (site.position, site.strand, site.kind)
        called.add(key)
        height = -site.score if site.strand == "-" else site.score
        colour = _COLOURS[site.kind]
        axes.vlines(site.position + 1, 0, height, color=colour, linewidth=1.3)
        face = colour if key in annotated else "white"
        axes.plot(
            site.position + 1, height, "o", color=colour, markerfacecolor=face, markersize=5.5
        )
    for position, strand, kind in annotated - called:
        height = -0.07 if strand == "-" else 0.07
        axes.plot(
            position + 1, height, "x", color=_COLOURS[kind], markersize=6, markeredgewidth=1.6
        )
    ticks = (-1, -0.5, 0, 0.5, 1)
    axes.set(xlim=(region.start + 0.5, region.end + 0.5), ylim=(-1.15, 1.15), ylabel="probability")
    axes.set_yticks(ticks, [f"{abs(tick):g}" for tick in ticks])
    for y, side in ((0.97, "plus strand"), (0.03, "minus strand")):
        axes.text(
            0.006, y, side, transform=axes.transAxes, fontsize=8, color="0.4",
            va="top" if y > 0.5 else "bottom",
        )  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda position, _: f"{position:,.0f}"))
    axes.grid(axis="y", color="0.92")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(
        handles=_legend(), ncols=5, frameon=False, fontsize=8,
        loc="upper center", bbox_to_anchor=(0.5, -0.17),
    )  # fmt: skip


def _legend() -> list[Line2D]:
    colours = [
        Line2D([], [], color=colour, linewidth=3, label=kind) for kind, colour in _COLOURS.items()
    ]
    marks = (("o", _INK, "called"), ("o", "white", "called, not annotated"), ("x", _INK, "missed"))
    heads = [
        Line2D([], [], color=_INK, marker=mark, markerfacecolor=face, linestyle="", label=label)
        for mark, face, label in marks
    ]
    return colours + heads
