"""What the network reads at the site itself, and whether that is what the annotation shows.

The motif of a kind of site is counted base by base like any matrix, but every base of every
sequence counts as much as it speaks for the site. Where nothing speaks for it, the background is
left.

Positions are 0-based, in reading direction.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from splicenet.genome.intervals import Kind
from splicenet.genome.meme import Motif

__all__ = ["REACH", "SPANS", "Agreement", "agreement", "counted_motif", "information", "site_motif"]

SPANS: dict[Kind, tuple[int, int]] = {"donor": (-2, 7), "acceptor": (-20, 3)}
"""First and one past the last base of a site's motif, counted from the labelled base."""
REACH = max(max(-first, end) for first, end in SPANS.values())
"""Bases on either side of a site in which its motif lies."""

_FLOOR = 0.1
"""Share of the strongest position's saliency that the background gets at every position."""
_PSEUDOCOUNT = 1.0


class Agreement(NamedTuple):
    """How alike two matrices of one shape are.

    ``correlation`` is Pearson's over all probabilities, ``information_correlation`` over the
    information of the positions; ``information`` and ``counted_information`` are bits in all.
    """

    correlation: float
    information_correlation: float
    information: float
    counted_information: float


def site_motif(
    codes: np.ndarray,
    actual: np.ndarray,
    *,
    kind: Kind,
    centre: int,
    background: np.ndarray,
    span: tuple[int, int] | None = None,
) -> Motif:
    """The motif that saliency shows round the sites of one kind.

    Parameters
    ----------
    codes, actual
        Windows and the saliency of their bases, (N, L).
    kind
        Names the motif.
    centre
        Index of the labelled base.
    background
        Probabilities of A, C, G and T away from sites, (4,).
    span
        Instead of the kind's :data:`SPANS`.
    """
    first, last = SPANS[kind] if span is None else span
    part = slice(centre + first, centre + last)
    weights = np.maximum(actual[:, part], 0)
    letters = codes[:, part, None] == np.arange(4)
    counts = (weights[..., None] * letters).sum(axis=0)
    floor = _FLOOR * counts.sum(axis=1).max() or 1.0
    return Motif(f"{kind}_site", counts + floor * background, len(codes), kind)


def counted_motif(
    codes: np.ndarray,
    *,
    kind: Kind,
    centre: int,
    background: np.ndarray,
    span: tuple[int, int] | None = None,
) -> Motif:
    """The usual matrix of the same windows: bases counted, all alike; as :func:`site_motif`."""
    first, last = SPANS[kind] if span is None else span
    letters = codes[:, centre + first : centre + last, None] == np.arange(4)
    counts = letters.sum(axis=0) + _PSEUDOCOUNT * background
    return Motif(f"{kind}_counted", counts, len(codes), kind)


def information(motif: Motif, background: np.ndarray) -> np.ndarray:
    """Bits of every position against the background: relative entropy, (positions,)."""
    p = motif.probabilities
    ratio = np.where(p > 0, p, 1.0) / background
    return (p * np.log2(np.where(p > 0, ratio, 1.0))).sum(axis=1)


def agreement(motif: Motif, counted: Motif, background: np.ndarray) -> Agreement:
    """Compare a motif with the matrix counted at the same positions.

    Raises
    ------
    ValueError
        If they differ in width.
    """
    if len(motif) != len(counted):
        raise ValueError(f"motifs of {len(motif)} and {len(counted)} positions cannot be compared")
    ours, theirs = information(motif, background), information(counted, background)
    return Agreement(
        _pearson(motif.probabilities.ravel(), counted.probabilities.ravel()),
        _pearson(ours, theirs),
        float(ours.sum()),
        float(theirs.sum()),
    )


def _pearson(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / scale) if scale > 0 else float("nan")
