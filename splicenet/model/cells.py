"""Recurrent cells: one direction, one layer, one way to call them all.

Every cell maps ``(x, state, mask)`` to ``(y, state)``. The first tensor of a state is the output of
the step that left it, so a sequence read in pieces, each from the state that the one before left,
reads like the whole. Steps that the mask leaves out do not happen: the state is held over them.

In the comments ``B`` is the batch, ``T`` the steps, ``I`` the width of the input and ``H`` the
hidden units.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from splicenet.model.cell import Cell, State, StepCell, set_bias
from splicenet.model.fused import GRU, LSTM, RNN, Orthogonal
from splicenet.model.scan import linear_scan

__all__ = ["CELLS", "GATED", "Cell", "State", "make_cell"]

CELLS = ("lstm", "gru", "rnn", "orthogonal", "residual", "layernorm-lstm", "diagonal", "lowrank")
"""Names that :func:`make_cell` knows."""

GATED = ("lstm", "gru", "residual", "layernorm-lstm", "diagonal")
"""Those that have a gate to keep their state with."""


class Residual(StepCell):
    """A learned share of every unit stays: ``h = a h' + (1 - a) tanh(W x + U h' + b)``."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__(inputs, hidden, hidden)
        self.recurrent = nn.Linear(hidden, hidden, bias=False)
        self.keep = nn.Parameter(torch.zeros(hidden))

    def stepper(self) -> Callable[[Tensor, State], State]:
        share, matrix = self.keep.sigmoid(), self.recurrent.weight.T

        def step(drive: Tensor, state: State) -> State:
            new = torch.addmm(drive, state[0], matrix).tanh()
            return (new + share * (state[0] - new),)

        return step

    def gates(self, x: Tensor, state: State | None = None) -> dict[str, Tensor]:
        return {"keep": self.keep.sigmoid().expand(*x.shape[:2], -1)}

    def recurrent_matrices(self) -> list[Tensor]:
        return [self.recurrent.weight]

    def remember(self, odds: Tensor, *, exclusive: bool) -> None:
        set_bias([self.keep], 0, odds)


class LayerNormLSTM(StepCell):
    """An LSTM whose drives and memory are normalised at every step (Ba et al. 2016)."""

    states = 2

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__(inputs, hidden, 4 * hidden, bias=False)
        self.recurrent = nn.Linear(hidden, 4 * hidden, bias=False)
        self.input_norm = nn.LayerNorm(4 * hidden)  # its bias is the cell's
        self.recurrent_norm = nn.LayerNorm(4 * hidden, bias=False)
        self.memory_norm = nn.LayerNorm(hidden)

    def drive(self, x: Tensor) -> Tensor:
        return self.input_norm(self.input(x))

    def stepper(self) -> Callable[[Tensor, State], State]:
        def step(drive: Tensor, state: State) -> State:
            hidden, memory = state
            total = drive + self.recurrent_norm(self.recurrent(hidden))
            admit, keep, new, show = total.chunk(4, dim=-1)
            memory = keep.sigmoid() * memory + admit.sigmoid() * new.tanh()
            return show.sigmoid() * self.memory_norm(memory).tanh(), memory

        return step

    def gates(self, x: Tensor, state: State | None = None) -> dict[str, Tensor]:
        state = state or self.zero_state(len(x), x)
        y, _ = self.run(x, state)
        before = torch.cat([state[0][:, None], y[:, :-1]], dim=1)
        total = self.drive(x) + self.recurrent_norm(self.recurrent(before))
        admit, keep, _, show = total.chunk(4, dim=-1)
        return {"input": admit.sigmoid(), "forget": keep.sigmoid(), "output": show.sigmoid()}

    def recurrent_matrices(self) -> list[Tensor]:
        return list(self.recurrent.weight.split(self.hidden))

    def remember(self, odds: Tensor, *, exclusive: bool) -> None:
        set_bias([self.input_norm.bias], 1, odds)
        if exclusive:
            set_bias([self.input_norm.bias], 0, -odds)


class Diagonal(Cell):
    """Units that hear the input alone: ``h = a h' + (1 - a) z``, ``a`` and ``z`` functions of x.

    Nothing in a step waits for the step before but one product, so all steps are computed by a
    parallel scan (Martin & Cundy 2018; Feng et al. 2024).

    ``a`` never exceeds ``most``, ``exp(-1 / longest_memory)``: what was heard so many steps ago has
    faded to 1/e or less, so that a window need not begin long before what is read in it.

    Parameters
    ----------
    inputs, hidden, longest_memory
        As :func:`make_cell` takes them.
    """

    def __init__(self, inputs: int, hidden: int, longest_memory: float = math.inf) -> None:
        super().__init__(hidden)
        if not longest_memory > 0:
            raise ValueError("longest_memory must be more than 0")
        self.most = math.exp(-1 / longest_memory)
        self.keep = nn.Linear(inputs, hidden)
        self.new = nn.Linear(inputs, hidden)

    def run(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        keep = self._kept(x)
        y = linear_scan(keep, (1 - keep) * self.new(x), state[0])
        return y, (y[:, -1],)

    def gates(self, x: Tensor, state: State | None = None) -> dict[str, Tensor]:
        return {"keep": self._kept(x)}

    def _kept(self, x: Tensor) -> Tensor:
        return self.most * self.keep(x).sigmoid()

    def remember(self, odds: Tensor, *, exclusive: bool) -> None:
        set_bias([self.keep.bias], 0, odds)


class LowRank(StepCell):
    """The plain network with the recurrent matrix ``U V^T`` of a low rank."""

    def __init__(self, inputs: int, hidden: int, rank: int) -> None:
        super().__init__(inputs, hidden, hidden)
        self.narrow = nn.Linear(hidden, rank, bias=False)  # V^T
        self.widen = nn.Linear(rank, hidden, bias=False)  # U

    def stepper(self) -> Callable[[Tensor, State], State]:
        narrow, widen = self.narrow.weight.T, self.widen.weight.T

        def step(drive: Tensor, state: State) -> State:
            return (torch.addmm(drive, state[0] @ narrow, widen).tanh(),)

        return step

    def recurrent_matrices(self) -> list[Tensor]:
        return [self.narrow.weight, self.widen.weight]


def make_cell(
    name: str, inputs: int, hidden: int, *, rank: int = 16, longest_memory: float = math.inf
) -> Cell:
    """Make one of :data:`CELLS`.

    Parameters
    ----------
    name
        Of the cell.
    inputs, hidden
        Width of the input, and hidden units.
    rank
        Of the recurrent matrix of ``lowrank``; no other cell asks for it.
    longest_memory
        Steps after which ``diagonal`` keeps no more than 1/e of its state; infinite is no bound.
        No other cell asks for it.

    Raises
    ------
    ValueError
        If there is no such cell, or the longest memory is not more than 0.
    """
    makers: dict[str, Callable[[], Cell]] = {
        "lstm": lambda: LSTM(inputs, hidden),
        "gru": lambda: GRU(inputs, hidden),
        "rnn": lambda: RNN(inputs, hidden),
        "orthogonal": lambda: Orthogonal(inputs, hidden),
        "residual": lambda: Residual(inputs, hidden),
        "layernorm-lstm": lambda: LayerNormLSTM(inputs, hidden),
        "diagonal": lambda: Diagonal(inputs, hidden, longest_memory),
        "lowrank": lambda: LowRank(inputs, hidden, rank),
    }
    if name not in makers:
        raise ValueError(f"cell must be one of {', '.join(CELLS)}")
    return makers[name]()
