"""Labels for a genome of which nothing is known: a model's own confident calls (self-training).

Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from splicenet.genome.interval_sets import complement, merge, subtract
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import DONOR, KINDS, STRANDS, UNKNOWN, Labels
from splicenet.genome.species import Species
from splicenet.model.modelfile import Model
from splicenet.model.scoring import Stretch, scan
from splicenet.training.loci import Loci

__all__ = ["self_labelled"]

_SURE, _DOUBTFUL = 0.9, 0.05
"""Calibrated probabilities: a call, and what is neither a call nor nothing."""
_CALL_REACH = 500
"""Bases around a confident call that are believed."""


def self_labelled(
    model: Model, species: Species, *, bases: int, outside: Sequence[Interval], seed: int
) -> tuple[Species, Loci]:
    """The species with the model's own confident calls as labels, and the stretches around them.

    Parameters
    ----------
    bases
        Bases of the genome to read, both strands, in pieces from all over it.
    outside
        Regions that are not read.
    """
    pieces = _pieces(complement(outside, species.genome.lengths), bases, seed)
    positions: dict[tuple[str, str], list[np.ndarray]] = {}
    values: dict[tuple[str, str], list[np.ndarray]] = {}
    loci: list[Interval] = []
    network = model.network.fused()
    stretches = [Stretch.of(species.genome, piece) for piece in pieces]
    for contig, scores in scan(network, stretches, flank=model.flank):
        for strand_index, strand in enumerate(STRANDS):
            marks = np.zeros(scores.values.shape[-1], np.uint8)
            for kind_index, kind in enumerate(KINDS):
                said = scores.values[strand_index, kind_index]
                called = model.calibration[kind].apply(said)
                marks[called >= _DOUBTFUL] = UNKNOWN
                marks[called >= _SURE] = DONOR + kind_index
            places = np.flatnonzero(marks)
            positions.setdefault((contig, strand), []).append(places + scores.start)
            values.setdefault((contig, strand), []).append(marks[places])
            for place in np.flatnonzero((marks > 0) & (marks != UNKNOWN)) + scores.start:
                start = max(0, int(place) - _CALL_REACH)
                end = min(int(place) + _CALL_REACH, species.genome.lengths[contig])
                loci.append(Interval(contig, start, end))
    labels = Labels(
        {key: np.concatenate(parts) for key, parts in positions.items()},  # type: ignore[misc]
        {key: np.concatenate(parts) for key, parts in values.items()},  # type: ignore[misc]
    )
    read = subtract(merge(loci), complement(pieces, species.genome.lengths))
    return replace(species, labels=labels, genes=[], junctions=()), read


def _pieces(regions: Sequence[Interval], bases: int, seed: int) -> list[Interval]:
    """Pieces of the regions that hold about ``bases`` on both strands, drawn at random."""
    size = 1 << 16
    every = [
        Interval(region.contig, start, min(start + size, region.end))
        for region in regions
        for start in range(region.start, region.end, size)
    ]
    count = min(len(every), max(1, bases // (2 * size)))
    chosen = np.random.default_rng(seed).choice(len(every), count, replace=False)
    return [every[index] for index in sorted(chosen)]
