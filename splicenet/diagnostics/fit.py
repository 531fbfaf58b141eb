"""How much of the labels a network explains, of sequence it was trained on and of other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from splicenet.diagnostics.windows import SiteWindows
from splicenet.genome.labels import ACCEPTOR, DONOR, NEITHER, UNKNOWN
from splicenet.model.network import SpliceNetwork

__all__ = ["Fit", "measure_fit"]

_KILOBASE = 1000


@dataclass(frozen=True)
class Fit:
    """Loss over windows around sites, in nats a kilobase of known bases.

    ``base_rate`` is the loss of a constant: of who knows the shares of donors and acceptors in
    these very windows, and no sequence.
    """

    loss: float
    base_rate: float
    sites: int

    @property
    def unexplained(self) -> float:
        """What is left of the base rate's loss: 0 is perfect, 1 is no better than a constant."""
        return self.loss / self.base_rate if self.base_rate else math.nan


@torch.inference_mode()
def measure_fit(network: SpliceNetwork, windows: SiteWindows, *, batch: int) -> Fit:
    """Read windows, ``batch`` of them at once; bases near their ends, seen in part, do not count.

    Parameters
    ----------
    network
        In eval mode.
    windows
        At least one.
    """
    device = next(network.parameters()).device
    length = windows.codes.shape[1]
    margin = min(network.config.margin, length // 4)
    counts, total = np.zeros(3, int), 0.0
    for first in range(0, len(windows), batch):
        codes = torch.from_numpy(windows.codes[first : first + batch]).to(device)
        labels = windows.labels[first : first + batch].copy()
        labels[:, :margin] = labels[:, length - margin :] = UNKNOWN
        targets = torch.from_numpy(labels).long().to(device)
        total += F.cross_entropy(
            network(codes), targets, ignore_index=UNKNOWN, reduction="sum"
        ).item()
        counts += [np.count_nonzero(labels == kind) for kind in (NEITHER, DONOR, ACCEPTOR)]
    bases = max(int(counts.sum()), 1)
    shares = counts[counts > 0] / bases
    entropy = -float((shares * np.log(shares)).sum())
    return Fit(_KILOBASE * total / bases, _KILOBASE * entropy, int(counts[1:].sum()))
