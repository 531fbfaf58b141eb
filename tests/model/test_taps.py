"""A convolution that learns tap by tap has torch's own gradients."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from splicenet.model import convolution, taps
from splicenet.model.convolution import Convolution
from splicenet.model.taps import learns_by_taps, tapwise


@pytest.mark.parametrize(
    ("padding", "dilation"), [(0, 1), (3, 1), (6, 1), (0, 4), (3, 4), (12, 4), (24, 4)]
)
@pytest.mark.parametrize("stepwise", [True, False])
def test_gradients_are_those_of_torch(padding, dilation, stepwise):
    torch.manual_seed(0)
    x = torch.randn(3, 6, 40, dtype=torch.float64)
    if stepwise:
        x = x.mT.contiguous().mT
    given = [x, torch.randn(5, 6, 7, dtype=torch.float64), torch.randn(5, dtype=torch.float64)]
    ours = [one.clone().requires_grad_() for one in given]
    theirs = [one.clone().requires_grad_() for one in given]
    found = tapwise(*ours, padding, dilation)
    expected = F.conv1d(*theirs, padding=padding, dilation=dilation)
    torch.testing.assert_close(found, expected)
    slopes = torch.randn_like(expected)
    found.backward(slopes)
    expected.backward(slopes)
    for our, their in zip(ours, theirs, strict=True):
        torch.testing.assert_close(our.grad, their.grad)


def test_nothing_is_computed_of_what_does_not_learn(monkeypatch):
    x, weight = torch.randn(2, 4, 30), torch.randn(5, 4, 3)
    calls = []
    for name in ("as_images", "_of_weight"):
        monkeypatch.setattr(taps, name, _counted(getattr(taps, name), name, calls))
    tapwise(x, weight.requires_grad_(), None, 1, 1).sum().backward()
    assert calls == ["as_images", "_of_weight"], "forward, and the weights' gradient"
    calls.clear()
    tapwise(x.requires_grad_(), weight.detach(), None, 1, 1).sum().backward()
    assert calls == ["as_images", "as_images"], "forward, and the gradient of what came in"


def _counted(function, name, calls):
    def counted(*of):
        calls.append(name)
        return function(*of)

    return counted


def test_a_layer_learns_by_taps_what_it_learns_by_torch(avx2):
    torch.manual_seed(0)
    layer, reference = (Convolution(4, 6, 3, padding=2, dilation=2) for _ in range(2))
    reference.load_state_dict(layer.state_dict())
    x, theirs = (torch.randn(2, 4, 50).requires_grad_() for _ in range(2))
    theirs.data.copy_(x.data)
    layer(x).square().sum().backward()
    nn.Conv1d.forward(reference, theirs).square().sum().backward()
    torch.testing.assert_close(layer.weight.grad, reference.weight.grad)
    torch.testing.assert_close(layer.bias.grad, reference.bias.grad)
    torch.testing.assert_close(x.grad, theirs.grad)


@pytest.fixture
def avx2(monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")


@pytest.fixture
def asked(monkeypatch):
    """How often convolutions were told to learn by taps."""
    calls = []
    monkeypatch.setattr(convolution, "tapwise", _counted(tapwise, "tapwise", calls))
    return calls


def test_is_taken_where_weights_are_learned_in_full_precision(avx2, asked):
    layer, x = Convolution(4, 4, 3, padding=1), torch.randn(1, 4, 9)
    layer(x)
    assert len(asked) == 1
    with torch.no_grad():
        layer(x)
    with torch.autocast("cpu", torch.bfloat16):
        layer(x)
    layer.requires_grad_(False)(x.requires_grad_())
    assert len(asked) == 1


def test_is_left_where_it_was_not_measured(monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    assert not learns_by_taps(torch.zeros(1))
