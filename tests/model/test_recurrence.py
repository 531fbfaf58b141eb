from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from splicenet.model.cells import CELLS
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.recurrence import Recurrence, Truncation

INPUTS, HIDDEN = 3, 4


def recurrence(**options) -> Recurrence:
    """In float64: a normalisation of small numbers blows up what float32 leaves out."""
    torch.manual_seed(1)
    made = Recurrence(INPUTS, HIDDEN, **{"rank": 2} | options).double()
    for parameter in made.up.parameters():  # which begin at nothing
        torch.nn.init.normal_(parameter)
    return made


def numbers(*shape):
    return torch.randn(*shape, generator=torch.manual_seed(0), dtype=torch.float64)


def prefix(lengths, steps):
    return torch.arange(steps) < torch.tensor(lengths)[:, None]


def gradients(made, x, mask=None, **options):
    """Of the parameters and the input, for a loss that hears every step."""
    x = x.clone().requires_grad_()
    y = made(x, mask, **options)
    loss = (y * torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view_as(y)).sum()
    return torch.autograd.grad(loss, (x, *made.parameters()))


def assert_alike(one, other, atol=1e-10):
    for a, b in zip(one, other, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=atol)


STACKS = [{}, {"layers": 2}, {"layers": 3, "layer_stride": 2}]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("truncation", [None, Truncation(4, 1)])
def test_padded_reads_as_alone(cell, stack, truncation):
    made, lengths = recurrence(cell=cell, **stack), [13, 6, 1, 8]
    x = numbers(4, 13, INPUTS)
    padded = made(x, prefix(lengths, 13), truncation=truncation)
    for row, length in enumerate(lengths):
        alone = made(x[row : row + 1, :length])
        torch.testing.assert_close(padded[row, :length], alone[0], rtol=0, atol=1e-10)
        assert not padded[row, length:].any()


def test_an_lstm_is_that_of_torch():
    made = recurrence(layers=2)
    torchs = torch.nn.LSTM(INPUTS, HIDDEN, 2, batch_first=True, bidirectional=True).double()
    with torch.no_grad():
        for level, layer in enumerate(made.layers):
            for cell, suffix in ((layer.forward_cell, ""), (layer.backward_cell, "_reverse")):
                for name, weight in cell.rnn.named_parameters():
                    name = f"{name.removesuffix('_l0')}_l{level}{suffix}"
                    torchs.get_parameter(name).copy_(weight)
    x = numbers(2, 9, INPUTS)
    torch.testing.assert_close(made(x), torchs(x)[0], rtol=0, atol=1e-10)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("offset", [0, 12, 40])
