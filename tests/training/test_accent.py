from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from splicenet.genome.intervals import Interval
from splicenet.genome.species import Species
from splicenet.model.modelfile import load_model
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.training.batches import Batches
from splicenet.training.finish import calibrated_model
from splicenet.training.grounds import TrainingGround
from splicenet.training.inherit import freeze_parts, open_parent, with_species
from splicenet.training.run import train_model
from splicenet.training.validation import validation_precision
from splicenet.training.windows import WindowSampler


@pytest.fixture
def two(fly_species) -> list[Species]:
    return [replace(fly_species, name=name) for name in ("left", "right")]


@pytest.mark.parametrize(
    ("choices", "lowest", "highest"),
    [({}, 0.05, 0.25), ({"untold": 0.5}, 0.3, 0.7), ({"untold": 1}, 1, 1)],
)
def test_so_many_windows_are_not_told(choices, lowest, highest, two, settings, tiny):
    regions = ([Interval("NC_004353.4", 0, 300_000)], [Interval("NC_004353.4", 300_000, 600_000)])
    grounds = [TrainingGround.of(one, where) for one, where in zip(two, regions, strict=True)]
    config = NetworkConfig(**tiny, species=("right", "left"))
    chosen = settings(batch_tokens=32_768, **choices)
    batches = Batches(grounds, chosen, config, torch.device("cpu"))
    drawn = [batches.draw(step, 0.5) for step in range(10)]
    told = torch.cat([batch.species for batch in drawn])
    grounds_of = torch.cat([torch.from_numpy(batch.grounds) for batch in drawn])
    assert lowest <= (told < 0).float().mean() <= highest
    assert (told[told >= 0] == 1 - grounds_of[told >= 0]).all()
    assert set(told.tolist()) == ({-1, 0, 1} if lowest < 1 else {-1})
    assert set(grounds_of.tolist()) == {0, 1}
    plain = Batches(grounds, settings(), NetworkConfig(**tiny), torch.device("cpu"))
    assert plain.draw(0, 0.5).species is None


@pytest.fixture
def choices(settings):
    return {
        "settings": settings(steps=6, evaluations=2),
        "holdout": "NC_004353.4:600001-640000",
    }


def same(one: SpliceNetwork, other: SpliceNetwork) -> bool:
    mine, theirs = one.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[k], theirs[k]) for k in mine)


def test_trained_and_inherited(two, choices, tiny, tmp_path):
    config = NetworkConfig(**tiny, species=("left", "right"))
    path = tmp_path / "m.splicenet"
    model = train_model(two, path, config=config, **choices)
    read = load_model(path)
    assert read.network.config.species == ("left", "right")
    assert set(read.record["untold_metrics"]) == set(read.record["metrics"]) == {"left", "right"}
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
    left = open_parent(f"{path}:left", (), "last").network
    assert same(left, read.network.for_species("left"))
    assert not same(left, read.network.for_species(None))


def test_killed_and_resumed_it_gives_the_same_weights(two, choices, tiny, tmp_path, monkeypatch):
    config = NetworkConfig(**tiny, species=("left", "right"))
    whole = train_model(two, tmp_path / "whole.splicenet", config=config, **choices)
    original, drawn = WindowSampler.draw, []

    def interrupted(sampler, *arguments):
        drawn.append(1)
        if len(drawn) == 4:
            raise KeyboardInterrupt
        return original(sampler, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(WindowSampler, "draw", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train_model(two, tmp_path / "killed.splicenet", config=config, **choices)
    resumed = train_model(two, tmp_path / "killed.splicenet", config=config, resume=True, **choices)
    assert same(whole.network, resumed.network)


def test_frozen_parts_keep_them(tiny):
    network = SpliceNetwork(NetworkConfig(**tiny, species=("a", "b")))
    freeze_parts(network, ["trunk"])
    assert not network.accent.bias.requires_grad
    assert network.coarse.accent.bias.requires_grad
    freeze_parts(network, ["coarse"])
    assert not network.coarse.accent.bias.requires_grad


def test_species_are_validated_and_calibrated_as_they_are_read(two, tiny, trained_model):
    """Biases that spoil one species do not touch the other, nor a genome that is not known."""
    network = with_species(trained_model.network, ("left", "right"))
    with torch.no_grad():
        network.accent.bias[0].normal_(generator=torch.manual_seed(1))
    parts = [(one, [Interval("NC_004353.4", 100_000, 500_000)]) for one in two]
    plain = trained_model.network

    def precision(reader, part):
        return validation_precision(reader, [part], 200_000)

    assert torch.equal(precision(network, parts[1]), precision(plain, parts[1]))
    assert not torch.equal(precision(network, parts[0]), precision(plain, parts[0]))
    model, as_before = (
        calibrated_model(reader, parts, validation_bases=80_000, seed=1)
        for reader in (network, plain)
    )
    assert model.scale == as_before.scale
    assert model.species["right"] == as_before.species["right"]
    assert model.species["left"] != as_before.species["left"]


def test_a_network_without_them_gains_them_unchanged(tiny):
    torch.manual_seed(2)
    network = SpliceNetwork(NetworkConfig(**tiny)).eval()
    torch.nn.init.normal_(network.head.weight)
    codes = torch.randint(0, 4, (2, 120))
    gained = with_species(network, ("a", "b")).eval()
    assert network(codes).std() > 0.01
    assert torch.equal(gained(codes, species=torch.tensor([0, 1])), network(codes))
