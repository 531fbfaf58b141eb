"""Saliency along the genome: bigWig and bedGraph, one a kind of site and strand.

Where windows overlap, a base gets the mean over the windows in which it lies. Positions are
0-based on the plus strand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from splicenet.attribution.windows import SiteWindows
from splicenet.genome.alphabet import N
from splicenet.genome.bigwig import track_paths
from splicenet.genome.bigwig_file import BigWigWriter
from splicenet.genome.labels import KINDS, STRANDS
from splicenet.genome.output import atomic
from splicenet.genome.rows import RowWriter

__all__ = ["Piece", "Tracks"]


class Piece(NamedTuple):
    """Bases of one contig with a value: positions, sorted, and values, (bases,) each."""

    contig: str
    positions: np.ndarray
    values: np.ndarray


class Tracks:
    """Windows laid on the genome.

    Parameters
    ----------
    windows
        What was explained.
    actual
        Scores of the bases that are there, (N, L), in reading direction.

    Attributes
    ----------
    pieces
        By kind and strand, the values by contig; unknown bases have none.
    totals
        Of every window, (N,): the sum of what it brings to its track. A track's values add up to
        the totals of its windows.
    """

    def __init__(self, windows: SiteWindows, actual: np.ndarray) -> None:
        self.pieces: dict[tuple[str, str], list[Piece]] = {}
        self.totals = np.zeros(len(windows))
        positions = windows.starts[:, None] + np.arange(windows.codes.shape[1])
        scores = windows.on_plus(actual).astype(np.float64)
        known = windows.on_plus(windows.codes) != N
        for kind, strand in product(KINDS, STRANDS):
            pieces = []
            for contig, rows in _by_contig(windows, kind, strand):
                there, values = known[rows], scores[rows]
                bases, index = np.unique(positions[rows][there], return_inverse=True)
                depth = np.bincount(index)
                shared = np.zeros_like(values)
                shared[there] = values[there] / depth[index]
                self.totals[rows] = shared.sum(1)
                pieces.append(Piece(contig, bases, np.bincount(index, shared[there])))
            self.pieces[kind, strand] = pieces

    def write(self, folder: Path, lengths: Mapping[str, int]) -> list[Path]:
        """Write ``<kind>.<plus|minus>.bw`` and ``.bedgraph.gz``, and name them.

        Parameters
        ----------
        folder
            Exists.
        lengths
            Length in bases of every contig of the genome.

        Raises
        ------
        OutputError
            If they cannot be written.
        """
        contigs = [(contig, length) for contig, length in lengths.items() if length]
        rank = {contig: index for index, (contig, _) in enumerate(contigs)}
        written = []
        for key, track in track_paths("").items():
            pieces = sorted(self.pieces[key], key=lambda piece: rank[piece.contig])
            bigwig = folder / track.name.lstrip(".")
            with atomic(bigwig, mode="wb") as handle:
                writer = BigWigWriter(handle, contigs)
                for contig, positions, values in pieces:
                    writer.add(rank[contig], positions, values)
                writer.finish()
            bedgraph = bigwig.with_suffix(".bedgraph.gz")
            with RowWriter(bedgraph) as rows:
                for contig, positions, values in pieces:
                    for position, value in zip(positions.tolist(), values.tolist(), strict=True):
                        rows.write(f"{contig}\t{position}\t{position + 1}\t{value:.6g}", position)
            written += [bigwig, bedgraph]
        return written


def _by_contig(windows: SiteWindows, kind: str, strand: str) -> Iterator[tuple[str, np.ndarray]]:
    """Rows of the windows of one track, contig by contig."""
    rows: dict[str, list[int]] = {}
    for index, site in enumerate(windows.sites):
        if (site.kind, site.strand) == (kind, strand):
            rows.setdefault(site.contig, []).append(index)
    return ((contig, np.array(found)) for contig, found in rows.items())
