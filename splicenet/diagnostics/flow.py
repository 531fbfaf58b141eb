"""Measure how errors travel back through a network, on real sequence around splice sites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from splicenet.diagnostics.evidence import Flow
from splicenet.diagnostics.horizon import effective_horizon, frequency_gain, relative_norms
from splicenet.diagnostics.jacobians import (
    largest_singular_values,
    spectral_radii,
    state_jacobians,
)
from splicenet.diagnostics.traces import DIRECTIONS, Key, Trace, trace_backward
from splicenet.diagnostics.windows import SiteWindows
from splicenet.model.network import SpliceNetwork

__all__ = ["measure_flow"]

_STEPS_A_SITE = 4
"""Steps of each window whose Jacobian is taken."""
_SATURATED = (0.05, 0.95)
_QUARTILES = (0.25, 0.5, 0.75)
_SPREAD = (0.05, 0.5, 0.95)


@dataclass
class _Level:
    """What the batches brought for one layer and direction."""

    bases: int = 1
    norms: list[np.ndarray] = field(default_factory=list)
    gains: list[np.ndarray] = field(default_factory=list)
    jacobians: list[torch.Tensor] = field(default_factory=list)
    gates: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def add(self, trace: Trace, rng: np.random.Generator) -> None:
        costates = torch.cat(trace.costates, dim=-1)[:, : trace.site + 1].flip(1).cpu().numpy()
        self.bases = trace.bases
        self.norms.append(relative_norms(costates))
        self.gains.append(frequency_gain(costates))
        self.jacobians.append(_jacobians(trace, rng))
        with torch.no_grad():
            start = trace.cell.zero_state(len(trace.inputs), trace.inputs)
            gates = trace.cell.gates(trace.inputs, start)
        for name, values in gates.items():
            low, high = _SATURATED
            shares = (float((values < low).double().mean()), float((values > high).double().mean()))
            self.gates.setdefault(name, []).append(shares)

    def flow(self, layer: int, direction: int) -> Flow:
        norms = np.concatenate(self.norms)
        told = ~np.isnan(norms[:, 0])
        norms = norms[told]
        gains = np.concatenate(self.gains)[told]
        curves = np.quantile(norms, _QUARTILES, axis=0) if len(norms) else np.empty((3, 0))
        low, median, high = (effective_horizon(curve) for curve in curves)
        jacobians = torch.cat(self.jacobians)
        return Flow(
            layer + 1,
            DIRECTIONS[direction],
            self.bases,
            curves,
            (low, median, high),
            np.sqrt(np.mean(gains**2, axis=0)) if len(gains) else np.empty(0),
            _spread(spectral_radii(jacobians)),
            _spread(largest_singular_values(jacobians)),
            {name: _mean(shares) for name, shares in self.gates.items()},
        )


def measure_flow(
    network: SpliceNetwork,
    windows: SiteWindows,
    *,
    seed: int,
    batch: int = 8,
    on_sites: Callable[[int], object] = lambda sites: None,
) -> tuple[Flow, ...]:
    """Follow the loss at every window's site back through every layer and direction.

    Parameters
    ----------
    network
        In eval mode.
    windows
        At least one.
    seed
        Draws the steps whose Jacobians are taken.
    batch
        Windows at once: memory grows with it.
    on_sites
        Hears of sites done.

    Returns
    -------
    tuple of Flow
        Layer by layer, forward before backward; empty if the network has no recurrent level.
    """
    if network.recurrence is None:
        return ()
    device = next(network.parameters()).device
    rng = np.random.default_rng(seed)
    levels: dict[Key, _Level] = {}
    for first in range(0, len(windows), batch):
        codes = torch.from_numpy(windows.codes[first : first + batch]).to(device)
        labels = torch.from_numpy(windows.labels[first : first + batch, windows.middle])
        targets = labels.long().to(device)
        for key, trace in trace_backward(network, codes, targets, windows.middle).items():
            levels.setdefault(key, _Level()).add(trace, rng)
        on_sites(len(codes))
    return tuple(levels[key].flow(*key) for key in sorted(levels))


def _jacobians(trace: Trace, rng: np.random.Generator) -> torch.Tensor:
    """Of steps drawn at random from every sequence."""
    batch, steps, _ = trace.inputs.shape
    rows = torch.arange(batch).repeat_interleave(_STEPS_A_SITE)
    chosen = torch.from_numpy(rng.integers(1, steps, len(rows)))
    before = tuple(part[rows, chosen - 1] for part in trace.states)
    return state_jacobians(trace.cell, trace.inputs[rows, chosen], before)


def _spread(values: np.ndarray) -> tuple[float, float, float]:
    low, median, high = np.quantile(values, _SPREAD)
    return float(low), float(median), float(high)


def _mean(shares: Sequence[tuple[float, float]]) -> tuple[float, float]:
    low, high = np.mean(shares, axis=0)
    return float(low), float(high)
