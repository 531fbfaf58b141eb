"""Parts of the explanation's page: logos at the site, motifs away from it, curves of trust."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np
import pandas as pd

from splicenet.attribution.faithfulness import RANDOM, Curves
from splicenet.attribution.findings import Findings
from splicenet.attribution.motifs import Found
from splicenet.attribution.sitemotif import SPANS
from splicenet.genome.intervals import Kind
from splicenet.genome.meme import Motif
from splicenet.report.charts import curves, histogram, svg, text
from splicenet.report.logos import information_heights, letters

__all__ = ["curve_cards", "motif_cards", "place_name", "summary_card"]

_WIDTH, _TALL, _HANG = 400.0, 92.0, 10.0
_SHOWN_MATCHES = 3


def place_name(kind: Kind, offset: int) -> str:
    """Name a base as the field does: -1 and +1 are the two beside the splice, there is no 0."""
    exon_first = 1 if kind == "donor" else 0
    number = offset - exon_first if offset < exon_first else offset - exon_first + 1
    return f"{number:+d}".replace("-", "\N{MINUS SIGN}")


def summary_card(findings: Findings, unit: str) -> str:
    """The site's logos, one above the other, with the splice between them.

    ``unit`` is that of saliency.
    """
    kind, background = findings.kind, findings.background
    first, last = SPANS[kind]
    column = _WIDTH / (last - first)
    by_saliency, counted = (
        information_heights(motif.probabilities, background)
        for motif in (findings.motif, findings.counted)
    )
    bits = max(float(matrix.sum(axis=1).max()) for matrix in (by_saliency, counted))
    rows = (
        (f"mean saliency, {unit}", findings.contributions, None),
        ("motif by saliency, bits", by_saliency, bits),
        (f"{'annotation' if findings.annotation else 'these sites'} counted, bits", counted, bits),
    )
    drawn, y = [], 16.0
    for words, matrix, top in rows:
        shape = letters(matrix, column=column, up=_TALL, down=_HANG, top=top)
        drawn.append(text(0, y - 4, words, kind="tiny"))
        drawn.append(f'<g transform="translate(0 {y})">{shape}</g>')
        drawn.append(f'<path d="M0 {y + _TALL}H{_WIDTH}" class="axis"/>')
        y += _TALL + 30
    bottom = y - 16
    drawn.append(_places(kind, column, bottom + 14))
    drawn.append(_gene_bar(kind, column, bottom + 24))
    chart = svg(_WIDTH, bottom + 38, "".join(drawn), label=f"Logos of {kind}s")
    one = findings.agreement
    note = (
        f"{len(findings.sites):,} sites; {findings.counted.sites:,} counted. Correlation of the "
        f"two motifs {one.correlation:.3f}, of their information by position "
        f"{one.information_correlation:.3f}; {one.information:.1f} bits by saliency, "
        f"{one.counted_information:.1f} counted."
    )
    return _card(kind, f"{kind.capitalize()}s", chart, note)


def _places(kind: Kind, column: float, y: float) -> str:
    """Names of the positions, as many as have room."""
    first, last = SPANS[kind]
    splice = (1 if kind == "donor" else 0) - first
    wide = column > 24
    drawn = []
    for index in range(last - first):
        from_splice = index - splice
        if wide:
            anchor = "middle"
        elif from_splice in (-1, 0):  # two names side by side need more room than their columns
            anchor = "end" if from_splice < 0 else "start"
        elif from_splice % 5 == 0 and from_splice < 0:
            anchor = "middle" if index else "start"
        else:
            continue
        x = (index + (0.5 if anchor == "middle" else float(anchor == "end"))) * column
        drawn.append(text(x, y, place_name(kind, first + index), anchor=anchor, kind="tiny"))
    return "".join(drawn)


def _gene_bar(kind: Kind, column: float, y: float) -> str:
    """The exon as a bar, the intron as a line."""
    first, last = SPANS[kind]
    splice = ((1 if kind == "donor" else 0) - first) * column
    width = (last - first) * column
    left, right = (0.0, splice) if kind == "donor" else (splice, width)
    return (
        f'<path d="M0 {y + 5}H{width:.1f}" class="intron"/>'
        f'<rect x="{left:.1f}" y="{y}" width="{right - left:.1f}" height="10" class="exon {kind}"/>'
    )


def motif_cards(findings: Findings) -> Iterator[str]:
    """A card for every motif found away from the site."""
    reach = findings.centre
    for found in findings.motifs:
        matches = findings.matches[findings.matches["query"] == found.motif.name]
        yield _motif_card(findings, found, matches.head(_SHOWN_MATCHES), reach)


def _motif_card(findings: Findings, found: Found, matches: pd.DataFrame, reach: int) -> str:
    kind, motif = findings.kind, found.motif
    logo = motif_logo(motif, findings.background)
    chart = histogram(found.distance, reach=reach, kind=kind, label="Distance from the site")
    low, middle, high = (
        f"{value:+.0f}".replace("-", "\N{MINUS SIGN}") for value in found.quartiles
    )
    note = (
        f"{motif.sites:,} seqlets; median distance {middle} (middle half {low} to {high}); its "
        f"seed is {found.enrichment:.0f} standard deviations above chance."
    )
    known = "".join(
        f"<tr><td><code>{escape(str(row.target))}</code> {escape(str(row.title))}</td>"
        f"<td><code>{escape(str(row.consensus))}</code></td>"
        f'<td class="number">q = {row.q_value:.2g}</td></tr>'
        for row in matches.itertuples()
    )
    table = f"<table>{known}</table>" if known else ""
    return _card(kind, motif.consensus, logo + chart, note, table)


def motif_logo(motif: Motif, background: np.ndarray) -> str:
    """A motif by itself; two bits fill the height."""
    column, tall = 26.0, 74.0
    heights = information_heights(motif.probabilities, background)
    top = max(2.0, float(heights.sum(axis=1).max()))
    shape = letters(heights, column=column, up=tall, top=top)
    width = max(len(motif), 13) * column
    line = f'<path d="M0 {tall}H{len(motif) * column}" class="axis"/>'
    return svg(width, tall + 8, shape + line, label=f"Logo of {motif.consensus}")


def curve_cards(kind: Kind, one: Curves, score: str) -> Iterator[str]:
    """Deletion and insertion of a score, over the number of bases on a logarithmic axis."""
    points = len(one.share)
    length = round(1 / one.share[1])
    x = np.concatenate([[0], np.linspace(1 / (points - 1), 1, points - 1)])
    bases = np.rint(one.share * length).astype(int)
    ticks = {"0": 0.0}
    for wanted in (1, 10, 100, 1000):
        if wanted <= length:
            ticks[f"{wanted:,}"] = float(np.interp(np.log(wanted), np.log(bases[1:]), x[1:]))
    for row, (what, lines) in enumerate((("hidden", one.deletion), ("shown", one.insertion))):
        gaps = [f"{name}: {one.area(name)[row]:.2f}" for name in lines if name != RANDOM]
        chart = curves(
            list(x),
            {name: list(line) for name, line in lines.items()},
            ticks=ticks,
            across=f"bases {what}, the most important first",
            up=f"mean {score}",
            label=f"Score while bases are {what}",
        )
        note = f"Mean gap to random order, as a share of the whole way: {'; '.join(gaps)}."
        yield _card(kind, f"{kind.capitalize()}s, bases {what}", chart, note)


def _card(kind: Kind, title: str, content: str, note: str, more: str = "") -> str:
    return (
        f'<div class="card {kind}"><h3>{escape(title)}</h3>{content}'
        f'<p class="note">{escape(note)}</p>{more}</div>'
    )
