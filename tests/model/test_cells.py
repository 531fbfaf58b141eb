from __future__ import annotations

import pytest
import torch
from torch.autograd.functional import jacobian

from splicenet.model.cells import CELLS, GATED, Cell, make_cell
from splicenet.model.initialisation import initialise

INPUTS, HIDDEN = 2, 3


@pytest.fixture(params=CELLS)
def name(request) -> str:
    return request.param


@pytest.fixture
def cell(name) -> Cell:
    torch.manual_seed(1)
    return make_cell(name, INPUTS, HIDDEN, rank=2)


def numbers(*shape, dtype=torch.float32):
    return torch.randn(*shape, generator=torch.manual_seed(0), dtype=dtype)


def some_state(cell, batch, dtype=torch.float32):
    return tuple(
        0.3 * numbers(batch, HIDDEN, dtype=dtype) + 0.1 * part for part in range(cell.states)
    )


def test_shapes_and_the_first_of_the_state_is_the_output(cell):
    y, state = cell(numbers(2, 7, INPUTS))
    assert y.shape == (2, 7, HIDDEN)
    assert len(state) == cell.states == len(cell.zero_state(2, y))
    assert all(part.shape == (2, HIDDEN) for part in state)
    torch.testing.assert_close(state[0], y[:, -1])


