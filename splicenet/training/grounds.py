"""Where each species is trained on, and the places there that windows are drawn around.

Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from splicenet.genome.intervals import Interval, Strand
from splicenet.genome.labels import STRANDS
from splicenet.genome.species import Species
from splicenet.genome.targets import Target

__all__ = ["TrainingGround"]

_NOWHERE = np.empty(0, np.int64)


@dataclass
class TrainingGround:
    """One species and where it may be trained on, with the places that windows are drawn around.

    ``anchors`` has a row for each donor, acceptor and intronless gene in the regions: the index
    of its region, its position and its strand's index; int64, shape (n, 3). ``targets`` has the
    labels of those tasks, by name, of which something is known here.
    """

    species: Species
    regions: list[Interval]
    anchors: np.ndarray
    targets: Mapping[str, Target] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        species: Species,
        regions: Sequence[Interval],
        targets: Mapping[str, Target] | None = None,
    ) -> TrainingGround:
        """Find the anchors of the regions."""
        rows = []
        middles = _intronless_genes(species)
        for index, region in enumerate(regions):
            for strand_index, strand in enumerate(STRANDS):
                sites = species.labels.of_any_kind(region.contig, strand)
                places = np.concatenate([sites, middles.get((region.contig, strand), _NOWHERE)])
                places = places[(places >= region.start) & (places < region.end)]
                rows += [(index, int(place), strand_index) for place in places]
        anchors = np.array(rows, np.int64).reshape(-1, 3)
        return cls(species, list(regions), anchors, targets or {})

    @property
    def strand_bases(self) -> int:
        """Bases of both strands of the regions."""
        return 2 * sum(map(len, self.regions))


def _intronless_genes(species: Species) -> dict[tuple[str, Strand], np.ndarray]:
    """The middles of genes without a labelled site, by contig and strand."""
    middles: dict[tuple[str, Strand], list[int]] = {}
    sites_of = cache(species.labels.of_any_kind)
    for gene in species.genes:
        sites = sites_of(gene.contig, gene.strand)
        first, last = np.searchsorted(sites, (gene.start, gene.end))
        if first == last:
            middles.setdefault((gene.contig, gene.strand), []).append((gene.start + gene.end) // 2)
    return {key: np.array(places, np.int64) for key, places in middles.items()}
