from __future__ import annotations

import pytest
import torch

from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.training.batches import Batch
from splicenet.training.descent import NotFinite, descend, make_optimizer


@pytest.fixture
def network(tiny):
    torch.manual_seed(0)
    return SpliceNetwork(NetworkConfig(**tiny))


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(1)
    codes = torch.randint(0, 4, (2, 256), generator=generator, dtype=torch.uint8)
    return Batch(codes, codes % 3, 512)


@pytest.fixture
def step(network, batch, settings):
    """``step(clip=...)``: one step; gives the :class:`Step`."""

    def step(**choices):
        chosen = settings(**choices)
        return descend(network, make_optimizer(network, chosen), batch, chosen, rate=1e-3)

    return step


def gradients(network) -> list[torch.Tensor]:
    return [p.grad.clone() for p in network.parameters() if p.grad is not None]


def largest(network) -> float:
    return max(gradient.abs().max().item() for gradient in gradients(network))


def test_the_norm_is_clipped_and_told(network, step):
    wide = step(clip=1e9)
    assert not wide.clipped
    assert wide.norm == pytest.approx(torch.cat([g.ravel() for g in gradients(network)]).norm())
    narrow = step(clip=wide.norm / 10)
    assert narrow.clipped
    assert torch.cat([g.ravel() for g in gradients(network)]).norm() < wide.norm / 5


def test_values_are_clipped_before_the_norm(network, step):
    step(clip=1e9)
    limit = largest(network) / 10
    assert step(clip=1e9, clip_value=limit).clipped
    assert largest(network) == pytest.approx(limit)
    assert not step(clip=1e9, clip_value=1e9).clipped


def plant(network, name: str, value: float) -> None:
    network.get_parameter(name).register_hook(lambda gradient: torch.full_like(gradient, value))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e30])
def test_the_parameter_whose_gradient_fails_is_named(network, step, value):
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    plant(network, "coarse.down.weight", value)
    plant(network, "stem.weight", value)  # the gradient reaches it later
    with pytest.raises(NotFinite, match=r"the gradient of coarse\.down\.weight is not finite"):
        step()
    assert all(torch.equal(p, before[name]) for name, p in network.named_parameters())


def test_values_are_not_clipped_to_hide_an_infinite_one(network, step):
    plant(network, "stem.weight", float("inf"))
    with pytest.raises(NotFinite, match=r"the gradient of stem\.weight"):
        step(clip_value=1.0)


def test_a_weight_that_is_no_number_is_named(network, step):
    with torch.no_grad():
        network.coarse.down.weight[0, 0] = float("nan")
    with pytest.raises(NotFinite, match=r"^coarse\.down\.weight is not finite"):
        step()


def test_biases_and_normalisations_do_not_decay(network, settings):
    optimizer = make_optimizer(network, settings(weight_decay=0.1))
    decayed = {id(p) for group in optimizer.param_groups[:1] for p in group["params"]}
    for name, parameter in network.named_parameters():
        assert (id(parameter) in decayed) == (parameter.ndim > 1), name
