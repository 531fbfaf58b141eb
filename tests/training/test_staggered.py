"""Why the cuts of truncated BPTT move: what a fixed cut parts is never learned."""

from __future__ import annotations

import pytest
import torch

from splicenet.genome.labels import ACCEPTOR, DONOR, UNKNOWN
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.recurrence import Truncation
from splicenet.training.batches import Batch, stagger
from splicenet.training.descent import descend, make_optimizer

EVERY, CUE, SITE, WINDOWS, STEPS = 16, 12, 20, 32, 150


def batch(step: int, truncation: Truncation) -> Batch:
    """An A or a T, then C and G at random; the site, far from it, is a donor after an A alone."""
    rng = torch.Generator().manual_seed(step)
    donor = torch.randint(0, 2, (WINDOWS,), generator=rng) == 1
    codes = torch.randint(1, 3, (WINDOWS, SITE + 1), generator=rng, dtype=torch.uint8)
    codes[:, CUE] = torch.where(donor, 0, 3)
    labels = torch.full_like(codes, UNKNOWN)
    labels[:, SITE] = torch.where(donor, DONOR, ACCEPTOR)
    return Batch(codes, labels, codes.numel(), truncation=truncation)


@pytest.mark.parametrize("staggered", [True, False])
def test_a_dependency_across_a_boundary(settings, staggered):
    torch.manual_seed(0)
    config = NetworkConfig(architecture="lstm", cell="gru", hidden=16, site_prior=0.3)
    network = SpliceNetwork(config)
    choices = settings(weight_decay=0.0)
    optimizer = make_optimizer(network, choices)
    right = []
    for step in range(STEPS):
        cuts = stagger(EVERY, 1, step) if staggered else Truncation(EVERY)
        drawn = batch(step, cuts)
        descend(network, optimizer, drawn, choices, rate=2e-2)
        if step >= STEPS - 20:
            with torch.no_grad():
                said = network(drawn.codes)[:, :, SITE].argmax(1)
            right.append((said == drawn.labels[:, SITE]).float().mean())
    accuracy = torch.stack(right).mean()
    assert accuracy > 0.95 if staggered else accuracy < 0.7, accuracy
