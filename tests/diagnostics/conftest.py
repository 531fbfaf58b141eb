"""Small networks whose answer is known, and real windows to read."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(scope="session")
def network():
    """``network(cell, ...)``: a plain one-layer network whose head is not silent."""
    from splicenet.model.network import NetworkConfig, SpliceNetwork

    def network(cell="rnn", **chosen):
        torch.manual_seed(1)
        options = {"architecture": "lstm", "cell": cell, "hidden": 8, "rank": 4} | chosen
        made = SpliceNetwork(NetworkConfig(**options)).eval()
        torch.nn.init.normal_(made.head.weight)
        return made

    return network


@pytest.fixture(scope="session")
def windows(fly_species, fly_files):
    """Eight windows of 256 bases around real sites."""
    from splicenet.diagnostics.windows import draw_sites, site_windows
    from splicenet.genome.intervals import Interval

    region = Interval(fly_files.contig, 500_000, 700_000)
    return site_windows(fly_species, draw_sites(fly_species, [region], 8, seed=1), 256)
