"""Seqlets: short stretches that matter more than chance would have it.

Chance is what the same method says of dinucleotide-shuffled sequences. How large saliency grows
by chance depends on how far the site is, so that a stretch is compared only with those of the
control that lie about as far. A stretch counts only if all shorter stretches inside it count,
which is the idea of tangermeme's recursive seqlets (Schreiber 2025): one strong base does not make
its neighbours important.

Positions in windows are 0-based half-open, in reading direction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from splicenet.genome.intervals import Interval, Site
from splicenet.genome.rows import RowWriter

__all__ = ["SEQLET_COLUMNS", "Seqlet", "find_seqlets", "placed", "write_seqlets"]

SEQLET_COLUMNS = "contig\tstart\tend\tname\tscore\tstrand\tp_value\tsaliency\tsite"

_BLOCK = 20
"""Neighbouring places, at least, over which the control is pooled."""
_TOP_SCORE = 1000


class Seqlet(NamedTuple):
    """A stretch ``[start, end)`` of one window.

    ``score`` is the sum of its saliency, ``p_value`` the share of the control's stretches of this
    width, about as far from the site, that have as large a sum of either sign.
    """

    sequence: int
    start: int
    end: int
    score: float
    p_value: float


def find_seqlets(
    actual: np.ndarray,
    control: np.ndarray,
    *,
    known: np.ndarray | None = None,
    shortest: int = 4,
    longest: int = 20,
    p_value: float = 0.005,
) -> list[Seqlet]:
    """Stretches whose saliency stands out, none overlapping another.

    Parameters
    ----------
    actual
        Saliency of the bases that are there, (N, L), of windows round sites of one kind.
    control
        The same of shuffled windows, (M, L); M need not be N.
    known
        Bases that may be part of a seqlet, (N, L), bool; without it all. Those beyond the ends of
        a contig must not.
    shortest, longest
        Bases of a seqlet.
    p_value
        Largest that counts, of the seqlet and of every stretch inside it.

    Returns
    -------
    list of Seqlet
        Sorted by sequence and start. No p-value is below the inverse of the control's size.
    """
    length = actual.shape[1]
    widths = range(shortest, min(longest, length) + 1)
    sums = [_window_sums(actual, width) for width in widths]
    nulls = [np.abs(_window_sums(control, width)) for width in widths]
    p_values = [
        _p_values(np.abs(one), null, p_value) for one, null in zip(sums, nulls, strict=True)
    ]
    there = True if known is None else _window_sums(known, shortest) == shortest
    passed: list[np.ndarray] = []
    for p in p_values:
        inside = passed[-1][:, :-1] & passed[-1][:, 1:] if passed else there
        passed.append((p <= p_value) & inside)
    return [
        seqlet
        for sequence in range(len(actual))
        for seqlet in _chosen(sequence, widths, sums, p_values, passed)
    ]


def _window_sums(values: np.ndarray, width: int) -> np.ndarray:
    """Sums of every ``width`` neighbours, (N, L - width + 1)."""
    total = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1, dtype=np.float64)
    return (total[:, width:] - total[:, :-width]).astype(np.float32)


def _p_values(sums: np.ndarray, null: np.ndarray, largest: float) -> np.ndarray:
    """P-values up to ``largest``; 1 stands for all above."""
    p_values = np.ones_like(sums)
    for columns in np.array_split(np.arange(sums.shape[1]), max(sums.shape[1] // _BLOCK, 1)):
        block = slice(columns[0], columns[-1] + 1)
        ranked = np.sort(null[:, block], axis=None)
        most = int(largest * (1 + ranked.size))  # 1 and those of the control that are as large
        if most:
            found = np.nonzero(sums[:, block] >= ranked[ranked.size - most])
            larger = ranked.size - np.searchsorted(ranked, sums[:, block][found], side="left")
            p_values[:, block][found] = (1 + larger) / (1 + ranked.size)
    return p_values


def _chosen(
    sequence: int,
    widths: Sequence[int],
    sums: Sequence[np.ndarray],
    p_values: Sequence[np.ndarray],
    passed: Sequence[np.ndarray],
) -> list[Seqlet]:
    """The least probable stretches of a sequence first, of equals the most salient."""
    candidates = []
    for width, total, p, is_passed in zip(widths, sums, p_values, passed, strict=True):
        for start in np.flatnonzero(is_passed[sequence]):
            score = float(total[sequence, start])
            end = int(start) + width
            candidates.append(Seqlet(sequence, int(start), end, score, float(p[sequence, start])))
    candidates.sort(key=lambda one: (one.p_value, -abs(one.score), one.start))
    taken = np.zeros(sums[0].shape[1] + widths[0] - 1, bool)
    chosen = []
    for one in candidates:
        if not taken[one.start : one.end].any():
            taken[one.start : one.end] = True
            chosen.append(one)
    return sorted(chosen)


def placed(site: Site, centre: int, start: int, end: int) -> Interval:
    """Where ``[start, end)`` of the window round a site lies on the genome.

    Parameters
    ----------
    site
        Labelled base, 0-based on the plus strand.
    centre
        Its index in the window, which is in reading direction.
    """
    if site.strand == "-":
        first, last = site.position + centre - end + 1, site.position + centre - start + 1
    else:
        first, last = site.position - centre + start, site.position - centre + end
    return Interval(site.contig, first, last, site.strand)


def write_seqlets(
    path: str | Path, seqlets: Sequence[Seqlet], sites: Sequence[Site], centre: int
) -> None:
    """Write seqlets as BED6 with three more columns: p-value, saliency, the site.

    The name is the kind of the site, with ``+`` where the seqlet speaks for it and ``-`` where it
    speaks against it; the score is ``-100 * log10(p)``, at most 1000.

    Parameters
    ----------
    path
        A name that ends in ``.gz`` means bgzip with an index.
    seqlets
        Their ``sequence`` counts ``sites``.
    sites
        Those the windows were cut round.
    centre
        Index of the site in its window.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    with RowWriter(path) as rows:
        rows.write(f"#{SEQLET_COLUMNS}")
        for interval, line in sorted(_lines(seqlets, sites, centre)):
            rows.write(line, interval.end)


def _lines(
    seqlets: Sequence[Seqlet], sites: Sequence[Site], centre: int
) -> Iterator[tuple[Interval, str]]:
    for one in seqlets:
        site = sites[one.sequence]
        at = placed(site, centre, one.start, one.end)
        score = min(round(-100 * np.log10(one.p_value)), _TOP_SCORE)
        name = site.kind + ("+" if one.score > 0 else "-")
        yield (
            at,
            f"{at.contig}\t{at.start}\t{at.end}\t{name}\t{score}\t{at.strand}"
            f"\t{one.p_value:.3g}\t{one.score:.4g}\t{site.contig}:{site.position}",
        )
