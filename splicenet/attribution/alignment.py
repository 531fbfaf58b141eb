"""Seqlets on top of each other: seeds, and the alignment that grows from one.

Positions are 0-based, in reading direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from splicenet.attribution.seqlets import Seqlet
from splicenet.genome.alphabet import N

__all__ = [
    "MARGIN",
    "PSEUDOCOUNT",
    "WIDTH",
    "Pool",
    "best_seed",
    "pooled",
    "settled",
    "spelled",
    "word_shares",
]

WORD = 5
MARGIN = 4
"""Bases on either side of the seed that may become part of the motif."""
WIDTH = WORD + 2 * MARGIN
PSEUDOCOUNT = 1.0
_ROUNDS = 5


@dataclass(frozen=True, eq=False)
class Pool:
    """Surroundings of seqlets: codes (n, width), whose column 0 is ``first`` of ``sequence``."""

    codes: np.ndarray
    sequence: np.ndarray
    first: np.ndarray
    inside: np.ndarray
    """Whether a word that begins at a column lies in the seqlet, give or take a base."""

    def without(self, taken: np.ndarray) -> Pool:
        """The others; ``taken`` is a mask of the seqlets."""
        keep = ~taken
        return Pool(self.codes[keep], self.sequence[keep], self.first[keep], self.inside[keep])


def pooled(codes: np.ndarray, seqlets: Sequence[Seqlet]) -> Pool:
    """Every seqlet with room for a motif on either side; N where a window ends."""
    room = MARGIN + 1
    longest = max(one.end - one.start for one in seqlets)
    padded = np.pad(codes, ((0, 0), (room, longest + room)), constant_values=N)
    sequence = np.array([one.sequence for one in seqlets])
    start = np.array([one.start for one in seqlets])
    length = np.array([one.end for one in seqlets]) - start
    columns = np.arange(longest + 2 * room)
    # Padding moves column 0, ``room`` bases before the seqlet, to the seqlet's own start.
    cut = padded[sequence[:, None], start[:, None] + columns]
    word = columns[: len(columns) - WORD + 1]
    inside = (word >= room - 1) & (word + WORD <= room + length[:, None] + 1)
    return Pool(cut, sequence, start - room, inside)


def _words(codes: np.ndarray) -> np.ndarray:
    """Number of the word at every place, (N, L - 4); -1 where a base is unknown."""
    windows = np.lib.stride_tricks.sliding_window_view(codes, WORD, axis=1)
    numbers = windows.astype(np.int64) @ 4 ** np.arange(WORD - 1, -1, -1)
    return np.where((windows == N).any(axis=2), -1, numbers)


def word_shares(codes: np.ndarray) -> np.ndarray:
    """How common every word is in windows (N, L): shares by the word's number."""
    words = _words(codes)
    counts = np.bincount(words[words >= 0], minlength=4**WORD) + 1.0
    return counts / counts.sum()


def best_seed(pool: Pool, expected: np.ndarray) -> tuple[int, float]:
    """The most enriched word, counted once a seqlet, and its standard score."""
    words = np.where(pool.inside, _words(pool.codes), -1)
    rows, columns = np.nonzero(words >= 0)
    seen = words[rows, columns]
    pairs = np.unique(rows * 4**WORD + seen)
    counts = np.bincount(pairs % 4**WORD, minlength=4**WORD)
    chance = expected * len(seen)
    scores = (counts - chance) / np.sqrt(chance + 1)
    best = int(scores.argmax())
    return best, float(scores[best])


def spelled(pool: Pool, seed: int, *, mismatches: int) -> np.ndarray:
    """Where the seed stands, (n, places), with so many bases changed at most."""
    letters = (seed // 4 ** np.arange(WORD - 1, -1, -1)) % 4
    windows = np.lib.stride_tricks.sliding_window_view(pool.codes, WORD, axis=1)
    return ((windows != letters).sum(axis=2) <= mismatches) & pool.inside


def settled(pool: Pool, seed: int, background: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the pool that hold the motif, and the column where it begins (may be negative)."""
    exact, near = (spelled(pool, seed, mismatches=m) for m in (0, 1))
    # The exact word where a seqlet has it, else one that differs in a base.
    best = np.where(exact.any(axis=1), exact.argmax(axis=1), near.argmax(axis=1))
    rows = np.flatnonzero(exact.any(axis=1))
    columns = best[rows] - MARGIN
    for _ in range(_ROUNDS):
        if not len(rows):
            break
        new_rows, new_columns = _reselected(pool, _counts(pool, rows, columns), background)
        if np.array_equal(new_rows, rows) and np.array_equal(new_columns, columns):
            break
        rows, columns = new_rows, new_columns
    return rows, columns


def _counts(pool: Pool, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Bases of the aligned seqlets, (width, 4)."""
    padded = np.pad(pool.codes, ((0, 0), (WIDTH, WIDTH)), constant_values=N)
    cut = padded[rows[:, None], columns[:, None] + WIDTH + np.arange(WIDTH)]
    return (cut[..., None] == np.arange(4)).sum(axis=0)


def _reselected(
    pool: Pool, counts: np.ndarray, background: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Every seqlet at its best place, if it scores at least half of what the motif expects."""
    smoothed = counts + PSEUDOCOUNT * background
    probabilities = smoothed / smoothed.sum(axis=1, keepdims=True)
    weights = np.log2(probabilities / background)
    expected = (probabilities * weights).sum()
    padded = np.pad(pool.codes, ((0, 0), (MARGIN, MARGIN)), constant_values=N)
    table = np.concatenate([weights, np.zeros((WIDTH, 1))], axis=1)
    places = pool.inside.shape[1]
    scores = sum(table[i][padded[:, i : i + places]] for i in range(WIDTH))
    scores = np.where(pool.inside, scores, -np.inf)
    best = scores.argmax(axis=1)
    rows = np.flatnonzero(scores.max(axis=1) >= expected / 2)
    return rows, best[rows] - MARGIN
