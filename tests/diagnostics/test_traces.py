from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from splicenet.diagnostics.traces import trace_backward
from splicenet.model.cells import CELLS


def _trace(network, windows):
    codes = torch.from_numpy(windows.codes)
    targets = torch.from_numpy(windows.labels[:, windows.middle]).long()
    return codes, targets, trace_backward(network, codes, targets, windows.middle)


@pytest.mark.parametrize("cell", CELLS)
def test_costates_end_where_reading_ends_at_the_site(network, windows, cell):
    _, _, traces = _trace(network(cell), windows)
    assert set(traces) == {(0, 0), (0, 1)}
    for (_, direction), trace in traces.items():
        assert trace.site == (127 if direction else 128)
        assert trace.bases == 1
        costates = torch.cat(trace.costates, -1)
        assert costates[:, : trace.site + 1].abs().sum(-1).gt(0).any(0)[-1]
        assert (costates[:, trace.site + 1 :] == 0).all()
        assert trace.inputs.shape == (8, 256, 4)


def test_costates_of_a_plain_network_agree_with_the_gradient_of_the_input(network, windows):
    made = network("rnn")
    codes, targets, traces = _trace(made, windows)
    bases = F.one_hot(codes.long(), 5)[..., :4].float().requires_grad_()
    loss = F.cross_entropy(made.read(bases)[..., windows.middle], targets, reduction="sum")
    (expected,) = torch.autograd.grad(loss, bases)
    found = torch.zeros_like(expected)
    for (_, direction), trace in traces.items():
        slope = 1 - trace.states[0] ** 2  # of tanh
        back = (trace.costates[0] * slope) @ trace.cell.rnn.weight_ih_l0
        found += back.flip(1) if direction else back
    assert torch.allclose(found, expected.detach(), atol=1e-6)
    assert expected.abs().sum() > 0


def test_costates_obey_the_adjoint_recursion(network, windows):
    made = network("lstm")
    _, _, traces = _trace(made, windows)
    trace = traces[0, 0]
    before = torch.cat([part[:, trace.site - 3] for part in trace.states], -1).requires_grad_()
    _, after = trace.cell(trace.inputs[:, trace.site - 2, None], before.split(8, dim=-1))
    costate = torch.cat([part[:, trace.site - 2] for part in trace.costates], -1)
    (expected,) = torch.autograd.grad((torch.cat(after, -1) * costate).sum(), before)
    found = torch.cat([part[:, trace.site - 3] for part in trace.costates], -1)
    assert torch.allclose(found, expected, atol=1e-7)


def test_a_slower_upper_layer_and_a_hybrid_know_their_bases_a_step(network, windows, tiny):
    slow = network("gru", layers=2, layer_stride=4)
    _, _, traces = _trace(slow, windows)
    assert {key: (trace.bases, trace.site) for key, trace in traces.items()} == {
        (0, 0): (1, 128), (0, 1): (1, 127), (1, 0): (4, 32), (1, 1): (4, 31),
    }  # fmt: skip
    _, _, traces = _trace(network("lstm", **tiny | {"architecture": "hybrid"}), windows)
    assert {trace.bases for trace in traces.values()} == {8}


def test_nothing_is_left_behind(network, windows):
    made = network("orthogonal")
    before = made(torch.from_numpy(windows.codes))
    _trace(made, windows)
    assert all(parameter.grad is None for parameter in made.parameters())
    assert not made.training
    assert not any(module._forward_pre_hooks for module in made.modules())
    assert torch.equal(before, made(torch.from_numpy(windows.codes)))
