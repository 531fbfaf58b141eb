"""Learning how far to mark down what stands in a genome more than once.

Transposons have genes, with introns, which annotations leave out; a network that reads one place at
a time takes them for what they are. How much less often a base is an annotated site than its
neighbours' score says, where much about it is met again elsewhere, is learned by logistic
regression from sequence that the network was not trained on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from splicenet.evaluation.protocol import with_truth
from splicenet.evaluation.scored import ScoredBases
from splicenet.genome.labels import KINDS
from splicenet.genome.species import Species
from splicenet.model.calibration import logit
from splicenet.model.scale import marked_down
from splicenet.model.scoring import Scores

__all__ = ["Columns", "CopiedBases", "fit_copies"]

_LEAST = 0.01
"""What scores less is never called: how rare sites are among it says nothing of those that are."""
_PRIOR = 2.0
"""Standard deviation of what is taken off, which few sites leave near nothing."""
_WEAK = 10.0
_MOST_ROUNDS = 100
_TOLERANCE = 1e-6


class Columns(NamedTuple):
    """Of each base what the network gives, 0 to 1, float32, the share of copies, and the truth."""

    scores: np.ndarray
    share: np.ndarray
    truth: np.ndarray


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
                sites = truth.sites[kind]
                self._bases[kind] += int(truth.counts.sum())
                self._sites[kind] += int((sites & truth.counts).sum())
                kept = truth.counts & (values >= self._floor)
                self._kept[kind].append(Columns(values[kept], share[kept], sites[kept]))

    def columns(self, kind: int) -> Columns:
        """What is kept of one kind, by its index."""
        nothing = Columns(np.empty(0, np.float32), np.empty(0, np.float32), np.empty(0, bool))
        return Columns(*map(np.concatenate, zip(nothing, *self._kept[kind], strict=True)))

    def scored(self, kind: int, copies: float = 0.0) -> ScoredBases:
        """The bases of one kind, marked down; scores below the floor are counted, not kept."""
        scores, share, truth = self.columns(kind)
        found = ScoredBases(floor=self._floor)
        found.add(marked_down(scores, share, copies), truth)
        found.bases, found.sites = self._bases[kind], self._sites[kind]
        return found

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


def fit_copies(by_kind: Sequence[Columns]) -> float:
    """What is to be taken off where all that lies about a base is met again.

    Parameters
    ----------
    by_kind
        Of donors and acceptors.

    Returns
    -------
    float
        As :attr:`~splicenet.model.scale.Scale.copies`: in units of the network's log-odds; 0 where
        sites are as frequent there as elsewhere, or more.
    """
    rows, truths = [], []
    for kind, every in enumerate(by_kind):
        scores, share, truth = (column[every.scores >= _LEAST] for column in every)
        columns = np.zeros((len(scores), 2 * len(KINDS) + 1))
        columns[:, 2 * kind] = 1
        columns[:, 2 * kind + 1] = logit(scores)
        columns[:, -1] = share
        rows.append(columns)
        truths.append(truth)
    x, y = np.concatenate(rows), np.concatenate(truths)
    found = _fit(x, y)
    slope = found[1 : 2 * len(KINDS) : 2].mean()
    return max(0.0, float(-found[-1] / slope)) if slope > 0 else 0.0


def _fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Logistic regression by Fisher scoring with step halving, from the network's own log-odds."""
    expected = np.array([0.0, 1.0] * len(KINDS) + [0.0])
    weight = np.array([_WEAK] * 2 * len(KINDS) + [_PRIOR]) ** -2

    def cost(found: np.ndarray) -> float:
        off = found - expected
        return float(np.logaddexp(0, np.where(y, -1, 1) * (x @ found)).sum() + off**2 @ weight / 2)

    found, current = expected, cost(expected)
    for _ in range(_MOST_ROUNDS):
        chance = np.exp(-np.logaddexp(0, -x @ found))
        gradient = x.T @ (chance - y) + (found - expected) * weight
        curvature = (x * (chance * (1 - chance))[:, None]).T @ x + np.diag(weight)
        step = np.linalg.solve(curvature, gradient)
        while (lower := cost(found - step)) > current and np.abs(step).max() > _TOLERANCE:
            step /= 2
        if lower > current or np.abs(step).max() <= _TOLERANCE:
            break
        found, current = found - step, lower
    return found