def test_read_in_pieces_as_in_one(cell):
    x, state = numbers(2, 11, INPUTS), some_state(cell, 2)
    whole, last = cell(x, state)
    pieces = []
    for piece in x.split([4, 1, 6], dim=1):
        y, state = cell(piece, state)
        pieces.append(y)
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, rtol=0, atol=1e-6)
    for one, other in zip(state, last, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


MASKS = [[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 1, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0]]


def test_steps_left_out_do_not_happen(cell):
    mask = torch.tensor(MASKS).bool()
    x, state = numbers(len(mask), mask.shape[1], INPUTS), some_state(cell, len(mask))
    y, left = cell(x.masked_fill(~mask[..., None], float("nan")), state, mask)
    assert not y[~mask].any()
    for row in range(len(mask)):
        before = tuple(part[row : row + 1] for part in state)
        if mask[row].any():
            alone, before = cell(x[row : row + 1, mask[row]], before)
            torch.testing.assert_close(y[row, mask[row]], alone[0], rtol=0, atol=1e-6)
        for part, expected in zip(left, before, strict=True):
            torch.testing.assert_close(part[row], expected[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("masked", [False, True])
def test_gradients_against_finite_differences(cell, masked):
    cell.double()
    x = numbers(2, 3, INPUTS, dtype=torch.float64).requires_grad_()
    state = tuple(part.requires_grad_() for part in some_state(cell, 2, torch.float64))
    mask = torch.tensor([[1, 1, 0], [0, 1, 1]]).bool() if masked else None

    def run(x, *others):
        y, last = cell(x, others[: cell.states], mask)
        return y, *last

    assert torch.autograd.gradcheck(run, (x, *state, *cell.parameters()))


def test_gradients_are_the_costate_carried_backward(cell):
    """``costate[t] = dL/dy[t] + J[t + 1]^T costate[t + 1]``: BPTT is the adjoint method."""
    cell.double()
    steps, width = 6, cell.states * HIDDEN
    x = numbers(1, steps, INPUTS, dtype=torch.float64).requires_grad_()
    weights = numbers(steps, HIDDEN, dtype=torch.float64)

    def step(x_t, joined):
        _, state = cell(x_t[None, None], joined.view(cell.states, 1, HIDDEN).unbind())
        return torch.cat(state, dim=-1)[0]

    states = [torch.zeros(width, dtype=torch.float64)]
    with torch.no_grad():
        for t in range(steps):
            states.append(step(x[0, t], states[-1]))
    costate = torch.zeros(width, dtype=torch.float64)
    expected = torch.zeros(steps, INPUTS, dtype=torch.float64)
    for t in reversed(range(steps)):
        costate[:HIDDEN] += weights[t]
        by_input, by_state = jacobian(step, (x[0, t].detach(), states[t]))
        expected[t] = by_input.T @ costate
        costate = by_state.T @ costate
    start = cell.zero_state(1, x)
    for part in start:
        part.requires_grad_()
    y, _ = cell(x, start)
    found, *at_start = torch.autograd.grad((y[0] * weights).sum(), (x, *start))
    torch.testing.assert_close(found[0], expected, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(torch.cat(at_start, dim=-1)[0], costate, rtol=1e-9, atol=1e-12)
    assert costate.abs().max() > 1e-6, "the comparison must compare something"


def test_gates_are_what_the_cell_does(name, cell):
    x, state = numbers(2, 5, INPUTS), some_state(cell, 2)
    gates = cell.gates(x, state)
    assert bool(gates) == (name in GATED)
    for values in gates.values():
        assert values.shape == (2, 5, HIDDEN)
        assert (values > 0).all()
        assert (values < 1).all()


def test_gates_of_an_lstm_rebuild_its_output():
    cell = make_cell("lstm", INPUTS, HIDDEN)
    x, state = numbers(1, 5, INPUTS), some_state(make_cell("lstm", INPUTS, HIDDEN), 1)
    gates = cell.gates(x, state)
    for t in range(5):
        y, after = cell(x[:, t : t + 1], state)
        torch.testing.assert_close(y[:, 0], gates["output"][:, t] * after[1].tanh())
        state = after


def test_orthogonal_stays_orthogonal():
    torch.manual_seed(1)
    cell = make_cell("orthogonal", INPUTS, HIDDEN)
    optimizer = torch.optim.Adam(cell.parameters(), lr=0.1)
    before = cell.recurrent.weight.detach().clone()
    for _ in range(10):
        optimizer.zero_grad()
        (cell(numbers(2, 9, INPUTS))[0] - 0.5).square().sum().backward()
        optimizer.step()
    after = cell.recurrent.weight.detach()
    torch.testing.assert_close(after @ after.T, torch.eye(HIDDEN), rtol=0, atol=1e-5)
    assert (after - before).abs().max() > 0.1, "it must have moved"


def test_a_low_rank_is_low():
    cell = make_cell("lowrank", INPUTS, HIDDEN, rank=2)
    x = torch.zeros(1, 1, INPUTS)

    def step(h):
        return cell.run(x, (h[None],))[1][0][0].atanh()

    assert torch.linalg.matrix_rank(jacobian(step, torch.zeros(HIDDEN)), atol=1e-5) == 2


@pytest.mark.parametrize("name", GATED)
def test_a_forget_bias_is_where_the_gate_begins(name):
    cell = make_cell(name, INPUTS, HIDDEN)
    initialise(cell, "torch", forget_bias=2.0)
    gate = {"gru": "update"}.get(name, "forget" if "lstm" in name else "keep")
    x = torch.zeros(1, 1, INPUTS)
    torch.testing.assert_close(
        cell.gates(x)[gate], torch.tensor(2.0).sigmoid().expand(1, 1, HIDDEN), rtol=0, atol=1e-6
    )


def test_chrono_spreads_memories_up_to_the_longest():
    torch.manual_seed(1)
    cell = make_cell("lstm", INPUTS, 200)
    initialise(cell, "chrono", longest_memory=100)
    gates = cell.gates(torch.zeros(1, 1, INPUTS))
    memory = 1 / (1 - gates["forget"])
    assert 1.9 < memory.min() < 10 < 90 < memory.max() < 100.1
    torch.testing.assert_close(gates["input"], 1 - gates["forget"], rtol=0, atol=1e-5)


def test_a_diagonal_cell_forgets_within_its_longest_memory():
    torch.manual_seed(1)
    cell = make_cell("diagonal", INPUTS, HIDDEN, longest_memory=5)
    with torch.no_grad():
        cell.keep.bias.fill_(50)  # as if it never forgot
        x = torch.randn(2, 41, INPUTS)
        y, other = cell(x)[0], cell(torch.cat([torch.randn(2, 1, INPUTS), x[:, 1:]], dim=1))[0]
    faded = (y - other).abs() / (y - other)[:, :1].abs()
    expected = (-torch.arange(41) / 5).exp()[None, :, None].expand_as(faded)
    torch.testing.assert_close(faded, expected, rtol=0.05, atol=1e-3)
    assert cell.gates(x)["keep"].max() < 0.82


@pytest.mark.parametrize("name", ["lstm", "gru", "rnn", "residual", "layernorm-lstm", "lowrank"])
def test_orthogonal_beginnings(name):
    cell = make_cell(name, INPUTS, HIDDEN, rank=2)
    initialise(cell, "orthogonal")
    for matrix in cell.recurrent_matrices():
        singular = torch.linalg.svdvals(matrix.detach())
        torch.testing.assert_close(singular, torch.ones_like(singular), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", sorted(set(CELLS) - set(GATED)))
def test_no_gate_no_forget_bias(name):
    with pytest.raises(ValueError, match="no gate"):
        initialise(make_cell(name, INPUTS, HIDDEN), "torch", forget_bias=1.0)


def test_an_unknown_cell_is_refused():
    with pytest.raises(ValueError, match="lstm, gru, rnn"):
        make_cell("transformer", INPUTS, HIDDEN)


@pytest.mark.filterwarnings("ignore:TF32 acceleration")  # whoever turns oneDNN off is told
@pytest.mark.parametrize("name", CELLS)
def test_half_precision_of_an_accelerator(name):
    """Under autocast a cell's tensors are of different widths."""
    cell = make_cell(name, 6, 5, rank=2)
    x = torch.randn(2, 7, 6)
    # oneDNN has an LSTM in bfloat16 on some processors only.
    with torch.backends.mkldnn.flags(enabled=False), torch.autocast("cpu", torch.bfloat16):
        y, _ = cell(x)
    y.float().sum().backward()
    assert y.shape == (2, 7, 5)
    assert y.isfinite().all()
