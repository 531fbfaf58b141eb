from __future__ import annotations

import pytest
import torch

from splicenet.model.scan import linear_loop, linear_scan


def coefficients(steps, *, dtype=torch.float32, batch=2, hidden=3):
    generator = torch.manual_seed(steps)
    a = torch.rand(batch, steps, hidden, generator=generator, dtype=dtype)
    b = torch.randn(batch, steps, hidden, generator=generator, dtype=dtype)
    h0 = torch.randn(batch, hidden, generator=generator, dtype=dtype)
    return tuple(tensor.requires_grad_() for tensor in (a, b, h0))


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 16, 17, 1000, 8192])
def test_scan_is_the_loop(steps):
    inputs = coefficients(steps)
    torch.testing.assert_close(linear_scan(*inputs), linear_loop(*inputs), rtol=0, atol=1e-5)


def test_gradients_are_those_of_the_loop():
    inputs = coefficients(1000)
    weights = torch.randn(2, 1000, 3, generator=torch.manual_seed(0))
    scanned = torch.autograd.grad((linear_scan(*inputs) * weights).sum(), inputs)
    looped = torch.autograd.grad((linear_loop(*inputs) * weights).sum(), inputs)
    for one, other in zip(scanned, looped, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("steps", [1, 4, 7])
def test_gradients_against_finite_differences(steps):
    inputs = coefficients(steps, dtype=torch.float64)
    assert torch.autograd.gradcheck(linear_scan, inputs)
    assert torch.autograd.gradgradcheck(linear_scan, inputs)


def test_coefficients_of_nought_do_no_harm():
    a, b, h0 = coefficients(100)
    nought = torch.zeros_like(a)
    states = linear_scan(nought, b, h0)
    assert torch.equal(states, b)
    grads = torch.autograd.grad(states.sum(), (b, h0))
    assert torch.equal(grads[0], torch.ones_like(b))
    assert not grads[1].any()
