from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from splicenet.genome.intervals import Interval
from splicenet.genome.species import Species
from splicenet.model.modelfile import load_model
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.training.batches import Batches
from splicenet.training.inherit import with_species
from splicenet.training.run import train_model
from splicenet.training.windows import TrainingGround


@pytest.fixture
def two(fly_species) -> list[Species]:
    return [replace(fly_species, name=name) for name in ("left", "right")]


def test_most_windows_are_told_and_some_are_not(two, settings, tiny):
    regions = ([Interval("NC_004353.4", 0, 300_000)], [Interval("NC_004353.4", 300_000, 600_000)])
    grounds = [TrainingGround.of(one, where) for one, where in zip(two, regions, strict=True)]
    config = NetworkConfig(**tiny, species=("right", "left"))
    batches = Batches(grounds, settings(batch_tokens=32_768), config, torch.device("cpu"))
    drawn = [batches.draw(step, 0.5) for step in range(10)]
    told = torch.cat([batch.species for batch in drawn])
    grounds_of = torch.cat([torch.from_numpy(batch.grounds) for batch in drawn])
    assert 0.05 < (told < 0).float().mean() < 0.25
    assert (told[told >= 0] == 1 - grounds_of[told >= 0]).all()
    assert set(told.tolist()) == {-1, 0, 1}
    plain = Batches(grounds, settings(), NetworkConfig(**tiny), torch.device("cpu"))
    assert plain.draw(0, 0.5).species is None


def test_trained_resumed_and_inherited(two, settings, tiny, tmp_path, monkeypatch):
    choices = {
        "settings": settings(steps=6, evaluations=2),
        "holdout": "NC_004353.4:600001-640000",
    }
    config = NetworkConfig(**tiny, species=("left", "right"))
    model = train_model(two, tmp_path / "m.splicenet", config=config, **choices)
    read = load_model(tmp_path / "m.splicenet")
    assert read.network.config.species == ("left", "right")
    bias = model.network.accent.bias
    assert bias.any(1).all()
    assert not torch.equal(bias[0], bias[1])
    # What is added is kept by name, and new species begin with nothing.
    onward = with_species(read.network, ("new", "right"))
    assert torch.equal(onward.accent.bias[1], bias[1])
    assert not onward.accent.bias[0].any()
    assert torch.equal(onward.coarse.accent.bias[1], model.network.coarse.accent.bias[1])
    assert torch.equal(onward.head.weight, model.network.head.weight)
    assert with_species(read.network, ("left", "right")) is read.network
    assert with_species(read.network, ()).accent is None
    # A file's species becomes the weights of a plain network.
    child = train_model(
        two[:1],
        tmp_path / "child.splicenet",
        config=NetworkConfig(**tiny),
        init=f"{tmp_path / 'm.splicenet'}:left",
        **choices,
    )
    assert child.network.config.species == ()


def test_a_network_without_them_gains_them_unchanged(tiny):
    torch.manual_seed(2)
    network = SpliceNetwork(NetworkConfig(**tiny)).eval()
    codes = torch.randint(0, 4, (2, 120))
    gained = with_species(network, ("a", "b")).eval()
    assert torch.equal(gained(codes, species=torch.tensor([0, 1])), network(codes))
