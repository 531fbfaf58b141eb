"""The bases round a splice site that the classical models read, and how they read them.

Both baselines are sums of table look-ups: a table of ``k`` bases, laid at some offset of the
window, adds its value to the score. Positions are 0-based along a stretch as it is read, so that
the minus strand comes as its reverse complement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from splicenet.genome.alphabet import N
from splicenet.genome.intervals import Kind
from splicenet.genome.spectrum import word_numbers

__all__ = [
    "WINDOWS",
    "Baseline",
    "Table",
    "Window",
    "score_windows",
    "site_windows",
]


class Window(NamedTuple):
    """``before`` bases lie before the labelled one; ``width`` is counted with it."""

    before: int
    width: int


WINDOWS: dict[Kind, Window] = {
    "donor": Window(before=2, width=9),  # 3 bases of exon, 6 of intron
    "acceptor": Window(before=20, width=23),  # 20 bases of intron, 3 of exon
}


class Table(NamedTuple):
    """Scores in bits of the words at ``offset`` of a window, shape ``(4,) * word length``."""

    offset: int
    bits: np.ndarray


def site_windows(codes: np.ndarray, positions: np.ndarray, kind: Kind) -> np.ndarray:
    """The windows round labelled bases.

    Parameters
    ----------
    codes
        A stretch as read, shape ``(length,)``, dtype uint8.
    positions
        Labelled bases in it, 0-based: the exon's last (donor) or first (acceptor).
    kind
        Which window to cut.

    Returns
    -------
    numpy.ndarray
        Codes 0 to 3, shape ``(n, width)``, dtype uint8. Windows that hold an ``N`` or reach past
        an end are left out, so ``n`` may be smaller than the number of positions.
    """
    window = WINDOWS[kind]
    starts = np.asarray(positions, dtype=np.int64) - window.before
    starts = starts[(starts >= 0) & (starts + window.width <= codes.size)]
    found = codes[starts[:, None] + np.arange(window.width)]
    return found[(found < N).all(axis=1)]


def score_windows(codes: np.ndarray, kind: Kind, tables: Sequence[Table]) -> np.ndarray:
    """Sum the tables over the window of every base of a stretch.

    Returns
    -------
    numpy.ndarray
        Bits, shape ``(codes.size,)``, dtype float32, at the base that a label would name;
        ``-inf`` where the window reaches past an end or holds an ``N``.
    """
    window = WINDOWS[kind]
    scores = np.full(codes.size, -np.inf, dtype=np.float32)
    count = codes.size - window.width + 1
    if count <= 0:
        return scores
    words = {length: word_numbers(codes, length) for length in {t.bits.ndim for t in tables}}
    inside = scores[window.before : window.before + count]
    inside[:] = 0
    for offset, bits in tables:
        inside += bits.ravel()[words[bits.ndim][offset : offset + count]]
    unknown = np.concatenate(([0], np.cumsum(codes == N, dtype=np.int32)))
    inside[unknown[window.width :] > unknown[: -window.width]] = -np.inf
    return scores


@dataclass(frozen=True)
class Baseline:
    """A classical model: per kind, the tables whose sum over the window is the score in bits."""

    tables: Mapping[Kind, Sequence[Table]]

    def score(self, codes: np.ndarray, kind: Kind) -> np.ndarray:
        """Log-odds of every base of a stretch as read; see :func:`score_windows`."""
        return score_windows(codes, kind, self.tables[kind])
