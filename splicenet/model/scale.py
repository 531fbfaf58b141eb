"""How to read a network's probabilities: what they stand for, and from where a base is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from splicenet.genome.intervals import Kind
from splicenet.genome.labels import KINDS
from splicenet.genome.sequence import Genome
from splicenet.model.calibration import Calibration

__all__ = ["Scale", "marked_down"]


@dataclass(frozen=True)
class Scale:
    """How to read the network's probabilities.

    Parameters
    ----------
    calibration
        By kind, the map from the network's probability to an honest one.
    threshold
        By kind, the calibrated probability from which a base is called a site.
    copies
        By kind, what is taken off the calibrated log-odds (natural logarithm) where all that lies
        about a base stands elsewhere in the genome too; less in proportion, where less does
        (:class:`~splicenet.genome.copies.Copies`). Whoever reads a sequence without its genome
        takes nothing off.
    """

    calibration: Mapping[Kind, Calibration]
    threshold: Mapping[Kind, float]
    copies: Mapping[Kind, float] = field(default_factory=lambda: dict.fromkeys(KINDS, 0.0))

    def __post_init__(self) -> None:
        if not all(np.isfinite(one) and one >= 0 for one in self.copies.values()):
            raise ValueError("what is taken off in copies must be finite, and not negative")

    def apply(self, probabilities: np.ndarray, share: np.ndarray | None = None) -> np.ndarray:
        """Calibrated probabilities.

        Parameters
        ----------
        probabilities
            Of donors and acceptors, as the network gives them, shape (..., 2, n).
        share
            How much of what lies about each base stands elsewhere too, shape (n,); None counts as
            nothing.

        Returns
        -------
        numpy.ndarray
            Of the shape of ``probabilities``, dtype float32.
        """
        kinds = [
            self.apply_to(kind, probabilities[..., index, :], share)
            for index, kind in enumerate(KINDS)
        ]
        return np.stack(kinds, axis=-2)

    def apply_to(
        self, kind: Kind, probabilities: np.ndarray, share: np.ndarray | None = None
    ) -> np.ndarray:
        """The same of one kind, shape (..., n)."""
        calibrated = self.calibration[kind].apply(probabilities)
        return calibrated if share is None else marked_down(calibrated, share, self.copies[kind])

    def read(self, genome: Genome, contig: str, values: np.ndarray, start: int) -> np.ndarray:
        """As :meth:`apply`, of bases of a genome from ``start`` on, whose copies are looked up."""
        if not self.marks_copies:
            return self.apply(values)
        return self.apply(values, genome.copies().share(contig, start, start + values.shape[-1]))

    def without_copies(self) -> Scale:
        """The same with nothing taken off."""
        return replace(self, copies=dict.fromkeys(KINDS, 0.0))

    @property
    def marks_copies(self) -> bool:
        """Whether anything is taken off."""
        return any(self.copies.values())

    def least(self, probability: float) -> float:
        """The lowest that this probability of the network may come to, whatever kind and share."""
        everywhere = np.ones(1, np.float32)
        raw = np.full((len(KINDS), 1), probability, np.float32)
        return float(self.apply(raw, everywhere).min())

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "calibration": {kind: self.calibration[kind].to_dict() for kind in KINDS},
            "threshold": {kind: self.threshold[kind] for kind in KINDS},
            "copies": {kind: self.copies[kind] for kind in KINDS},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Scale:
        """The scale that :meth:`to_dict` wrote; what was written before copies knows of none."""
        return cls(
            {kind: Calibration.from_dict(values["calibration"][kind]) for kind in KINDS},
            {kind: float(values["threshold"][kind]) for kind in KINDS},
            {kind: float(values.get("copies", {}).get(kind, 0)) for kind in KINDS},
        )


def marked_down(probabilities: np.ndarray, share: np.ndarray, copies: float) -> np.ndarray:
    """Probabilities once ``copies * share`` is taken off their log-odds.

    Parameters
    ----------
    probabilities
        Shape (..., n), dtype float32.
    share
        Shape (n,), 0 to 1.
    copies
        As :attr:`Scale.copies` has it of a kind.
    """
    if not copies:
        return probabilities
    left = probabilities * np.exp(np.float32(-copies) * share)
    return left / (1 - probabilities + left)
