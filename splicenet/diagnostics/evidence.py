"""What was measured: the material of a verdict, of the tables and of the pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from splicenet.diagnostics.arrivals import Arrival
from splicenet.diagnostics.fit import Fit
from splicenet.model.network import NetworkConfig

__all__ = ["Evidence", "Flow"]

_EXON = 150
"""Bases. Internal exons of most animals and plants have about this median length: who does not
look so far cannot see a site's partner at the exon's other end."""


@dataclass(frozen=True)
class Flow:
    """How errors travel back through one layer in one direction.

    Attributes
    ----------
    layer, direction
        Counted from 1; ``forward`` or ``backward``.
    bases
        Bases a step.
    norms
        First quartile, median and third quartile over sites of |dL/dh_t| as a share of its value
        at the site, (3, D), for 0, 1, 2, ... steps before the site in reading order. ``h`` is all
        that the cell carries on, an LSTM's cell state included. Empty if no site has a gradient.
    horizons
        Steps after which each of the three stays below a hundredth; None if it never does.
    gain
        Root mean square over sites of the gain of the backward pass, (D // 2 + 1,), by frequency;
        1 is that of a level without memory.
    radius, singular
        5 %, 50 % and 95 % quantile of the spectral radius and of the largest singular value of
        the Jacobians of single steps.
    gates
        By gate the share of values below 0.05 and above 0.95.
    """

    layer: int
    direction: str
    bases: int
    norms: np.ndarray
    horizons: tuple[int | None, int | None, int | None]
    gain: np.ndarray
    radius: tuple[float, float, float]
    singular: tuple[float, float, float]
    gates: dict[str, tuple[float, float]]

    @property
    def name(self) -> str:
        """For a table or a legend."""
        return f"layer {self.layer} {self.direction}"

    @property
    def silent(self) -> bool:
        """Whether no error reaches this level at all."""
        return self.norms.shape[1] == 0

    @property
    def window(self) -> int:
        """Bases before the site that were looked at."""
        return self.norms.shape[1] * self.bases

    @property
    def horizon(self) -> float:
        """Bases from which the median norm stays below a hundredth; infinity if it never does."""
        if self.silent:
            return 0.0
        steps = self.horizons[1]
        return math.inf if steps is None else float(steps * self.bases)

    @property
    def growth(self) -> float:
        """The largest median norm, as a share of that at the site."""
        return 0.0 if self.silent else float(np.max(self.norms[1]))

    @property
    def saturation(self) -> float:
        """Share of all gate values that are nearly 0 or 1; 0 for a cell without gates."""
        return (
            float(np.mean([sum(shares) for shares in self.gates.values()])) if self.gates else 0.0
        )

    @property
    def distances(self) -> np.ndarray:
        """Bases to the site, (D,)."""
        return self.bases * np.arange(self.norms.shape[1])

    @property
    def periods(self) -> np.ndarray:
        """Periods in bases of ``gain``, (D // 2 + 1,); the first is infinite."""
        with np.errstate(divide="ignore"):
            return self.window / np.arange(len(self.gain))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; what is infinite or no number is None."""
        return {
            "layer": self.layer,
            "direction": self.direction,
            "bases_per_step": self.bases,
            "horizon_bases": [None if s is None else s * self.bases for s in self.horizons],
            "largest_norm": _plain(self.growth),
            "spectral_radius": [_plain(value) for value in self.radius],
            "largest_singular_value": [_plain(value) for value in self.singular],
            "gates": {
                name: {"below_0.05": _plain(low), "above_0.95": _plain(high)}
                for name, (low, high) in self.gates.items()
            },
            "distance_bases": self.distances.tolist(),
            "norm_quartiles": [[_plain(v) for v in row] for row in self.norms.tolist()],
            "period_bases": [_plain(value) for value in self.periods.tolist()],
            "gain": [_plain(value) for value in self.gain.tolist()],
        }


@dataclass(frozen=True)
class Evidence:
    """All that is known of a model or a run; what was not measured is None or empty."""

    config: NetworkConfig | None = None
    training: dict[str, Any] = field(default_factory=dict)
    """The settings of the run, as the model's record has them."""
    flows: tuple[Flow, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    """The gradient of every task's loss at every level; empty for splice sites alone."""
    sites: int = 0
    """Sites whose loss was followed."""
    seen: Fit | None = None
    """On windows around sites that the model was trained on."""
    unseen: Fit | None = None
    """On windows around sites that it was not."""
    metrics: pd.DataFrame | None = None
    """One row an evaluation."""

    @property
    def reach(self) -> int:
        """Bases that the recurrent level must see to be of use.

        More than the convolutions before it, and no less than an exon; what it is told of reading
        frames, which is nothing but where stop codons are, does not count.
        """
        return max(_EXON, 0 if self.config is None else self.config.margin)

    @property
    def horizon(self) -> float:
        """That of the level that sees farthest; bases."""
        return max((flow.horizon for flow in self.flows), default=0.0)

    @property
    def saturation(self) -> float:
        """Of the gates of all levels."""
        return float(np.mean([flow.saturation for flow in self.flows])) if self.flows else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "network": None if self.config is None else self.config.to_dict(),
            "sites": self.sites,
            "reach_bases": self.reach,
            "levels": [flow.to_dict() for flow in self.flows],
            "tasks": [arrival.to_dict() for arrival in self.arrivals],
            "trained_on": _fit(self.seen),
            "not_trained_on": _fit(self.unseen),
            "metrics": None if self.metrics is None else _rows(self.metrics),
        }


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _fit(fit: Fit | None) -> dict[str, Any] | None:
    if fit is None:
        return None
    return {
        "sites": fit.sites,
        "loss": _plain(fit.loss),
        "base_rate_loss": _plain(fit.base_rate),
        "unexplained": _plain(fit.unexplained),
    }


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            str(name): _plain(value) if isinstance(value, float) else value
            for name, value in row.items()
        }
        for row in table.to_dict("records")
    ]
