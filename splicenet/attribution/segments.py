"""Where in a window the saliency lies: by segments of the gene, and by distance from the site.

Offsets are in reading direction, from the site: 0 is the last base of the exon before a donor, and
the first base of the exon behind an acceptor.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from splicenet.genome.intervals import Kind

__all__ = ["SEGMENTS", "by_distance", "by_segment", "shares"]

_FAR = 1 << 40
_COLUMNS = ("kind", "segment", "first", "last", "sites", "share", "per_base")

SEGMENTS: dict[Kind, dict[str, tuple[int, int]]] = {
    "donor": {
        "exon": (-_FAR, -2),
        "donor core": (-2, 7),
        "proximal intron": (7, 51),
        "distal intron": (51, _FAR),
    },
    "acceptor": {
        "distal intron": (-_FAR, -50),
        "branch region": (-50, -20),
        "polypyrimidine tract": (-20, -2),
        "acceptor core": (-2, 3),
        "exon": (3, _FAR),
    },
}
"""Offsets of each segment, half-open, by kind of site.

The donor core is -3..+6 as donors are counted: three bases of the exon, six of the intron. *exon*
and *distal intron* are the two sides of the site; other exons and introns may lie in them.
"""

_UPSTREAM = (-4096, -2048, -1024, -512, -256, -128, -64, -32, -16, -8, -4, -2, 0)
_EDGES = (*_UPSTREAM, *(1 - edge for edge in reversed(_UPSTREAM)))
"""Of the distance bins, as offsets; symmetric, the site itself a bin of its own."""


def shares(actual: np.ndarray, offsets: np.ndarray, kind: Kind) -> dict[str, np.ndarray]:
    """Share of each segment in the absolute saliency of each window.

    Parameters
    ----------
    actual
        Scores of the bases that are there, (N, L).
    offsets
        Of these bases, (L,).
    kind
        What all the sites are.

    Returns
    -------
    dict
        By segment, (N,), float64; 0 where all scores are 0.
    """
    return {
        name: _share(actual, (offsets >= first) & (offsets < end))
        for name, (first, end) in SEGMENTS[kind].items()
    }


def by_segment(actual: np.ndarray, offsets: np.ndarray, kinds: Sequence[Kind]) -> pd.DataFrame:
    """Mean shares of the segments of :data:`SEGMENTS`.

    Parameters
    ----------
    actual, offsets
        As :func:`shares` takes them.
    kinds
        Of the N sites.

    Returns
    -------
    pandas.DataFrame
        Columns kind, segment, first and last (offsets in the window, inclusive), sites, share
        (mean over sites), per_base (mean absolute score of a base, in nats).
    """
    spans = {kind: list(named.items()) for kind, named in SEGMENTS.items()}
    return _table(actual, offsets, kinds, spans)


def by_distance(actual: np.ndarray, offsets: np.ndarray, kinds: Sequence[Kind]) -> pd.DataFrame:
    """As :func:`by_segment`, but by bins of the distance that widen with it; no column segment."""
    bins = [("", span) for span in zip(_EDGES, _EDGES[1:], strict=False)]
    return _table(actual, offsets, kinds, dict.fromkeys(SEGMENTS, bins)).drop(columns="segment")


def _table(
    actual: np.ndarray,
    offsets: np.ndarray,
    kinds: Sequence[Kind],
    spans: dict[Kind, list[tuple[str, tuple[int, int]]]],
) -> pd.DataFrame:
    rows = []
    for kind, named in spans.items():
        chosen = actual[[one == kind for one in kinds]]
        for name, (first, end) in named:
            inside = (offsets >= first) & (offsets < end)
            if len(chosen) and inside.any():
                limits = int(offsets[inside].min()), int(offsets[inside].max())
                share = float(_share(chosen, inside).mean())
                size = float(np.abs(chosen[:, inside]).mean())
                rows.append((kind, name, *limits, len(chosen), share, size))
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _share(actual: np.ndarray, inside: np.ndarray) -> np.ndarray:
    size = np.abs(actual, dtype=np.float64)
    return size[:, inside].sum(1) / np.maximum(size.sum(1), np.finfo(np.float64).tiny)