def test_cuts_beyond_the_end_change_nothing(stack, offset):
    made, x = recurrence(**stack), numbers(2, 12, INPUTS)
    assert_alike(gradients(made, x, truncation=Truncation(12, offset)), gradients(made, x), atol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_no_gradient_crosses_a_cut(cell):
    made, cuts = recurrence(cell=cell), [3, 7, 11]
    x = numbers(1, 14, INPUTS).requires_grad_()
    y = made(x, truncation=Truncation(4, 3))
    torch.testing.assert_close(y, made(x), rtol=0, atol=1e-10)  # the states cross
    for step in range(14):
        felt = torch.autograd.grad(y[0, step].sum(), x, retain_graph=True)[0][0].abs().sum(1)
        first = max([0, *(cut for cut in cuts if cut <= step)])
        last = min([14, *(cut for cut in cuts if cut > step)])
        assert (felt[first:last] > 0).all()
        assert not felt[:first].any()
        assert not felt[last:].any()


def test_slow_layers_are_cut_in_their_own_time():
    assert Truncation(6, 5).cuts(10, pace=3) == {1, 3, 5, 7, 9}
    made = recurrence(layers=2, layer_stride=2)
    x = numbers(1, 12, INPUTS).requires_grad_()
    felt = torch.autograd.grad(made(x, truncation=Truncation(4, 4))[0, 5].sum(), x)[0][0]
    felt = felt.abs().sum(1)
    assert (felt[4:8] > 0).all()
    assert not felt[:4].any()
    assert not felt[8:].any()


@pytest.mark.parametrize(("every", "offset"), [(0, 0), (-3, 0), (4, -1)])
def test_senseless_cuts_are_refused(every, offset):
    with pytest.raises(ValueError, match="at least a step"):
        Truncation(every, offset)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("stack", STACKS)
def test_recomputed_gradients_are_the_same(cell, stack):
    made, x = recurrence(cell=cell, **stack), numbers(3, 13, INPUTS)
    mask = prefix([13, 7, 4], 13)
    assert_alike(gradients(made, x, mask, recompute=4), gradients(made, x, mask))
    cut = Truncation(5, 2)
    assert_alike(
        gradients(made, x, truncation=cut, recompute=4), gradients(made, x, truncation=cut)
    )


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("stack", STACKS)
def test_watching_changes_nothing_and_sees_every_state(cell, stack):
    made, x = recurrence(cell=cell, **stack), numbers(2, 5, INPUTS)
    seen = []
    y = made(x, watch=lambda layer, direction, t, state: seen.append((layer, direction, t)))
    torch.testing.assert_close(y, made(x), rtol=0, atol=1e-10)
    steps = [5, 3, 2] if "layer_stride" in stack else [5] * stack.get("layers", 1)
    expected = [(k, d, t) for k, n in enumerate(steps) for d in (0, 1) for t in range(n)]
    assert sorted(seen) == expected


@pytest.mark.parametrize("cell", CELLS)
def test_the_gradient_of_a_watched_state_is_the_costate(cell):
    """All that the loss hears of a state goes through it: its own output and all later ones."""
    made, x = recurrence(cell=cell), numbers(1, 6, INPUTS)
    states = {}

    def keep(layer, direction, t, state):
        for part in state:
            part.retain_grad()
        states[direction, t] = state

    y = made(x, watch=keep)
    y.sum().backward()
    for direction, one in enumerate((made.layers[0].forward_cell, made.layers[0].backward_cell)):
        read = x.flip(1) if direction else x
        start = tuple(
            part.detach().requires_grad_() for part in states[direction, 3 if direction else 2]
        )
        rest, _ = one(read[:, 3:], start)
        expected = torch.autograd.grad(rest.sum() + start[0].sum(), start)
        for part, grad in zip(states[direction, 3 if direction else 2], expected, strict=True):
            torch.testing.assert_close(part.grad, grad, rtol=1e-8, atol=1e-10)


def test_slow_layers_begin_with_nothing_to_say():
    torch.manual_seed(1)
    slow = Recurrence(INPUTS, HIDDEN, layers=2, layer_stride=4).double()
    x = numbers(2, 10, INPUTS)
    expected = torch.cat(
        [
            slow.layers[0].forward_cell(x)[0],
            slow.layers[0].backward_cell(x.flip(1))[0].flip(1),
        ],
        dim=-1,
    )
    torch.testing.assert_close(slow(x), expected)


@pytest.fixture(params=["hybrid", "lstm", "conv"])
def network(request, tiny) -> SpliceNetwork:
    config = NetworkConfig(**tiny | {"architecture": request.param})
    return shaken(replace(config, layers=2, layer_stride=2))


def shaken(config) -> SpliceNetwork:
    torch.manual_seed(1)
    network = SpliceNetwork(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        network.head.weight.normal_()
    return network.eval()


def test_a_padded_batch_reads_as_each_sequence_alone(network):
    lengths = [333, 200, 17, 1]
    codes = torch.randint(0, 5, (4, 333), generator=torch.manual_seed(0))
    with torch.inference_mode():
        padded = network(codes, lengths=torch.tensor(lengths))
        whole = network(codes)
        for row, length in enumerate(lengths):
            alone = network(codes[row : row + 1, :length])
            torch.testing.assert_close(padded[row, :, :length], alone[0], rtol=0, atol=1e-5)
    assert (padded - whole)[1, :, :200].abs().max() > 0.01, "the padding must matter"


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("architecture", ["hybrid", "lstm"])
def test_every_cell_has_a_network(tiny, cell, architecture):
    network = shaken(NetworkConfig(**tiny | {"architecture": architecture, "cell": cell}))
    codes = torch.randint(0, 4, (2, 64), generator=torch.manual_seed(0))
    expected = network(codes)
    assert isinstance(network.recurrence, Recurrence)
    torch.testing.assert_close(network.fused()(codes), expected, rtol=0, atol=1e-4)
    again = SpliceNetwork(network.config).eval()
    again.load_state_dict(network.state_dict())
    torch.testing.assert_close(again(codes), expected, rtol=0, atol=0)


def test_options_reach_the_recurrent_layers(network):
    if network.recurrence is None:
        assert network.config.architecture == "conv"
        return
    codes, seen = torch.zeros((1, 64)).long(), []
    options = {"truncation": Truncation(2, 1), "recompute": 3}
    expected = network(codes)
    torch.testing.assert_close(network(codes, **options), expected, rtol=0, atol=1e-5)
    network(codes, watch=lambda *state: seen.append(state[:3]))
    steps = 64 // network.config.step
    assert len(seen) == 2 * (steps + steps // 2)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"cell": "transformer"}, "cell must be one of"),
        ({"initialisation": "zeros"}, "initialisation must be one of"),
        ({"cell": "rnn", "forget_bias": 1.0}, "no gate"),
        ({"cell": "lowrank", "initialisation": "chrono"}, "no gate"),
        ({"cell": "diagonal", "initialisation": "orthogonal"}, "no recurrent matrix"),
        ({"forget_bias": 1.0, "initialisation": "chrono"}, "one of the two"),
        ({"forget_bias": float("nan")}, "finite"),
        ({"longest_memory": 2}, "at least 3"),
        ({"rank": 0}, "rank"),
        ({"layer_stride": 0}, "layer_stride"),
    ],
)
def test_senseless_configurations_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        NetworkConfig(**changed)


@pytest.mark.parametrize(
    ("chosen", "begins"),
    [
        ({}, "chrono"),
        ({"cell": "lstm"}, "torch"),
        ({"forget_bias": 1.0}, "torch"),
        ({"initialisation": "torch"}, "torch"),
        ({"cell": "gru", "initialisation": "chrono"}, "chrono"),
    ],
)
def test_a_diagonal_cell_begins_with_long_memories(chosen, begins):
    config = NetworkConfig(**chosen)
    assert config.first_weights == begins
    keeps = [
        parameter.sigmoid().max().item()
        for name, parameter in SpliceNetwork(config).named_parameters()
        if name.endswith("keep.bias")
    ]
    assert all((keep > 0.9) == (begins == "chrono") for keep in keeps)


def test_a_forget_bias_may_be_negative():
    assert NetworkConfig(forget_bias=-1).forget_bias == -1
