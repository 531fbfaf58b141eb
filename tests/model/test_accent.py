from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from splicenet.exceptions import ModelFileError
from splicenet.model.modelfile import Model, load_model, save_model
from splicenet.model.network import NetworkConfig, SpliceNetwork

SPECIES = ("fly", "worm")


@pytest.fixture
def network(tiny) -> SpliceNetwork:
    """Of two species, away from its quiet beginning."""
    torch.manual_seed(1)
    network = SpliceNetwork(NetworkConfig(**tiny, species=SPECIES))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return network.eval()


@pytest.fixture
def codes() -> torch.Tensor:
    return torch.randint(0, 5, (3, 333), dtype=torch.uint8, generator=torch.manual_seed(0))


@torch.no_grad()
def test_a_network_for_one_species_reads_as_one_that_is_told(network, codes):
    told = network(codes, species=torch.tensor([1, -1, 0]))
    for row, name in enumerate(("worm", None, "fly")):
        alone = network.for_species(name)
        assert alone.config.species == ()
        torch.testing.assert_close(alone(codes)[row], told[row], rtol=0, atol=1e-5)
        torch.testing.assert_close(alone.fused()(codes)[row], told[row], rtol=0, atol=1e-4)
    worm, fly = (network.for_species(name)(codes) for name in ("worm", "fly"))
    assert (worm - fly).abs().max() > 0.01
    assert torch.equal(network(codes), network.for_species("yeast")(codes))


def test_untold_windows_teach_no_species(network, codes):
    network(codes, species=torch.tensor([0, -1, -1]))[1:].square().sum().backward()
    for accent in (network.accent, network.coarse.accent):
        assert not accent.bias.grad.any()
    network(codes, species=torch.tensor([0, -1, -1])).square().sum().backward()
    for accent in (network.accent, network.coarse.accent):
        assert accent.bias.grad[0].any()
        assert not accent.bias.grad[1].any()


def test_it_begins_alike_for_all(tiny, codes):
    network = SpliceNetwork(NetworkConfig(**tiny, species=SPECIES)).eval()
    torch.nn.init.normal_(network.head.weight)
    assert network(codes).std() > 0.01
    assert torch.equal(network(codes, species=torch.tensor([0, 1, -1])), network(codes))


def test_a_model_file_keeps_them(network, codes, trained_model, tmp_path):
    path = tmp_path / "m.splicenet"
    save_model(path, Model(network, 100, trained_model.scale))
    read = load_model(path)
    assert read.network.config.species == SPECIES
    assert read.if_known("yeast") is read
    worm = read.for_species("worm")  # without a scale of its own
    assert worm.if_known("fly") is worm  # one species' weights are not read on another's scale
    assert worm.scale == read.scale
    assert torch.equal(worm.network(codes), network.for_species("worm")(codes))
    with pytest.raises(ModelFileError, match=r"nothing of its own for yeast.*fly, worm"):
        read.for_species("yeast")


def test_low_precision_stays_low(network, codes):
    x = torch.randn(3, network.config.channels, 8, dtype=torch.bfloat16)
    assert network.accent(x, torch.tensor([0, 1, -1])).dtype == torch.bfloat16


def test_a_plain_lstm_has_none(tiny):
    with pytest.raises(ValueError, match="no biases for species"):
        replace(NetworkConfig(**tiny), architecture="lstm", species=SPECIES)
