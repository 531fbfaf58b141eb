"""Reptile: steps on one species, then a part of the way there."""

from __future__ import annotations

import signal
from dataclasses import replace

import pytest
import torch
from torch import nn

from splicenet.exceptions import TrainingError
from splicenet.genome.intervals import Interval
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.training.batches import Batches
from splicenet.training.course import checkpoint_path
from splicenet.training.descent import batch_losses
from splicenet.training.grounds import TrainingGround
from splicenet.training.loop import Trainer
from splicenet.training.meta import part_of_the_way
from splicenet.training.windows import WindowSampler

META = 3


@pytest.fixture(scope="module")
def grounds(fly_species, fly_files):
    return [
        TrainingGround.of(replace(fly_species, name=name), [Interval(fly_files.contig, start, end)])
        for name, start, end in (
            ("left", 100_000, 300_000),
            ("middle", 400_000, 600_000),
            ("right", 700_000, 900_000),
        )
    ]


@pytest.fixture
def batches(grounds, settings, tiny):
    def batches(number=3, **choices):
        chosen = settings(**{"meta": META, **choices})
        return Batches(grounds[:number], chosen, NetworkConfig(**tiny), torch.device("cpu"))

    return batches


def state(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_part_of_the_way(share):
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    before = state(module)
    with part_of_the_way(module, share):
        module(torch.randn(8, 3)).square().sum().backward()
        torch.optim.SGD(module.parameters(), lr=0.1).step()
        after = state(module)
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            torch.testing.assert_close(tensor, before[name] + share * (after[name] - before[name]))
        else:
            assert torch.equal(tensor, after[name])
    assert not torch.equal(before["0.weight"], after["0.weight"])
    assert not torch.equal(before["1.running_mean"], after["1.running_mean"])


def test_an_error_moves_nothing():
    module = nn.Linear(2, 2)
    with pytest.raises(ArithmeticError), part_of_the_way(module, 0.5):
        nn.init.ones_(module.weight)
        raise ArithmeticError
    assert (module.weight == 1).all()


def test_a_round_is_reptile(grounds, batches, settings, tiny, tmp_path):
    """Against steps written out: AdamW without momentum on one species, then towards its end."""
    rate = 1e-2
    chosen = settings(steps=META, meta=META, learning_rate=rate, warmup_steps=4, weight_decay=0.0)
    torch.manual_seed(0)
    network = SpliceNetwork(NetworkConfig(**tiny))
    begun = state(network)
    species, regions = grounds[0].species, grounds[0].regions
    trainer = Trainer(
        network, grounds, [(species, regions)], chosen, checkpoint=tmp_path / "c", identity={}
    )
    trainer.run()
    ended = state(network)

    network.load_state_dict(begun)
    source = batches(steps=META, learning_rate=rate)
    squares = {name: torch.zeros_like(p) for name, p in network.named_parameters()}
    for step in range(1, META + 1):
        network.zero_grad(set_to_none=True)
        sum(batch_losses(network, source.draw(step - 1, 0.0), chosen).values()).backward()
        nn.utils.clip_grad_norm_(network.parameters(), chosen.clip)
        with torch.no_grad():
            for name, p in network.named_parameters():
                if p.grad is not None:
                    squares[name].mul_(0.999).addcmul_(p.grad, p.grad, value=0.001)
                    p -= rate * p.grad / ((squares[name] / (1 - 0.999**step)).sqrt() + 1e-8)
    share = 1 / 4  # of the first step of a warm-up of four
    moved = 0.0
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            wanted = begun[name] + share * (tensor - begun[name])
            torch.testing.assert_close(ended[name], wanted, rtol=1e-4, atol=1e-5)
            moved += (wanted - begun[name]).abs().sum().item()
    assert moved > 1


def test_species_take_turns(batches, grounds):
    source = batches()
    rounds = [{source._ground(META * turn + step) for step in range(META)} for turn in range(30)]
    assert all(len(one) == 1 for one in rounds)
    order = [one.pop() for one in rounds]
    assert all(set(order[first : first + 3]) == {0, 1, 2} for first in range(0, 30, 3))
    assert len({tuple(order[first : first + 3]) for first in range(0, 30, 3)}) > 1
    assert batches(meta=None)._ground(5) is None


def test_a_round_draws_from_one_species_alone(batches, monkeypatch):
    drawn = []
    original = WindowSampler._draw_window

    def spy(sampler, length, index):
        drawn.append(index)
        return original(sampler, length, index)

    monkeypatch.setattr(WindowSampler, "_draw_window", spy)
    source = batches(length=512, batch_tokens=2048)
    source.draw(0, 0.0)
    source.draw(META, 0.0)
    assert len(set(drawn[:4])) == len(set(drawn[4:])) == 1
    assert drawn[0] != drawn[4]


def test_one_species_is_none_to_learn_from(batches):
    with pytest.raises(TrainingError, match="one species after the other"):
        batches(1)


def test_killed_within_a_round_and_resumed(train, fly_species, tmp_path, monkeypatch):
    """The signal is obeyed once the round is done."""
    species = (replace(fly_species, name="left"), replace(fly_species, name="right"))
    options = {"species": species, "steps": 9, "meta": META, "evaluations": 3, "holdout": 0.05}
    whole = train("whole", **options)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    original, drawn = WindowSampler.draw, []

    def interrupted(sampler, *given):
        drawn.append(1)
        if len(drawn) == META + 2:
            signal.raise_signal(signal.SIGINT)
        return original(sampler, *given)

    with monkeypatch.context() as patch:
        patch.setattr(WindowSampler, "draw", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train("broken", **options)
    signal.signal(signal.SIGINT, before)
    assert len(drawn) == 2 * META
    assert checkpoint_path(tmp_path / "broken.splicenet").exists()
    resumed = train("broken", resume=True, **options)
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, resumed.network.state_dict()[name])
    assert whole.record["training"]["meta"] == META
