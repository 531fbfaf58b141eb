"""Windows of bases and labels, drawn at random from the training regions of several species.

Most windows lie around annotated exons, because one base in a thousand is a splice site; the rest
fall anywhere on either strand, because a genome is mostly something else, and the other strand of
a gene is what a network mistakes for it most easily. Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from splicenet.genome.alphabet import N, reverse_complement
from splicenet.genome.intervals import Interval, Strand
from splicenet.genome.labels import STRANDS, UNKNOWN
from splicenet.genome.species import Species

__all__ = ["TrainingGround", "WindowSampler", "read_window"]


@dataclass
class TrainingGround:
    """One species and where it may be trained on, with the places that windows are drawn around.

    ``anchors`` has a row for each donor, acceptor and intronless gene in the regions: the index
    of its region, its position and its strand's index; int64, shape (n, 3).
    """

    species: Species
    regions: list[Interval]
    anchors: np.ndarray

    @classmethod
    def of(cls, species: Species, regions: Sequence[Interval]) -> TrainingGround:
        """Find the anchors of the regions."""
        rows = []
        middles = _intronless_genes(species)
        for index, region in enumerate(regions):
            for strand_index, strand in enumerate(STRANDS):
                key = (region.contig, strand)
                places = np.concatenate(
                    [species.labels.positions.get(key, _NOWHERE), middles.get(key, _NOWHERE)]
                )
                places = places[(places >= region.start) & (places < region.end)]
                rows += [(index, int(place), strand_index) for place in places]
        anchors = np.array(rows, np.int64).reshape(-1, 3)
        return cls(species, list(regions), anchors)

    @property
    def strand_bases(self) -> int:
        """Bases of both strands of the regions."""
        return 2 * sum(map(len, self.regions))


_NOWHERE = np.empty(0, np.int64)


def _intronless_genes(species: Species) -> dict[tuple[str, Strand], np.ndarray]:
    """The middles of genes without a labelled site, by contig and strand."""
    middles: dict[tuple[str, Strand], list[int]] = {}
    for gene in species.genes:
        sites = species.labels.positions.get((gene.contig, gene.strand), _NOWHERE)
        first, last = np.searchsorted(sites, (gene.start, gene.end))
        if first == last:
            middles.setdefault((gene.contig, gene.strand), []).append((gene.start + gene.end) // 2)
    return {key: np.array(places, np.int64) for key, places in middles.items()}


class WindowSampler:
    """Draws batches; its whole state is its random generator.

    Species are drawn by the square root of their number of anchors, between equal shares for all
    and a share for each site.

    Parameters
    ----------
    grounds
        The species; each needs a region.
    length, batch_size
        Bases in a window, windows in a batch.
    genes
        Share of windows drawn around anchors.
    margin
        Bases at either end of a window that are not learned from.
    seed
        Of the random generator.
    """

    def __init__(
        self,
        grounds: Sequence[TrainingGround],
        *,
        length: int,
        batch_size: int,
        genes: float,
        margin: int,
        seed: int,
    ) -> None:
        self.grounds = list(grounds)
        self.length = length
        self.batch_size = batch_size
        self.genes = genes
        self.margin = margin
        self._rng = np.random.default_rng(seed)
        weights = np.sqrt([len(ground.anchors) + 1 for ground in grounds])
        self._species_share = weights / weights.sum()
        self._region_shares = [
            np.array([len(r) for r in ground.regions]) / sum(map(len, ground.regions))
            for ground in grounds
        ]

    @property
    def state(self) -> dict[str, Any]:
        """The generator's state, for JSON."""
        return dict(self._rng.bit_generator.state)

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self._rng.bit_generator.state = state

    def draw(self) -> tuple[np.ndarray, np.ndarray]:
        """One batch.

        Returns
        -------
        codes, labels
            Both (batch_size, length), uint8, in the direction of transcription; labels are
            UNKNOWN where nothing is to be learned.
        """
        pairs = [self._draw_window() for _ in range(self.batch_size)]
        codes, labels = zip(*pairs, strict=True)
        return np.stack(codes), np.stack(labels)

    def _draw_window(self) -> tuple[np.ndarray, np.ndarray]:
        rng = self._rng
        index = int(rng.choice(len(self.grounds), p=self._species_share))
        ground = self.grounds[index]
        if rng.random() < self.genes and len(ground.anchors):
            region_index, place, strand_index = ground.anchors[rng.integers(len(ground.anchors))]
            region = ground.regions[region_index]
        else:
            region = ground.regions[rng.choice(len(ground.regions), p=self._region_shares[index])]
            place, strand_index = rng.integers(region.start, region.end), rng.integers(2)
        left = int(place) - int(rng.integers(self.margin, self.length - self.margin))
        if len(region) >= self.length:
            left = min(max(left, region.start), region.end - self.length)
        codes, labels = read_window(
            ground.species, region, left, left + self.length, STRANDS[strand_index]
        )
        labels[: self.margin] = UNKNOWN
        labels[self.length - self.margin :] = UNKNOWN
        return codes, labels


def read_window(
    species: Species, region: Interval, start: int, end: int, strand: Strand
) -> tuple[np.ndarray, np.ndarray]:
    """Codes and labels of ``[start, end)`` in reading direction, both (end - start,), uint8.

    Outside the region bases are N and labels UNKNOWN: what is held out is not read either.
    """
    first, last = max(start, region.start), min(end, region.end)
    codes = np.full(end - start, N, np.uint8)
    codes[first - start : last - start] = species.genome.fetch(region.contig, first, last)
    if strand == "-":
        codes = reverse_complement(codes)
    labels = species.labels.window(region.contig, start, end, strand).copy()
    labels[codes == N] = UNKNOWN
    return codes, labels
