"""Motifs away from the site: what many seqlets have in common.

One motif at a time, the same for the same input. The word most enriched in seqlets over the rest of
their windows is the seed; seqlets that hold it, or nearly, are laid on top of each other and
counted; the matrix picks its seqlets anew at their best places until it stays as it is; its seqlets
are set aside, and the next seed is sought among the others. Motifs that turn out alike are one.

Positions are 0-based, in reading direction; distances count from the labelled base and are negative
upstream of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from splicenet.attribution.alignment import (
    MARGIN,
    PSEUDOCOUNT,
    WIDTH,
    best_seed,
    pooled,
    settled,
    spelled,
    word_shares,
)
from splicenet.attribution.seqlets import Seqlet
from splicenet.attribution.sitemotif import information
from splicenet.genome.alphabet import N
from splicenet.genome.intervals import Kind
from splicenet.genome.meme import Motif

__all__ = ["CORES", "Found", "find_motifs"]

CORES: dict[Kind, tuple[int, int]] = {"donor": (-3, 7), "acceptor": (-4, 2)}
"""First and one past the last base that belong to the site itself, from the labelled base."""

_EDGE_BITS = 0.25
_ALIKE = 0.7
"""Correlation over at least a word's length from which two motifs are one."""
_LEAST_ENRICHMENT = 4.0


@dataclass(frozen=True, eq=False)
class Found:
    """A motif and the places it was counted from.

    Parameters
    ----------
    motif
        Trimmed to the positions that say something; its title are the median and the quartiles of
        the distance.
    sequence, start
        Where each of its seqlets has the motif's first position, (n,), int64.
    distance
        From the site to the middle of the motif, (n,), float64.
    enrichment
        Standard deviations by which its seed is commoner in seqlets than around them.
    """

    motif: Motif
    sequence: np.ndarray
    start: np.ndarray
    distance: np.ndarray
    enrichment: float

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """First quartile, median and third quartile of the distance."""
        low, middle, high = np.percentile(self.distance, (25, 50, 75))
        return float(low), float(middle), float(high)


def find_motifs(
    codes: np.ndarray,
    seqlets: Sequence[Seqlet],
    *,
    kind: Kind,
    centre: int,
    background: np.ndarray,
    least: int = 12,
    most: int = 10,
) -> list[Found]:
    """Motifs among the seqlets that speak for a site without belonging to it.

    Parameters
    ----------
    codes
        Windows round sites of one kind, (N, L).
    seqlets
        As :func:`~splicenet.attribution.seqlets.find_seqlets` found them in these windows.
    kind
        Names the motifs, and the :data:`CORES` to leave out.
    centre
        Index of the site.
    background
        Probabilities of A, C, G and T, (4,).
    least
        Seqlets of a motif.
    most
        Motifs.

    Returns
    -------
    list of Found
        Those of most seqlets first.
    """
    before, after = CORES[kind]
    away = [
        one
        for one in seqlets
        if one.score > 0 and (one.end <= centre + before or one.start >= centre + after)
    ]
    if len(away) < least:
        return []
    pool = pooled(codes, away)
    expected = word_shares(codes)
    found: list[tuple[np.ndarray, np.ndarray, float]] = []
    while len(found) < most and len(pool.codes) >= least:
        seed, enrichment = best_seed(pool, expected)
        if enrichment < _LEAST_ENRICHMENT:
            break
        rows, columns = settled(pool, seed, background)
        if len(rows) < least:
            rows_of_seed, _ = np.nonzero(spelled(pool, seed, mismatches=0))
            taken = np.isin(np.arange(len(pool.codes)), rows_of_seed)
        else:
            found.append((pool.sequence[rows], pool.first[rows] + columns, enrichment))
            taken = np.isin(np.arange(len(pool.codes)), rows)
        pool = pool.without(taken)
    merged = _merged(found, codes, background)
    ranked = sorted(merged, key=lambda one: -len(one[0]))
    return [
        _described(f"{kind}_{number}", codes, *one, centre, background)
        for number, one in enumerate(ranked, 1)
    ]


def _merged(
    found: list[tuple[np.ndarray, np.ndarray, float]], codes: np.ndarray, background: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """Join what is alike; the earlier one, of the more enriched seed, gives the frame."""
    kept: list[tuple[np.ndarray, np.ndarray, float]] = []
    for sequence, start, enrichment in found:
        matrix = _matrix(codes, sequence, start, WIDTH, background)
        for index, (others, their_start, best) in enumerate(kept):
            theirs = _matrix(codes, others, their_start, WIDTH, background)
            shift = _shift(theirs, matrix, background)
            if shift is not None:
                both = np.concatenate([others, sequence])
                kept[index] = both, np.concatenate([their_start, start - shift]), best
                break
        else:
            kept.append((sequence, start, enrichment))
    return kept


def _shift(ours: np.ndarray, theirs: np.ndarray, background: np.ndarray) -> int | None:
    """Where their first position lies in our motif; None if they are not alike."""
    a, b = ours - background, theirs - background
    best, correlation = None, _ALIKE
    for shift in range(-MARGIN, MARGIN + 1):
        x = a[max(shift, 0) : WIDTH + min(shift, 0)].ravel()
        y = b[max(-shift, 0) : WIDTH + min(-shift, 0)].ravel()
        value = float(x @ y / np.sqrt((x @ x) * (y @ y) + 1e-12))
        if value > correlation:
            best, correlation = shift, value
    return best


def _matrix(
    codes: np.ndarray, sequence: np.ndarray, start: np.ndarray, width: int, background: np.ndarray
) -> np.ndarray:
    """Probabilities of the aligned bases, (width, 4)."""
    places = start[:, None] + np.arange(width)
    outside = (places < 0) | (places >= codes.shape[1])
    cut = np.where(outside, N, codes[sequence[:, None], np.clip(places, 0, codes.shape[1] - 1)])
    counts = (cut[..., None] == np.arange(4)).sum(axis=0) + PSEUDOCOUNT * background
    return counts / counts.sum(axis=1, keepdims=True)


def _described(
    name: str,
    codes: np.ndarray,
    sequence: np.ndarray,
    start: np.ndarray,
    enrichment: float,
    centre: int,
    background: np.ndarray,
) -> Found:
    matrix = _matrix(codes, sequence, start, WIDTH, background)
    telling = np.flatnonzero(information(Motif(name, matrix), background) >= _EDGE_BITS)
    first, last = (telling[0], telling[-1] + 1) if len(telling) else (0, WIDTH)
    begin = start + first
    distance = begin + (last - first - 1) / 2 - centre
    low, middle, high = np.percentile(distance, (25, 50, 75))
    title = f"{middle:+.0f}({low:+.0f}..{high:+.0f})"
    motif = Motif(name, matrix[first:last], len(sequence), title)
    return Found(motif, sequence, begin, distance, enrichment)
