"""Scores of bases with what the whole genome says of them: how much about them stands elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from splicenet.evaluation.calibration import Columns
from splicenet.evaluation.protocol import with_truth
from splicenet.evaluation.scored import NotANumber, ScoredBases
from splicenet.genome.labels import KINDS
from splicenet.genome.species import Species
from splicenet.model.scale import Scale
from splicenet.model.scoring import Scores

__all__ = ["CopiedBases"]


class CopiedBases:
    """Scores of the bases of species, with what of all about them is met again.

    Parameters
    ----------
    floor
        Scores below it are counted but not kept.
    """

    def __init__(self, *, floor: float) -> None:
        self._floor = floor
        self._bases = [0] * len(KINDS)
        self._sites = [0] * len(KINDS)
        self._kept: list[list[Columns]] = [[] for _ in KINDS]

    def add(self, species: Species, contig: str, scores: Scores) -> None:
        """Add uncalibrated scores of both strands of a stretch; what is unknown does not count."""
        share = species.genome.copies().share(contig, scores.start, scores.end)
        for _, by_kind, truth in with_truth(species, contig, scores):
            for kind, values in enumerate(by_kind):
                every = Columns(values, share, truth.sites[kind])
                self.keep(kind, Columns(*(column[truth.counts] for column in every)))

    def keep(self, kind: int, bases: Columns) -> None:
        """Add bases of one kind, by its index."""
        if np.isnan(bases.scores).any():
            raise NotANumber
        self._bases[kind] += bases.scores.size
        self._sites[kind] += int(np.count_nonzero(bases.truth))
        kept = bases.scores >= self._floor
        self._kept[kind].append(Columns(*(column[kept] for column in bases)))

    def columns(self, kind: int) -> Columns:
        """What is kept of one kind, by its index."""
        nothing = Columns(np.empty(0, np.float32), np.empty(0, np.float32), np.empty(0, bool))
        return Columns(*map(np.concatenate, zip(nothing, *self._kept[kind], strict=True)))

    def scored(self, kind: int, scale: Scale) -> ScoredBases:
        """The bases of one kind on a scale; none that is kept is lost on it."""
        scores, share, truth = self.columns(kind)
        found = ScoredBases(floor=scale.least(self._floor))
        found.add(scale.apply_to(KINDS[kind], scores, share), truth)
        found.bases, found.sites = self._bases[kind], self._sites[kind]
        return found

    def sites(self, kind: int) -> int:
        """How many sites there are of one kind, those below the floor among them."""
        return self._sites[kind]

    @classmethod
    def together(cls, parts: Iterable[CopiedBases], *, floor: float) -> CopiedBases:
        """All bases of several."""
        whole = cls(floor=floor)
        for part in parts:
            for kind in range(len(KINDS)):
                whole._bases[kind] += part._bases[kind]
                whole._sites[kind] += part._sites[kind]
                whole._kept[kind] += part._kept[kind]
        return whole
