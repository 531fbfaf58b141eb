"""Recurrent layers that read in both directions, and how far the gradient goes back in them.

In the comments ``B`` is the batch, ``T`` the steps, ``I`` the width of the input and ``H`` the
hidden units of one direction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from splicenet.model.cells import Cell, State, make_cell
from splicenet.model.initialisation import Initialisation, initialise

__all__ = ["Layer", "Recurrence", "Truncation", "Watch"]

Watch = Callable[[int, int, int, State], object]
"""``watch(layer, direction, t, state)``: direction 0 forward, 1 backward; ``t`` counts the steps of
that layer from the left, whatever the direction."""


@dataclass(frozen=True)
class Truncation:
    """Where the gradient through time is cut: at ``offset``, ``offset + every`` and so on.

    Counted in steps of the first layer, from the left. No gradient passes between the step before a
    cut and the step after it, in either direction; the states themselves pass.

    Raises
    ------
    ValueError
        If cuts lie less than a step apart, or the offset is negative.
    """

    every: int
    offset: int = 0

    def __post_init__(self) -> None:
        if self.every < 1 or self.offset < 0:
            raise ValueError("cuts lie at least a step apart, and none before the beginning")

    def cuts(self, steps: int, *, pace: int = 1) -> set[int]:
        """Cuts within ``steps`` steps of a layer that is ``pace`` times as slow as the first."""
        return {cut // pace for cut in range(self.offset, steps * pace, self.every)} - {0}


class Layer(nn.Module):
    """One cell from the left and one from the right, (B, T, I) to (B, T, 2H)."""

    def __init__(
        self, inputs: int, hidden: int, cell: str, *, rank: int, longest_memory: float
    ) -> None:
        super().__init__()
        make = partial(make_cell, cell, inputs, hidden, rank=rank, longest_memory=longest_memory)
        self.forward_cell, self.backward_cell = make(), make()


class Recurrence(nn.Module):
    """Bidirectional recurrent layers, one above the other.

    With a stride the layers above the first keep slower time, each than the one below (El Hihi &
    Bengio 1996): neighbouring steps are read side by side, and what is read is added back to them,
    beginning with nothing.

    Parameters
    ----------
    inputs, hidden
        Width of the input, and hidden units of one direction.
    cell, rank
        As :func:`~splicenet.model.cells.make_cell` takes them.
    layers
        How many.
    layer_stride
        Steps of a layer to one of the layer above it.
    longest_memory
        Steps, as :func:`~splicenet.model.cells.make_cell` and
        :func:`~splicenet.model.initialisation.initialise` take them.
    initialisation, forget_bias
        As :func:`~splicenet.model.initialisation.initialise` takes them.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        *,
        cell: str = "lstm",
        rank: int = 16,
        layers: int = 1,
        layer_stride: int = 1,
        initialisation: Initialisation = "torch",
        forget_bias: float | None = None,
        longest_memory: int = 1024,
    ) -> None:
        super().__init__()
        both, self.stride = 2 * hidden, layer_stride
        self.layers = nn.ModuleList(
            Layer(both if level else inputs, hidden, cell, rank=rank, longest_memory=longest_memory)
            for level in range(layers)
        )
        slower = range(layers - 1 if layer_stride > 1 else 0)
        self.down = nn.ModuleList(nn.Linear(both * layer_stride, both) for _ in slower)
        self.up = nn.ModuleList(nn.Linear(both, both * layer_stride) for _ in slower)
        for up in self.up.parameters():
            nn.init.zeros_(up)
        for module in self.modules():
            if isinstance(module, Cell):
                initialise(
                    module,
                    initialisation,
                    forget_bias=forget_bias,
                    longest_memory=longest_memory,
                )

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        *,
        truncation: Truncation | None = None,
        recompute: int = 0,
        watch: Watch | None = None,
    ) -> Tensor:
        """Read a batch of sequences in both directions.

        Parameters
        ----------
        x
            Inputs, (B, T, I).
        mask
            Steps that are there, (B, T), bool; what is read at the others is 0.
        truncation
            Where to cut the gradient; by default nowhere.
        recompute
            Steps of a piece that keeps only the state at its beginning and is read again when the
            gradient comes by: less memory, more time. 0 keeps everything.
        watch
            Called with every state, each a node of the graph through which all of its gradient
            flows; the sequence is then read step by step.

        Returns
        -------
        Tensor
            Both directions side by side, forward first, (B, T, 2H).
        """
        return self._read(x, mask, 0, _Walk(truncation, recompute, watch))

    def _read(self, x: Tensor, mask: Tensor | None, level: int, walk: _Walk) -> Tensor:
        """Read with the layer at ``level`` and those above it."""
        layer = cast(Layer, self.layers[level])
        pace = self.stride**level
        y = torch.cat(
            [
                walk.read(layer.forward_cell, x, mask, (level, 0, pace)),
                walk.read(layer.backward_cell, x, mask, (level, 1, pace)),
            ],
            dim=-1,
        )
        if level + 1 == len(self.layers):
            return y
        if self.stride == 1:
            return self._read(y, mask, level + 1, walk)
        missing = -y.shape[1] % self.stride
        slow = F.pad(y, (0, 0, 0, missing)).unflatten(1, (-1, self.stride)).flatten(2)
        there = None
        if mask is not None:
            there = F.pad(mask, (0, missing)).unflatten(1, (-1, self.stride)).any(-1)
        slow = self._read(F.relu(self.down[level](slow)), there, level + 1, walk)
        back = self.up[level](slow).unflatten(-1, (self.stride, -1)).flatten(1, 2)[:, : y.shape[1]]
        return y + (back if mask is None else back * mask[..., None])


@dataclass(frozen=True)
class _Walk:
    """How a cell goes through a sequence."""

    truncation: Truncation | None
    recompute: int
    watch: Watch | None

    def read(
        self, cell: Cell, x: Tensor, mask: Tensor | None, where: tuple[int, int, int]
    ) -> Tensor:
        """Read with one cell in its own order; ``where`` is (layer, direction, pace)."""
        layer, direction, pace = where
        cuts = set() if self.truncation is None else self.truncation.cuts(x.shape[1], pace=pace)
        if direction:
            x, mask = x.flip(1), None if mask is None else mask.flip(1)
            cuts = {x.shape[1] - cut for cut in cuts}
        state = cell.zero_state(len(x), x)
        pieces = []
        for first, last in self._pieces(x.shape[1], cuts):
            if first in cuts:
                state = tuple(part.detach() for part in state)
            inputs = (x[:, first:last], state, None if mask is None else mask[:, first:last])
            if self.recompute and torch.is_grad_enabled():
                y, state = checkpoint(cell, *inputs, use_reentrant=False, preserve_rng_state=False)
            else:
                y, state = cell(*inputs)
            if self.watch is not None:
                state = tuple(part.clone() for part in state)  # apart from how they were made
                self.watch(layer, direction, x.shape[1] - last if direction else first, state)
                y = state[0][:, None]
                y = y if inputs[2] is None else y * inputs[2][..., None]
            pieces.append(y)
        y = torch.cat(pieces, dim=1) if len(pieces) > 1 else pieces[0]
        return y.flip(1) if direction else y

    def _pieces(self, steps: int, cuts: set[int]) -> Iterator[tuple[int, int]]:
        """Stretches that are read in one go."""
        size = 1 if self.watch is not None else self.recompute or steps
        return pairwise(sorted({*range(0, steps, size), *cuts, steps}))
