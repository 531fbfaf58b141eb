"""One self-contained page that explains what a model reads at splice sites.

It opens from disk, needs no network and runs no script; on a narrow screen long drawings scroll by
themselves. Coordinates come in 0-based and are shown counted from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from splicenet.attribution.faithfulness import Curves
from splicenet.attribution.findings import Findings
from splicenet.genome.intervals import Kind
from splicenet.genome.output import atomic
from splicenet.report.charts import bars
from splicenet.report.explained_sites import ExplainedSite, site_card
from splicenet.report.logos import glyphs
from splicenet.report.motif_cards import curve_cards, motif_cards, summary_card

__all__ = ["Explanation", "write_page"]

_STYLE = Path(__file__).with_name("explanation.css")


@dataclass(frozen=True, eq=False)
class Explanation:
    """What goes into the page; what is empty is left out.

    Parameters
    ----------
    title, lead
        The heading, and one sentence below it: what was explained, and how.
    findings
        One a kind of site.
    segments
        By kind: share of the absolute saliency by segment, in the order to show.
    curves
        By kind: faithfulness.
    trust
        Further checks: what was measured, and how it came out.
    sites
        A few, drawn base by base.
    settings
        For the end of the page: the run in names and values.
    score, unit
        What is explained, and what it is measured in.
    """

    title: str
    lead: str
    findings: Sequence[Findings]
    segments: Mapping[Kind, Mapping[str, float]] = field(default_factory=dict)
    curves: Mapping[Kind, Curves] = field(default_factory=dict)
    trust: Mapping[str, str] = field(default_factory=dict)
    sites: Sequence[ExplainedSite] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    score: str = "log-odds"
    unit: str = "nats"


def write_page(path: str | Path, explanation: Explanation) -> None:
    """Write the page.

    Parameters
    ----------
    path
        The HTML file; an existing one is replaced once the new one is whole.
    explanation
        What to show.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    body = "".join(part for part in _sections(explanation) if part)
    with atomic(path) as out:
        out.write(
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(explanation.title)}</title>"
            f"<style>{_STYLE.read_text(encoding='utf-8')}</style></head>\n<body>"
            '<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>'
            f"{glyphs()}</defs></svg>\n{body}</body></html>\n"
        )


def _sections(page: Explanation) -> list[str]:
    return [
        f'<header><h1>{escape(page.title)}</h1><p class="lead">{escape(page.lead)}</p></header>\n',
        _section(
            "At the site",
            f"First what each base adds to the {page.score} on average; then the motif that "
            "saliency shows, in which a base counts as much as it speaks for the site; last all "
            "annotated sites counted plainly, or without an annotation the same sites.",
            _grid((summary_card(one, page.unit) for one in page.findings), shape="pairs"),
        ),
        _section(
            "Where the evidence lies",
            "Share of the absolute saliency by part of the gene.",
            _grid(
                (_segment_card(kind, shares) for kind, shares in page.segments.items()),
                shape="pairs",
            ),
        ),
        *(
            _section(
                f"Motifs away from the {one.kind}",
                "Found among stretches that stand out against dinucleotide-shuffled sequence. "
                "The chart shows where each stands, in bases from the site; the site itself is "
                "left out.",
                _grid(motif_cards(one)),
            )
            for one in page.findings
        ),
        _section(
            "How far to trust it",
            "The bases said to matter are hidden, or shown, first. The further the lines lie from "
            "those of random order, the more these bases decide.",
            _grid(
                (
                    card
                    for kind, one in page.curves.items()
                    for card in curve_cards(kind, one, page.score)
                ),
                shape="pairs",
            )
            + _table(page.trust),
        ),
        _section(
            "Sites, base by base",
            "Letters are as tall as their saliency: those above the line speak for the site, those "
            "below it against. Exons are bars, introns lines.",
            _grid((site_card(one, page.unit) for one in page.sites), shape="wide"),
        ),
        f"<footer><h3>The run</h3>{_table(page.settings)}</footer>" if page.settings else "",
    ]


def _section(title: str, words: str, content: str) -> str:
    """A section, unless it is empty."""
    if not content:
        return ""
    return (
        f"<section><h2>{escape(title)}</h2><p class='lead'>{escape(words)}</p>{content}</section>\n"
    )


def _grid(cards: Iterable[str], *, shape: str = "grid") -> str:
    joined = "".join(cards)
    return f'<div class="{shape}">{joined}</div>' if joined else ""


def _segment_card(kind: Kind, shares: Mapping[str, float]) -> str:
    chart = bars(shares, kind=kind, label=f"Saliency of {kind}s by segment")
    return f'<div class="card {kind}"><h3>{kind.capitalize()}s</h3>{chart}</div>'


def _table(rows: Mapping[str, str]) -> str:
    if not rows:
        return ""
    cells = "".join(
        f'<tr><th>{escape(name)}</th><td class="value">{escape(value)}</td></tr>'
        for name, value in rows.items()
    )
    return f'<div class="card" style="margin-top:1rem"><table>{cells}</table></div>'
