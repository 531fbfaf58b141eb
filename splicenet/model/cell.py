"""What every recurrent cell has in common: states, masks, and the walk step by step."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

__all__ = ["Cell", "State", "StepCell", "set_bias"]

State = tuple[Tensor, ...]
"""What a cell hands from step to step, each (B, H); the first is the output."""


class Cell(nn.Module):
    """One direction of one recurrent layer.

    Parameters
    ----------
    hidden
        Hidden units, H.

    Attributes
    ----------
    states
        Tensors in a state.
    """

    states = 1

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden

    def forward(
        self, x: Tensor, state: State | None = None, mask: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Read a batch of sequences, or go on with them.

        Parameters
        ----------
        x
            Inputs, (B, T, I).
        state
            The state that an earlier piece left; by default zeros.
        mask
            Steps that happen, (B, T), bool; over others the state is held and the output is 0.

        Returns
        -------
        y : Tensor
            Outputs, (B, T, H).
        state : State
            After the last step.
        """
        if state is None:
            state = self.zero_state(len(x), x)
        return self.run(x, state) if mask is None else _run_masked(self.run, x, state, mask)

    def run(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Read whole sequences: what a cell must bring."""
        raise NotImplementedError

    def zero_state(self, batch: int, like: Tensor) -> State:
        """The state before anything is read, of the dtype and on the device of ``like``."""
        return tuple(like.new_zeros(batch, self.hidden) for _ in range(self.states))

    def gates(self, x: Tensor, state: State | None = None) -> dict[str, Tensor]:
        """Values of the gates, 0 to 1, (B, T, H) each, at every step; a cell may have none."""
        return {}

    def recurrent_matrices(self) -> list[Tensor]:
        """Parameters through which the state comes back, or their parts that stand for a gate."""
        return []

    def remember(self, odds: Tensor, *, exclusive: bool) -> None:
        """Let the gate that keeps the state begin at these log-odds, (H,), natural logarithm.

        With ``exclusive`` a gate that admits news, where it is another one, begins at the opposite.

        Raises
        ------
        ValueError
            If the cell has no such gate.
        """
        raise ValueError("this cell has no gate that keeps its state")


class StepCell(Cell):
    """A cell that is written down as one step; the input's part is computed for all beforehand."""

    def __init__(self, inputs: int, hidden: int, width: int, *, bias: bool = True) -> None:
        super().__init__(hidden)
        self.input = nn.Linear(inputs, width, bias=bias)

    def drive(self, x: Tensor) -> Tensor:
        """What the input says to every step, (B, T, I) to (B, T, width)."""
        return self.input(x)

    def stepper(self) -> Callable[[Tensor, State], State]:
        """One step, from its drive (B, width) and the state before to the state after."""
        raise NotImplementedError

    def run(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Walk through the sequence."""
        step, outputs = self.stepper(), []
        for drive in self.drive(x).unbind(1):
            state = step(drive, state)
            outputs.append(state[0])
        return torch.stack(outputs, dim=1), state


def _run_masked(
    run: Callable[[Tensor, State], tuple[Tensor, State]], x: Tensor, state: State, mask: Tensor
) -> tuple[Tensor, State]:
    """Run over the steps of the mask alone.

    They are moved to the front; then every stretch between two lengths is one run, for those
    sequences that have not ended, so that each leaves the state of its own last step.
    """
    order = (~mask).int().argsort(dim=1, stable=True)[..., None]  # (B, T, 1)
    x, lengths = x.take_along_dim(order, 1), mask.sum(1)
    pieces, done = [], 0
    for end in lengths.unique().tolist():  # in increasing order
        if end == done:
            continue
        going = (lengths > done).nonzero()[:, 0]
        read, left = run(x[going, done:end], tuple(part[going] for part in state))
        state = tuple(part.index_copy(0, going, new) for part, new in zip(state, left, strict=True))
        pieces.append(read.new_zeros(len(x), end - done, read.shape[-1]).index_copy(0, going, read))
        done = end
    pieces.append(x.new_zeros(len(x), x.shape[1] - done, state[0].shape[-1]))
    return torch.cat(pieces, dim=1).take_along_dim(order.argsort(dim=1), 1), state


@torch.no_grad()
def set_bias(biases: list[Tensor], gate: int, values: Tensor) -> None:
    """Let the sum of some biases be ``values`` at a gate; gates lie one behind the other."""
    first, *others = (bias[gate * len(values) :][: len(values)] for bias in biases)
    first.copy_(values)
    for bias in others:
        bias.zero_()
