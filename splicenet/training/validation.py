"""How good a network is half-way: its AUPRC on the validation sequence."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from splicenet.evaluation.metrics import average_precision
from splicenet.evaluation.protocol import PROTOCOLS, tally_network
from splicenet.genome.interval_sets import spread
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.genome.species import Species
from splicenet.model.network import SpliceNetwork

__all__ = ["VALIDATION_FLANK", "validation_precision"]

VALIDATION_FLANK = 2048
"""Bases read beyond a window while training; the exact flank is measured at the end."""


def validation_precision(
    network: SpliceNetwork,
    validation: Sequence[tuple[Species, list[Interval]]],
    strand_bases: int,
) -> Tensor:
    """Average precision of each of :data:`KINDS`, the mean of the species; float64.

    A validation part without a site has no average precision; the others speak for it. NaN if none
    has one.

    Parameters
    ----------
    validation
        Species and regions.
    strand_bases
        Bases to score in all, the same number of each species.
    """
    precisions = []
    for species, regions in validation:
        tally = tally_network(
            network.for_species(species.name),
            species,
            spread(regions, strand_bases // (2 * len(validation))),
            flank=VALIDATION_FLANK,
        )
        scored = tally.scored[PROTOCOLS[0]]
        precisions.append([average_precision(scored[kind]) for kind in KINDS])
    return torch.tensor(precisions, dtype=torch.float64).nanmean(0)
