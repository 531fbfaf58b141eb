"""Small charts as SVG for a page: bars, curves, histograms.

Colours and fonts come from the page's style by class, so that a chart follows light and dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

__all__ = ["bars", "curves", "histogram", "svg", "text"]

_NEAR_END = 0.95
"""Of an axis: half the name of a tick would lie beyond it."""


def svg(width: float, height: float, content: str, *, label: str, scrolls: bool = False) -> str:
    """A drawing as wide as its column; one that ``scrolls`` keeps its size on a narrow screen."""
    size = f' style="width:{width:.0f}px;max-width:none"' if scrolls else ""
    box = f'viewBox="0 0 {width:.1f} {height:.1f}"'
    return f'<svg {box} role="img" aria-label="{escape(label)}"{size}>{content}</svg>'


def text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "") -> str:
    """Words at a place."""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} class="{kind}">{escape(words)}</text>'


def bars(shares: Mapping[str, float], *, kind: str, label: str) -> str:
    """Horizontal bars of shares of 1, with their names above them."""
    width, pitch = 340.0, 34.0
    largest = max(shares.values(), default=1.0) or 1.0
    drawn = []
    for row, (name, share) in enumerate(shares.items()):
        y = row * pitch
        length = max((width - 50) * share / largest, 1.0)
        drawn.append(text(0, y + 11, name, kind="small"))
        drawn.append(
            f'<rect x="0" y="{y + 16}" width="{length:.1f}" height="11" rx="2" class="{kind}"/>'
        )
        drawn.append(text(length + 6, y + 26, f"{share:.0%}", kind="small strong"))
    return svg(width, len(shares) * pitch, "".join(drawn), label=label)


def histogram(values: np.ndarray, *, reach: int, kind: str, label: str) -> str:
    """How often a motif stands at which distance; the site is the line in the middle."""
    width, height, base = 340.0, 66.0, 46.0
    counts, _ = np.histogram(values, bins=68, range=(-reach, reach))
    pitch = width / len(counts)
    top = counts.max(initial=1)
    drawn = [
        f'<rect x="{i * pitch:.1f}" y="{base - 44 * n / top:.1f}" width="{pitch - 0.8:.1f}" '
        f'height="{44 * n / top:.1f}" class="{kind}"/>'
        for i, n in enumerate(counts)
        if n
    ]
    drawn.append(f'<path d="M0 {base}H{width}M{width / 2} 0V{base + 4}" class="axis"/>')
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        distance = round((2 * share - 1) * reach)
        anchor = {0.0: "start", 1.0: "end"}.get(share, "middle")
        words = "site" if distance == 0 else f"{distance:+d}".replace("-", "\N{MINUS SIGN}")
        drawn.append(text(share * width, base + 17, words, anchor=anchor, kind="tiny"))
    return svg(width, height, "".join(drawn), label=label)


def curves(
    x: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    *,
    ticks: Mapping[str, float],
    across: str,
    up: str,
    label: str,
) -> str:
    """Lines over a common axis from 0 to 1, with their names below.

    Parameters
    ----------
    x
        Places from 0 to 1.
    lines
        Heights by name; classes ``line-0``, ``line-1`` ... in this order.
    ticks
        Places on the axis by what to write there.
    across, up
        Names of the axes.
    label
        For those who cannot see it.
    """
    left, right, top, bottom = 44.0, 330.0, 22.0, 160.0
    values = np.concatenate([np.asarray(line, float) for line in lines.values()])
    low, high = float(values.min()), float(values.max())
    low, high = low - 0.04 * (high - low), high + 0.04 * (high - low) or 1.0

    def across_at(place: float) -> float:
        return left + place * (right - left)

    def up_at(value: float) -> float:
        return bottom - (value - low) / (high - low or 1.0) * (bottom - top)

    drawn = [text(0, 11, up, kind="tiny")]
    for tick in _round_ticks(low, high):
        y = up_at(tick)
        drawn.append(f'<path d="M{left} {y:.1f}H{right}" class="grid"/>')
        drawn.append(
            text(
                left - 6,
                y + 4,
                f"{tick:g}".replace("-", "\N{MINUS SIGN}"),
                anchor="end",
                kind="tiny",
            )
        )
    for words, place in ticks.items():
        anchor = "end" if place > _NEAR_END else "middle"
        drawn.append(text(across_at(place), bottom + 16, words, anchor=anchor, kind="tiny"))
    drawn.append(text(right, bottom + 32, across, anchor="end", kind="tiny"))
    for number, line in enumerate(lines.values()):
        points = " ".join(
            f"{across_at(a):.1f},{up_at(b):.1f}" for a, b in zip(x, line, strict=True)
        )
        drawn.append(f'<polyline points="{points}" class="line line-{number}"/>')
    for number, name in enumerate(lines):
        y = bottom + 52 + 18 * number
        drawn.append(f'<path d="M{left} {y - 4}h24" class="line line-{number}"/>')
        drawn.append(text(left + 32, y, name, kind="small"))
    return svg(340, bottom + 44 + 18 * len(lines), "".join(drawn), label=label)


def _round_ticks(low: float, high: float) -> np.ndarray:
    """Three to six round numbers between two."""
    rough = (high - low) / 4 or 1.0
    unit = 10.0 ** np.floor(np.log10(rough))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= rough)
    return np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step + 0.0
