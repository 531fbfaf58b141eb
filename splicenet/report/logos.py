"""Sequence logos as SVG, for pages that need no network and no font.

Letters are outlines, so that a column of a logo is as tall as its number and as wide as its
neighbours everywhere. Their colours are set by the page's style (classes ``base-A`` to ``base-T``),
which may differ between light and dark.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from numpy.typing import ArrayLike

__all__ = ["glyphs", "information_heights", "letters"]

_LETTERS = "ACGT"
_FONT = FontProperties(family="DejaVu Sans", weight="bold")
_LEAST = 0.004
"""Share of a logo's height below which a letter is not drawn."""
_GAP = 0.06
"""Share of a column left free beside its letter."""


def glyphs() -> str:
    """Outlines that :func:`letters` refers to; once a page, each in a square of side 1."""
    return "".join(f'<path id="glyph-{letter}" d="{_outline(letter)}"/>' for letter in _LETTERS)


@lru_cache
def _outline(letter: str) -> str:
    text = TextPath((0, 0), letter, size=100, prop=_FONT)
    box = text.get_extents()
    parts = []
    for points, code in text.iter_segments(curves=True, simplify=False):
        places = points.reshape(-1, 2)
        x = (places[:, 0] - box.x0) / box.width
        y = 1 - (places[:, 1] - box.y0) / box.height
        numbers = " ".join(f"{a:.3f} {b:.3f}" for a, b in zip(x, y, strict=True))
        names = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}
        parts.append("Z" if code == Path.CLOSEPOLY else names[code] + numbers)
    return "".join(parts)


def information_heights(probabilities: np.ndarray, background: ArrayLike) -> np.ndarray:
    """Heights of a classical logo: each base's share of its position's bits.

    Parameters
    ----------
    probabilities
        (positions, 4).
    background
        Probabilities of A, C, G and T.

    Returns
    -------
    numpy.ndarray
        (positions, 4), bits, none negative.
    """
    ratio = np.where(probabilities > 0, probabilities, 1.0) / np.asarray(background)
    bits = (probabilities * np.log2(np.where(probabilities > 0, ratio, 1.0))).sum(axis=1)
    return probabilities * np.maximum(bits, 0)[:, None]


def letters(
    heights: np.ndarray, *, column: float, up: float, down: float = 0.0, top: float | None = None
) -> str:
    """Stacked letters, the tallest on top, in a drawing whose first row is y = 0.

    Parameters
    ----------
    heights
        (positions, 4); negative ones hang below the line.
    column
        Width of a position.
    up, down
        Room above and below the line.
    top
        The number that fills the room above; without it the tallest column's sum does.

    Returns
    -------
    str
        SVG elements; the line lies at ``y = up``.
    """
    positive = np.maximum(heights, 0).sum(axis=1).max(initial=0)
    scale = up / (top or float(positive) or 1.0)
    drawn = []
    for position, row in enumerate(heights):
        above = below = up
        for base in np.argsort(np.abs(row), kind="stable"):
            height = abs(float(row[base])) * scale
            if height < _LEAST * up:
                continue
            if row[base] > 0:
                above -= height
                y = above
            else:
                height = min(height, up + down - below)
                y, below = below, below + height
            x = (position + _GAP / 2) * column
            shape = f"translate({x:.1f} {y:.1f}) scale({column * (1 - _GAP):.2f} {height:.2f})"
            letter = _LETTERS[base]
            drawn.append(f'<use href="#glyph-{letter}" class="base-{letter}" transform="{shape}"/>')
    return "".join(drawn)
