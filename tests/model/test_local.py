from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from splicenet.model.cells import CELLS
from splicenet.model.local import LocalReader, can_read_locally
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.scoring import site_probabilities


def shaken(config):
    """A network in which every level has a say."""
    torch.manual_seed(1)
    network = SpliceNetwork(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        network.head.weight.normal_()
        network.head.bias.zero_()
    return network.eval()


@pytest.fixture(params=["conv", *CELLS])
def network(request, tiny):
    changed = {"cell": request.param} if request.param in CELLS else {"architecture": "conv"}
    return shaken(NetworkConfig(**{**tiny, **changed}))


@pytest.fixture
def codes():
    return np.random.default_rng(0).integers(0, 4, (2, 128 * 40), dtype=np.uint8)


def test_what_can_be_read_in_parts(tiny):
    config = NetworkConfig(**tiny)
    for changed, can in (
        ({}, True),
        ({"architecture": "conv", "layers": 2}, True),
        ({"layers": 2}, False),
        ({"architecture": "lstm"}, False),
    ):
        assert can_read_locally(SpliceNetwork(replace(config, **changed))) == can


def test_the_reference_is_what_the_network_says(network, codes):
    probabilities, _ = LocalReader(network).reference(codes)
    np.testing.assert_allclose(probabilities, site_probabilities(network, codes), atol=1e-5)


def test_a_change_read_nearby_is_the_change_read_from_afar(network, codes):
    local = LocalReader(network)
    _, states = local.reference(codes)
    changed = codes.copy()
    at = (20 * local.cell + 5, 21 * local.cell - 7)
    for row, position in enumerate(at):
        changed[row, position : position + 3] = (changed[row, position : position + 3] + 1) % 4
    cells = 2 * local.reach // local.cell
    first, last = (20 - cells) * local.cell, (21 + cells) * local.cell
    inner = slice(first + local.reach, last - local.reach)
    incoming = [
        states.of(row).at(inner.start // local.cell, inner.stop // local.cell) for row in range(2)
    ]
    read = local.changed(changed[:, first:last], incoming)
    expected = site_probabilities(network, changed)[..., inner]
    used = slice(local.cell, -local.cell)
    np.testing.assert_allclose(read[..., used], expected[..., used], atol=1e-5)
    before = site_probabilities(network, codes)[..., inner][..., used]
    assert np.abs(expected[..., used] - before).max() > 0.01, "the change must show"
