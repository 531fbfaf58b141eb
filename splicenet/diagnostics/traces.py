"""What every cell read, held and was told while a network read sequences and learned from them.

The backward pass of a recurrent network is a recurrence of its own: the costate dL/dh_t, the
gradient of the loss with respect to the state, runs back through time. Hooks on the states write
it down as autograd computes it. In the comments ``B`` is the batch, ``T`` the steps, ``H`` the
hidden units.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from splicenet.model.cells import Cell, State
from splicenet.model.network import SpliceNetwork
from splicenet.model.recurrence import Recurrence

__all__ = ["DIRECTIONS", "Trace", "trace_backward"]

DIRECTIONS = ("forward", "backward")

Key = tuple[int, int]
"""Layer and direction, an index into :data:`DIRECTIONS`."""


@dataclass(frozen=True)
class Trace:
    """One layer in one direction over a batch, along the order in which its cell reads.

    ``inputs`` is (B, T, I). ``states`` and ``costates`` have a tensor (B, T, H) for each part of
    the state: an LSTM has two. ``site`` is the step that holds the base whose loss was followed
    and ``bases`` the bases a step.
    """

    cell: Cell
    inputs: Tensor
    states: tuple[Tensor, ...]
    costates: tuple[Tensor, ...]
    site: int
    bases: int


@dataclass
class _Tape:
    """What the hooks write down for one cell: by call, and by step and part of the state."""

    inputs: list[Tensor] = field(default_factory=list)
    states: dict[tuple[int, int], Tensor] = field(default_factory=dict)
    costates: dict[tuple[int, int], Tensor] = field(default_factory=dict)


def trace_backward(
    network: SpliceNetwork, codes: Tensor, targets: Tensor, base: int
) -> dict[Key, Trace]:
    """Read sequences, and follow the loss at one base of each back through time.

    Parameters
    ----------
    network
        In eval mode, with a recurrent level.
    codes
        (B, L), on the network's device.
    targets
        Class of the base ``base`` of each sequence, (B,), int64.
    base
        0-based index whose cross-entropy is the loss L. Sequences do not mix, so one pass gives
        dL/dh_t of each.

    Returns
    -------
    dict
        By layer and direction. A state that the loss does not depend on has a costate of 0.
    """
    recurrence = network.recurrence
    assert recurrence is not None
    cells = _cells(recurrence)
    tapes = {key: _Tape() for key in cells}

    def watch(layer: int, direction: int, t: int, state: State) -> None:
        tape = tapes[layer, direction]
        for part, tensor in enumerate(state):
            tape.states[t, part] = tensor.detach()
            tensor.register_hook(partial(tape.costates.__setitem__, (t, part)))

    # cuDNN has no backward pass in eval mode; with dropout and batch statistics it would not be
    # this network's.
    with (
        _recorded(cells, tapes),
        torch.backends.cudnn.flags(enabled=False),
        parametrize.cached(),
        torch.enable_grad(),
    ):
        logits = network(codes, watch=watch)
        F.cross_entropy(logits[..., base], targets, reduction="sum").backward()
    network.zero_grad(set_to_none=True)
    return {key: _trace(cells[key], tapes[key], key[1], base, codes.shape[1]) for key in cells}


def _cells(recurrence: Recurrence) -> dict[Key, Cell]:
    return {
        (number, direction): cell
        for number, layer in enumerate(recurrence.layers)
        for direction, cell in enumerate(
            (cast(Cell, layer.forward_cell), cast(Cell, layer.backward_cell))
        )
    }


@contextmanager
def _recorded(cells: dict[Key, Cell], tapes: dict[Key, _Tape]) -> Iterator[None]:
    """Keep what every cell reads."""

    def record(tape: _Tape, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        tape.inputs.append(inputs[0].detach())

    handles = [
        cell.register_forward_pre_hook(partial(record, tapes[key])) for key, cell in cells.items()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _trace(cell: Cell, tape: _Tape, direction: int, base: int, length: int) -> Trace:
    steps = 1 + max(t for t, _ in tape.states)
    parts = 1 + max(part for _, part in tape.states)
    bases = -(-length // steps)
    order = range(steps - 1, -1, -1) if direction else range(steps)
    site = base // bases

    def along(kept: dict[tuple[int, int], Tensor], part: int) -> Tensor:
        nothing = torch.zeros_like(tape.states[0, part])
        return torch.stack([kept.get((t, part), nothing) for t in order], dim=1)  # (B, T, H)

    return Trace(
        cell,
        torch.cat(tape.inputs, dim=1),
        tuple(along(tape.states, part) for part in range(parts)),
        tuple(along(tape.costates, part) for part in range(parts)),
        steps - 1 - site if direction else site,
        bases,
    )
