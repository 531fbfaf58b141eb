"""Networks and sequences to explain."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from splicenet.model.network import NetworkConfig, SpliceNetwork


@pytest.fixture(params=["hybrid", "conv", "lstm"])
def network(request, tiny):
    """A network in which every level has a say."""
    torch.manual_seed(1)
    shape = {**tiny, "architecture": request.param, "cell": "lstm"}
    network = SpliceNetwork(NetworkConfig(**shape))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 2)
        network.head.weight.normal_()
        network.head.bias.zero_()
    return network.eval()


@pytest.fixture
def codes():
    """Three sequences with some unknown bases, whose length no stride divides."""
    codes = np.random.default_rng(0).integers(0, 4, (3, 101), dtype=np.uint8)
    codes[1, :7] = codes[2, 60] = 4
    return codes


@pytest.fixture
def kinds():
    return np.array([1, 2, 1])
