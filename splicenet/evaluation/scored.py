"""The scored bases that every measure starts from.

Every base of both strands of some regions has, per kind of site, a score and a truth. A genome
has hundreds of millions of them, nearly all with a score of nothing, so only those at or above a
floor are kept. A true site below the floor still counts as a site: it is one that no threshold
retrieves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

__all__ = ["NotANumber", "Counts", "ScoredBases"]


class NotANumber(ValueError):
    """A score that is none: the network that gave it has diverged."""

    def __init__(self) -> None:
        super().__init__("a score is not a number")


class ScoredBases:
    """The scores of true sites and of all other bases, gathered chunk by chunk.

    Parameters
    ----------
    floor
        Scores below it are counted but not kept; ``-inf`` keeps all. Thresholds below it cannot
        be asked for afterwards.

    Attributes
    ----------
    bases
        How many bases were added and not masked.
    sites
        How many of them are true sites, those below the floor among them.
    """

    def __init__(self, *, floor: float = 1e-3) -> None:
        self.floor = floor
        self.bases = 0
        self.sites = 0
        self._true: list[np.ndarray] = []
        self._false: list[np.ndarray] = []

    def add(self, scores: np.ndarray, truth: np.ndarray, mask: np.ndarray | None = None) -> None:
        """Add one stretch of one strand.

        Parameters
        ----------
        scores
            Shape ``(length,)``, dtype float32; not NaN.
        truth
            Whether a base is a site of this kind, shape ``(length,)``, dtype bool.
        mask
            Whether a base counts, shape ``(length,)``, dtype bool; all do without it.
        """
        if mask is not None:
            scores, truth = scores[mask], truth[mask]
        if np.isnan(scores).any():
            raise NotANumber
        self.bases += scores.size
        self.sites += int(np.count_nonzero(truth))
        kept = scores >= self.floor
        self._true.append(np.sort(scores[kept & truth].astype(np.float32, copy=False)))
        self._false.append(np.sort(scores[kept & ~truth].astype(np.float32, copy=False)))

    def extend(self, other: ScoredBases) -> None:
        """Add all bases of ``other``, whose floor must be the same."""
        if other.floor != self.floor:
            raise ValueError(f"floors {self.floor:g} and {other.floor:g} do not go together")
        self.bases += other.bases
        self.sites += other.sites
        self._true.append(other.true_scores)
        self._false.append(other.false_scores)

    @property
    def true_scores(self) -> np.ndarray:
        """Kept scores of true sites, ascending, shape ``(n,)``, dtype float32."""
        return _gathered(self._true)

    @property
    def false_scores(self) -> np.ndarray:
        """Kept scores of all other bases, ascending, shape ``(n,)``, dtype float32."""
        return _gathered(self._false)

    def mapped(self, increasing: Callable[[np.ndarray], np.ndarray]) -> ScoredBases:
        """The same bases with their scores, and the floor, put through an increasing function."""
        floor = increasing(np.array([self.floor], dtype=np.float32))
        result = ScoredBases(floor=float(floor[0]))
        result.bases, result.sites = self.bases, self.sites
        result._true = [increasing(self.true_scores)]
        result._false = [increasing(self.false_scores)]
        return result


def _gathered(chunks: list[np.ndarray]) -> np.ndarray:
    """All sorted chunks as one, which takes their place so that it is made only once."""
    if len(chunks) != 1:
        everything = np.concatenate([np.empty(0, dtype=np.float32), *chunks])
        everything.sort()
        chunks[:] = [everything]
    return chunks[0]


class Counts(NamedTuple):
    """Calls at falling thresholds, one entry for each distinct score of a true site.

    Between two such scores only false calls are added, so nothing is lost by looking here alone.
    Bases of equal score are called together.
    """

    threshold: np.ndarray
    """float32, falling."""
    true: np.ndarray
    """True sites called, int64."""
    called: np.ndarray
    """All bases called, int64."""

    @classmethod
    def of(cls, scored: ScoredBases) -> Counts:
        """Count the calls of ``scored``."""
        thresholds, first = np.unique(scored.true_scores, return_index=True)
        true = scored.true_scores.size - first
        false = scored.false_scores.size - np.searchsorted(scored.false_scores, thresholds)
        return cls(thresholds[::-1], true[::-1], (true + false)[::-1])
