from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest
import torch

from splicenet.model.network import CLASSES, Architecture, NetworkConfig, SpliceNetwork

ARCHITECTURES = get_args(Architecture)


@pytest.fixture
def config(tiny) -> NetworkConfig:
    return NetworkConfig(**tiny)


@pytest.fixture
def codes() -> torch.Tensor:
    return torch.randint(0, 5, (3, 333), dtype=torch.uint8, generator=torch.manual_seed(0))


def shaken(config: NetworkConfig, codes: torch.Tensor) -> SpliceNetwork:
    """A network away from its quiet beginning, with running averages that say something."""
    torch.manual_seed(1)
    network = SpliceNetwork(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    network.train()
    for _ in range(3):
        network(codes)
    return network.eval()


def test_every_step_of_the_recurrent_level_hears_something_else():
    """Even where all units but one lie below zero, and that one far above."""
    torch.manual_seed(0)
    level = SpliceNetwork(NetworkConfig()).coarse.recurrent
    with torch.no_grad():
        level.down.bias.fill_(-1000.0)
        level.down.bias[0] = 1000.0
        steps = level.steps(10 * torch.rand(1, 64, 512))
    assert (steps[..., 1:].std(dim=1) > 1e-4).all()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_logits_for_every_base_whatever_the_length(config, architecture):
    config = replace(config, architecture=architecture)
    network = SpliceNetwork(config).eval()
    for length in (1, config.phase + 1, 7 * config.phase - 1):
        logits = network(torch.zeros((2, length), dtype=torch.uint8))
        assert logits.shape == (2, len(CLASSES), length)
        assert logits.dtype == torch.float32


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_untrained_network_expects_few_sites(config, architecture, codes):
    network = SpliceNetwork(replace(config, architecture=architecture)).eval()
    sites = network(codes).softmax(1)[:, 1:]
    torch.testing.assert_close(sites, torch.full_like(sites, config.site_prior), rtol=0.01, atol=0)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_fused_network_says_the_same(config, architecture, codes):
    network = shaken(replace(config, architecture=architecture), codes)
    with torch.inference_mode():
        before, fused = network(codes), network.fused()(codes)
    torch.testing.assert_close(fused, before, rtol=0, atol=1e-4)
    assert before.std() > 0.1, "the comparison must compare something"


def test_fusing_leaves_the_network_as_it_was(config, codes):
    network = shaken(config, codes)
    kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network.fused()
    assert all(torch.equal(kept[name], tensor) for name, tensor in network.state_dict().items())


def test_hybrid_begins_as_its_convolutions(config, codes):
    torch.manual_seed(1)
    hybrid = SpliceNetwork(config).eval()
    conv = SpliceNetwork(replace(config, architecture="conv")).eval()
    missing, unexpected = conv.load_state_dict(hybrid.state_dict(), strict=False)
    assert not missing
    assert unexpected, "the recurrent level has weights of its own"
    torch.nn.init.normal_(hybrid.head.weight)  # the head, too, begins at nothing
    conv.head.weight.data.copy_(hybrid.head.weight)
    with torch.inference_mode():
        torch.testing.assert_close(hybrid(codes), conv(codes), rtol=0, atol=1e-6)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_an_unknown_base_is_no_input(config, architecture):
    """A window's end padded with N reads like one padded by the convolutions' own zeros."""
    network = shaken(replace(config, architecture=architecture), torch.zeros((2, 64)).long())
    seen = []
    first = network.plain if architecture == "lstm" else network.stem
    first.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    network(torch.tensor([[4, 0, 4, 3]]))
    bases = seen[0][0] if architecture == "lstm" else seen[0][0].T
    assert bases[:4].tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    assert not bases[4:].any()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_configuration_survives_json(config, architecture):
    config = replace(config, architecture=architecture)
    assert NetworkConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"wings": 2}, "wings"),
        ({"architecture": "transformer"}, "hybrid, lstm, conv"),
        ({"kernel": 4}, "odd"),
        ({"coarse_kernel": 4}, "odd"),
        ({"channels": 0}, "channels"),
        ({"hidden": -1}, "hidden"),
    ],
)
def test_senseless_configurations_are_refused(config, changed, message):
    with pytest.raises((TypeError, ValueError), match=message):
        NetworkConfig.from_dict(config.to_dict() | changed)


def test_frozen_parts_keep_weights_and_running_averages(config, codes):
    torch.manual_seed(1)
    network = SpliceNetwork(config)
    torch.nn.init.normal_(network.head.weight)
    network.freeze([network.stem, network.trunk])
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=0.1)
    network.train()
    network(codes).square().sum().backward()
    optimizer.step()
    changed = {
        name
        for name, tensor in network.state_dict().items()
        if not torch.equal(before[name], tensor)
    }
    assert not {name for name in changed if name.startswith(("stem", "trunk"))}
    assert any(name.startswith("last") and "running_mean" in name for name in changed)
    assert "head.weight" in changed


def test_windows_a_phase_apart_are_read_alike(config, codes):
    """What the scan relies on: shifting by the phase shifts the answer."""
    network = shaken(replace(config, architecture="conv"), codes)
    margin = network.config.reach + network.config.phase
    sequence = torch.randint(0, 4, (1, 4 * margin), generator=torch.manual_seed(2))
    with torch.inference_mode():
        whole = network(sequence)
        shifted = network(sequence[:, network.config.phase :])
    inner = slice(margin, 2 * margin)
    expected = whole[..., network.config.phase :][..., inner]
    torch.testing.assert_close(shifted[..., inner], expected, rtol=0, atol=1e-4)


def test_padding_counts_in_no_average(config, codes):
    """In training a padded window leaves the running averages that it leaves alone."""
    config = replace(config, architecture="conv")
    alone, padded = (SpliceNetwork(config) for _ in range(2))
    padded.load_state_dict(alone.state_dict())
    length = codes.shape[1] // config.phase * config.phase
    window = codes[:1, :length]
    assert (window < 4).any()
    beyond = torch.cat([window, torch.full((1, 4 * config.phase), 4)], dim=1)
    alone.train()(window)
    padded.train()(beyond, lengths=torch.tensor([length]))
    for name, tensor in alone.state_dict().items():
        torch.testing.assert_close(padded.state_dict()[name], tensor, rtol=1e-5, atol=1e-6)
