"""The largest changes between the scores of a reference and of a changed sequence.

Scores lie base by base of the reference, in plus-strand order; offsets are in its bases.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from splicenet.genome.intervals import Strand
from splicenet.genome.labels import KINDS

__all__ = ["CHANGES", "CHANGES_OF", "Effect", "largest_changes"]

CHANGES = ("AG", "AL", "DG", "DL")
"""Acceptor gain, acceptor loss, donor gain, donor loss."""

CHANGES_OF = tuple((KINDS.index(kind), sign) for kind in KINDS[::-1] for sign in (1, -1))
"""The same, as rows of scores and the sign of the change."""

_ROWS = np.array([kind for kind, _ in CHANGES_OF])
_SIGNS = np.array([[sign] for _, sign in CHANGES_OF], np.float32)
_EVERY = np.arange(len(CHANGES))
_DIGITS = 6


class Effect(NamedTuple):
    """The four largest changes on one strand, in the order of :data:`CHANGES`.

    ``scores`` are the changes, 0 to 1; ``offsets`` where they happen, in bases from the query's
    origin, on the plus strand; ``ref`` and ``alt`` the calibrated probabilities there.
    """

    symbol: str
    strand: Strand
    scores: tuple[float, ...]
    offsets: tuple[int, ...]
    ref: tuple[float, ...]
    alt: tuple[float, ...]


def largest_changes(
    symbol: str,
    strand: Strand,
    ref: np.ndarray,
    alt: np.ndarray,
    start: int,
    allowed: np.ndarray | None = None,
) -> Effect:
    """The four largest changes between two rows of scores.

    Parameters
    ----------
    symbol, strand
        Passed on.
    ref, alt
        Scores, (2, bases): donor, acceptor, base by base of the reference.
    start
        Offset of the first base.
    allowed
        Which changes count, (4, bases), in the order of :data:`CHANGES`; the others are 0. Of
        equal changes the one nearest to offset 0 is taken.
    """
    offsets = np.arange(start, start + ref.shape[-1])
    changes = np.maximum(_SIGNS * (alt - ref)[_ROWS], 0)
    if allowed is not None:
        changes = changes * allowed
    most = changes.max(axis=1, keepdims=True)
    at = np.where(changes == most, np.abs(offsets), offsets.size + abs(start)).argmin(axis=1)
    found = np.stack([changes[_EVERY, at], ref[_ROWS, at], alt[_ROWS, at]]).astype(float)
    scores, refs, alts = map(tuple, found.round(_DIGITS).tolist())
    return Effect(symbol, strand, scores, tuple(offsets[at].tolist()), refs, alts)
