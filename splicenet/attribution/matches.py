"""Which known motifs a motif resembles, and where a motif occurs.

Matrices are laid side by side at every offset, and the best offset is that of the lowest p-value
against columns drawn at random from the database, as in Tomtom (Gupta et al. 2007). Two columns
score the product of their deviations from uniform: unlike a distance, this gives nothing to a pair
of columns that both say nothing. Splicing reads RNA, so motifs are compared and looked for in
reading direction only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from splicenet.attribution.distributions import as_steps, sum_distribution, survival
from splicenet.genome.alphabet import N
from splicenet.genome.meme import Motif

__all__ = ["Hit", "match_motifs", "motif_hits"]

_STEPS = 100
_ALIKE_STEPS = 10
"""Of the scores of two columns: a base of 100 % and one of 97 %, which differ by how their makers
smoothed them, score the same."""
_LEAST_OVERLAP = 4
_PSEUDOCOUNT = 0.01


class Hit(NamedTuple):
    """A motif at ``[start, end)`` of a window, 0-based; ``score`` is its log-odds in bits."""

    sequence: int
    start: int
    end: int
    score: float
    p_value: float


def match_motifs(
    queries: Sequence[Motif], targets: Sequence[Motif], *, q_value: float = 0.5, top: int = 10
) -> pd.DataFrame:
    """The known motifs that each motif resembles.

    Parameters
    ----------
    queries, targets
        What was found, and what is known; with many targets p-values are exact, with a handful
        they only rank.
    q_value
        Largest that counts: the share of false matches among those of a query up to this one, by
        Benjamini and Hochberg. Motifs of RNA-binding proteins are short and many: even a perfect
        match of six bases is expected by chance in a database of a thousand.
    top
        At most so many for a query.

    Returns
    -------
    pandas.DataFrame
        Best first: ``query``, ``target``, ``title``, ``offset`` (the target's first position,
        counted from the query's), ``overlap``, ``p_value``, ``q_value``, ``consensus``.
    """
    rows = []
    for query in queries:
        p_values, offsets, overlaps = _compare(query, targets)
        q_values = _benjamini_hochberg(p_values)
        for index in np.argsort(p_values, kind="stable")[:top]:
            if q_values[index] <= q_value:
                target = targets[index]
                place = int(offsets[index]), int(overlaps[index])
                values = float(p_values[index]), float(q_values[index])
                names = query.name, target.name, target.title
                rows.append((*names, *place, *values, target.consensus))
    columns = ["query", "target", "title", "offset", "overlap", "p_value", "q_value", "consensus"]
    return pd.DataFrame(rows, columns=columns)


def _compare(query: Motif, targets: Sequence[Motif]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P-value, offset and overlap of the best alignment with every target."""
    columns = np.concatenate([target.probabilities for target in targets])
    products = (query.probabilities - 0.25) @ (columns - 0.25).T
    scores, _, _ = as_steps(products, _ALIKE_STEPS)  # (query columns, all target columns)
    nulls = [np.bincount(row, minlength=_ALIKE_STEPS + 1) / row.size for row in scores]
    tails: dict[tuple[int, int], np.ndarray] = {}

    best_p = np.ones(len(targets))
    offsets, overlaps = np.zeros(len(targets), int), np.zeros(len(targets), int)
    starts = np.cumsum([0, *(len(target) for target in targets)])
    by_width: dict[int, list[int]] = defaultdict(list)
    for index, target in enumerate(targets):
        by_width[len(target)].append(index)
    for width, members in by_width.items():
        first = starts[members]
        least = min(_LEAST_OVERLAP, width, len(query))
        tried = range(least - width, len(query) - least + 1)
        for offset in tried:
            begin, end = max(offset, 0), min(offset + width, len(query))
            if (begin, end) not in tails:
                tails[begin, end] = survival(sum_distribution(nulls[begin:end]))
            total = sum(scores[q, first + q - offset] for q in range(begin, end))
            p = tails[begin, end][total]
            better = p < best_p[members]
            chosen = np.array(members)[better]
            best_p[chosen] = p[better]
            offsets[chosen], overlaps[chosen] = offset, end - begin
        best_p[members] = -np.expm1(len(tried) * np.log1p(-np.minimum(best_p[members], 1 - 1e-12)))
    return best_p, offsets, overlaps


def _benjamini_hochberg(p_values: np.ndarray) -> np.ndarray:
    order = np.argsort(p_values, kind="stable")
    ranked = p_values[order] * len(p_values) / np.arange(1, len(p_values) + 1)
    q_values = np.empty_like(p_values)
    q_values[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return q_values


def motif_hits(
    codes: np.ndarray, motif: Motif, *, background: np.ndarray, p_value: float = 1e-3
) -> list[Hit]:
    """Where a motif occurs in sequences.

    Parameters
    ----------
    codes
        (N, L), uint8, in reading direction; stretches with an unknown base are passed over.
    motif
        What to look for.
    background
        Probabilities of A, C, G and T by chance, (4,).
    p_value
        Largest that counts: the probability that a random stretch of ``background`` scores as
        high. The consensus of a short motif counts in any case.

    Returns
    -------
    list of Hit
        Sorted by sequence and start; they may overlap.
    """
    if codes.shape[1] < len(motif):
        return []
    smoothed = (motif.probabilities + _PSEUDOCOUNT * background) / (1 + _PSEUDOCOUNT)
    weights = np.log2(smoothed / background)
    whole, low, step = as_steps(weights, _STEPS)
    columns = [np.bincount(row, weights=background, minlength=_STEPS + 1) for row in whole]
    tail = survival(sum_distribution(columns))
    places = codes.shape[1] - len(motif) + 1
    total = np.zeros((len(codes), places), np.int64)
    known = np.ones((len(codes), places), bool)
    for offset, row in enumerate(whole):
        part = codes[:, offset : offset + places]
        total += np.append(row, 0)[part]
        known &= part != N
    limit = max(p_value, tail[whole.max(axis=1).sum()])
    found = np.argwhere(known & (tail[total] <= limit))
    return [
        Hit(
            int(sequence),
            int(start),
            int(start) + len(motif),
            float(low * len(motif) + step * total[sequence, start]),
            float(tail[total[sequence, start]]),
        )
        for sequence, start in found
    ]
