"""A motif at a random distance decides the label: the explanation must find it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from splicenet.attribution.integrated import integrated_gradients
from splicenet.attribution.mutagenesis import mutagenesis
from splicenet.genome.alphabet import encode
from splicenet.model.cells import CELLS
from splicenet.model.network import NetworkConfig, SpliceNetwork

LENGTH, CENTRE = 64, 32
MOTIF = encode("GTCAGA")


def planted(random, count):
    """Sequences (N, L), half of them with the motif; and where it lies, (N, L) bool."""
    codes = random.integers(0, 4, (count, LENGTH), dtype=np.uint8)
    inside = np.zeros(codes.shape, bool)
    for row in range(0, count, 2):
        start = random.integers(0, LENGTH - len(MOTIF))
        codes[row, start : start + len(MOTIF)] = MOTIF
        inside[row, start : start + len(MOTIF)] = True
    return codes, inside


def trained(config, steps):
    """Network that calls the middle a donor where the motif is somewhere; its accuracy."""
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    network = SpliceNetwork(config)
    descent = torch.optim.Adam(network.parameters(), 5e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(descent, 1e-2, total_steps=steps)
    right = 0.0
    for _ in range(steps):
        codes, inside = planted(random, 64)
        label = torch.from_numpy(inside.any(1).astype(np.int64))
        logits = network(torch.from_numpy(codes))[..., CENTRE]
        loss = torch.nn.functional.cross_entropy(logits, label)
        descent.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        descent.step()
        schedule.step()
        right = 0.9 * right + 0.1 * float((logits.argmax(1) == label).float().mean())
    return network.eval(), right


def auroc(scores, inside):
    rank = scores.argsort().argsort() + 1
    hits = inside.sum()
    return (rank[inside].sum() - hits * (hits + 1) / 2) / (hits * (len(rank) - hits))


def found(config, steps):
    network, right = trained(config, steps)
    assert right > 0.9, "it must have learned the rule"
    codes, inside = planted(np.random.default_rng(1), 40)
    codes, inside = codes[::2], inside[::2]
    kinds = np.ones(len(codes), dtype=np.int64)
    ism = mutagenesis(network, codes, kinds, centre=CENTRE)
    ig = integrated_gradients(network, codes, kinds, centre=CENTRE, shuffles=10, tolerance=0.009)
    assert (ig.delta <= np.maximum(0.01 * np.abs(ig.score - ig.reference), 1e-3)).all()
    return [
        np.mean([auroc(np.abs(row), at) for row, at in zip(one.actual(codes), inside, strict=True)])
        for one in (ism, ig)
    ]


def only_the_cell_reaches(**more):
    """A network whose convolutions see 13 bases to either side; the motif may lie 32 away."""
    config = NetworkConfig(
        channels=16,
        kernel=3,
        coarse_channels=24,
        coarse_kernel=3,
        coarse_dilations=(1,),
        hidden=24,
        site_prior=0.25,
        **more,
    )
    assert config.margin < CENTRE / 2
    return config


def test_the_motif_comes_first():
    config = NetworkConfig(
        channels=16, coarse_channels=24, coarse_dilations=(1, 2, 4), hidden=12, site_prior=0.25
    )
    assert min(found(config, 150)) > 0.95


@pytest.mark.long
@pytest.mark.parametrize("cell", CELLS)
def test_the_motif_comes_first_for_every_cell(cell):
    assert min(found(only_the_cell_reaches(cell=cell), 300)) > 0.95
