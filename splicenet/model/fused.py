"""Recurrent cells that torch runs over a whole sequence in one call.

In the comments ``B`` is the batch, ``T`` the steps and ``H`` the hidden units.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import orthogonal

from splicenet.model.cell import Cell, State, set_bias

__all__ = ["GRU", "LSTM", "RNN", "FusedCell", "Orthogonal"]


class FusedCell(Cell):
    """A cell of torch's own, which runs a whole sequence in one call."""

    rnn: nn.RNNBase

    def run(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Read whole sequences in one call."""
        y, last = self.rnn(x, state[0][None])
        return y, (last[0],)

    def recurrent_matrices(self) -> list[Tensor]:
        """One for each gate."""
        return list(self.rnn.get_parameter("weight_hh_l0").split(self.hidden))

    def _drives(self, x: Tensor, state: State) -> tuple[Tensor, Tensor]:
        """What the input and the step before say to every gate, (B, T, gates * H) each."""
        y, _ = self.run(x, state)
        before = torch.cat([state[0][:, None], y[:, :-1]], dim=1)
        weight = self.rnn.get_parameter
        return (
            F.linear(x, weight("weight_ih_l0"), weight("bias_ih_l0")),
            F.linear(before, weight("weight_hh_l0"), weight("bias_hh_l0")),
        )

    def _biases(self) -> list[Tensor]:
        """Those of the input and of the step before, which are summed."""
        return [self.rnn.get_parameter(name) for name in ("bias_ih_l0", "bias_hh_l0")]


class LSTM(FusedCell):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; Gers et al. 2000)."""

    states = 2

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__(hidden)
        self.rnn = nn.LSTM(inputs, hidden, batch_first=True)

    def run(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Read whole sequences in one call."""
        y, (hidden, memory) = self.rnn(x, (state[0][None], state[1][None]))
        return y, (hidden[0], memory[0])

    def gates(self, x: Tensor, state: State | None = None) -> dict[str, Tensor]:
        """Of the input, of forgetting and of the output, (B, T, H) each."""
        drive, echo = self._drives(x, state or self.zero_state(len(x), x))
        admit, keep, _, show = (drive + echo).chunk(4, dim=-1)
        return {"input": admit.sigmoid(), "forget": keep.sigmoid(), "output": show.sigmoid()}

    def remember(self, odds: Tensor, *, exclusive: bool) -> None:
        """Begin with a forget gate, and perhaps an input gate, like this."""
        set_bias(self._biases(), 1, odds)
        if exclusive:
            set_bias(self._biases(), 0, -odds)


class GRU(FusedCell):
    """Gated recurrent unit (Cho et al. 2014), in torch's variant."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__(hidden)
        self.rnn = nn.GRU(inputs, hidden, batch_first=True)

    def gates(self, x: Tensor, state: State | None = None) -> dict[str, Tensor]:
        """Of resetting and of updating, (B, T, H) each; a full update gate keeps the state."""
        drive, echo = self._drives(x, state or self.zero_state(len(x), x))
        reset, update, _ = (drive + echo).chunk(3, dim=-1)
        return {"reset": reset.sigmoid(), "update": update.sigmoid()}

    def remember(self, odds: Tensor, *, exclusive: bool) -> None:
        """Begin with an update gate like this; it admits what it does not keep."""
        set_bias(self._biases(), 1, odds)


class RNN(FusedCell):
    """The plain network, ``h = tanh(W x + U h' + b)`` (Elman 1990)."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__(hidden)
        self.rnn = nn.RNN(inputs, hidden, batch_first=True)


class Orthogonal(Cell):
    """The plain network, its recurrent matrix orthogonal whatever it learns."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__(hidden)
        self.input = nn.Linear(inputs, hidden)
        self.recurrent = nn.Linear(hidden, hidden, bias=False)
        nn.init.orthogonal_(self.recurrent.weight)
        orthogonal(self.recurrent)

    def run(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Read whole sequences in one call."""
        bias = self.input.bias
        weights = [self.input.weight, self.recurrent.weight, bias, torch.zeros_like(bias)]
        # biases, layers, dropout, training, bidirectional, batch first
        options = (True, 1, 0.0, self.training, False, True)
        y, last = torch.rnn_tanh(x, state[0][None], weights, *options)
        return y, (last[0],)
