"""A reference read once, and changes to it computed where they show and nowhere else.

A substitution shows behind the first convolution in a few bases, behind every further one in a few
more. Only this cone is computed; what lies around it is the reference's, of which the output of
every convolution is kept. The recurrent level comes to the cone, from either side, in the state in
which it comes to the reference. The result is that of reading the whole, at a fraction of the work.

Everything is in the direction of transcription. In the comments ``R`` counts references, ``B``
changes, ``L`` is a length in bases, ``T`` in steps of a level, ``C`` the channels, ``H`` the hidden
units of one direction and ``S`` the tensors of a recurrent state.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from splicenet.model.cells import Cell
from splicenet.model.cone import Patch, Places, inner, patch_block, read_block
from splicenet.model.levels import ResidualBlock
from splicenet.model.network import SpliceNetwork
from splicenet.model.recurrence import Layer

__all__ = ["IncrementalReader", "Kept", "can_read_increments"]

_LINE = 16
"""Recurrent steps between two states that are kept."""


class Kept(NamedTuple):
    """What is kept of a batch of references."""

    fine: list[Tensor]
    """Behind every convolution at every base, (R, C, L)."""
    coarse: list[Tensor]
    """Behind every convolution of the coarse level, (R, C, T)."""
    directions: list[_Direction]
    """Of the recurrent level, if there is one: from the left, from the right."""


class _Direction(NamedTuple):
    """One direction of the recurrent level; everything in the order in which it reads."""

    steps: Tensor
    """Inputs, (R, C, T)."""
    outputs: Tensor
    """(R, H, T)."""
    lines: Tensor
    """States before every :data:`_LINE`-th step, (S, R, T / _LINE, H)."""


def can_read_increments(network: SpliceNetwork) -> bool:
    """Whether the network has convolutions to save and at most one recurrent layer.

    Of several recurrent layers the upper ones see, in either direction, the whole sequence.
    """
    config = network.config
    return config.architecture == "conv" or (config.architecture == "hybrid" and config.layers == 1)


class IncrementalReader:
    """A network taken apart.

    Parameters
    ----------
    network
        In eval mode; one that :func:`can_read_increments`.

    Attributes
    ----------
    phase
        The network's.
    reach
        Bases on either side of a change that a reference must hold at least; a multiple of the
        phase.
    margin
        Bases at either end of what :meth:`changed` gives that are not to be used.
    """

    def __init__(self, network: SpliceNetwork) -> None:
        config = network.config
        self.phase, self._stride = config.phase, config.stride
        widest = config.stride * (config.coarse_kernel // 2) * max(config.coarse_dilations)
        beyond = max(widest, _LINE * self.phase)
        self.reach = (-(-(config.margin + beyond) // self.phase) + 2) * self.phase
        self.margin = config.kernel - 1
        self._network = network
        self._device = next(network.parameters()).device
        self._recurrent = network.coarse.recurrent
        self._cells: tuple[Cell, ...] = ()
        if self._recurrent is not None:
            layer = cast(Layer, self._recurrent.recurrence.layers[0])
            self._cells = (layer.forward_cell, layer.backward_cell)

    @torch.inference_mode()
    def reference(self, codes: np.ndarray, first: int, last: int) -> tuple[np.ndarray, Kept]:
        """Read whole windows.

        Parameters
        ----------
        codes
            (R, L), uint8, ``L`` a multiple of the phase.
        first, last
            The bases to score, :attr:`margin` and more from either end.

        Returns
        -------
        probabilities : numpy.ndarray
            (R, 2, last - first): donor, acceptor; float32.
        kept : Kept
            For :meth:`changed`.
        """
        network, coarse = self._network, self._network.coarse
        fine = [F.relu(network.stem(self._bases(codes)))]
        for block in network.trunk:
            fine += read_block(cast(ResidualBlock, block), fine[-1])
        slow = [self._down(fine[-1])]
        for block in coarse.blocks:
            slow += read_block(cast(ResidualBlock, block), slow[-1])
        directions = self._directions(slow[-1])
        left, right = first - self.margin, last + self.margin
        left, right = left // self.phase * self.phase, -(-right // self.phase) * self.phase
        steps = slice(left // self.phase, right // self.phase)
        outputs = [_turned(one.outputs, way)[..., steps] for way, one in enumerate(directions)]
        decoded = self._decode(
            fine[-1][..., left:right],
            slow[-1][..., left // self._stride : right // self._stride],
            outputs,
        )
        return decoded[..., first - left : last - left], Kept(fine, slow, directions)

    @torch.inference_mode()
    def changed(
        self, kept: Kept, rows: np.ndarray, begins: np.ndarray, codes: np.ndarray, around: int
    ) -> np.ndarray:
        """Read changes to references.

        Parameters
        ----------
        kept
            Of the references.
        rows, begins
            For every change the reference it belongs to, and the base there, a multiple of the
            phase, at which what may differ begins, (B,), int64.
        codes
            Changed bases with ``around`` unchanged ones on either side, (B, L), uint8.
        around
            A multiple of the phase, at least :attr:`margin`.

        Returns
        -------
        numpy.ndarray
            Probabilities of these bases, (B, 2, L): donor, acceptor; float32.
        """
        network, coarse = self._network, self._network.coarse
        width = codes.shape[-1] - 2 * around
        bases = Places(*(torch.from_numpy(x).to(self._device) for x in (rows, begins)))
        edge = around - self.margin  # what the stem sees of the change and its surroundings
        near = self._bases(codes[:, edge : codes.shape[-1] - edge])
        patch = Patch(F.relu(inner(network.stem, near)), -(self.margin // 2))
        for index, block in enumerate(network.trunk):
            patch = patch_block(cast(ResidualBlock, block), bases, kept.fine[2 * index :], patch)
        first, last = -around, width + around
        fine = bases.patched(kept.fine[-1], patch, first, last)
        patch = bases.aligned(kept.fine[-1], patch, self._stride)
        patch = Patch(self._down(patch.values), patch.first // self._stride)
        steps = bases.every(self._stride)
        for index, block in enumerate(coarse.blocks):
            patch = patch_block(cast(ResidualBlock, block), steps, kept.coarse[2 * index :], patch)
        slow = steps.patched(kept.coarse[-1], patch, first // self._stride, last // self._stride)
        outputs = []
        if self._recurrent is not None:
            patch = steps.aligned(kept.coarse[-1], patch, self._recurrent.stride)
            inputs = self._recurrent.steps(patch.values).transpose(1, 2)  # (B, C, T)
            patch = Patch(inputs, patch.first // self._recurrent.stride)
            ends = first // self.phase, last // self.phase
            for way, cell in enumerate(self._cells):
                one = kept.directions[way]
                outputs.append(_go_on(cell, one, bases.every(self.phase), patch, ends, way))
        return self._decode(fine, slow, outputs)

    def _bases(self, codes: np.ndarray) -> Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(codes)).to(self._device)
        dtype = self._network.head.weight.dtype
        return F.one_hot(tensor.long(), 5)[..., :4].to(dtype).transpose(1, 2)  # (B, 4, L)

    def _down(self, fine: Tensor) -> Tensor:
        """From bases to coarse steps, (B, C, L) to (B, C', T)."""
        steps = fine.unflatten(-1, (-1, self._stride)).transpose(1, 2).flatten(2)
        return F.relu(self._network.coarse.down(steps)).transpose(1, 2)

    def _directions(self, coarse: Tensor) -> list[_Direction]:
        """Walk over references, (R, C', T)."""
        if self._recurrent is None:
            return []
        directions = []
        steps = self._recurrent.steps(coarse)  # (R, T', C)
        for way, cell in enumerate(self._cells):
            inputs = steps.flip(1) if way else steps
            state = cell.zero_state(len(steps), steps)
            pieces, lines = [], []
            for piece in inputs.split(_LINE, dim=1):
                lines.append(torch.stack(state))  # (S, R, H)
                output, state = cell(piece, state)
                pieces.append(output)
            outputs = torch.cat(pieces, dim=1).transpose(1, 2)
            directions.append(_Direction(inputs.transpose(1, 2), outputs, torch.stack(lines, 2)))
        return directions

    def _decode(self, fine: Tensor, coarse: Tensor, outputs: list[Tensor]) -> np.ndarray:
        network = self._network
        if self._recurrent is not None:
            both = torch.cat(outputs, dim=1).transpose(1, 2)  # (B, T, 2H)
            coarse = self._recurrent.join(coarse, both)
        logits = network.head(network.last(network.coarse.join(fine, coarse)))  # (B, 3, L)
        return logits.float().softmax(1)[:, 1:].cpu().numpy()


def _go_on(
    cell: Cell, kept: _Direction, places: Places, patch: Patch, ends: tuple[int, int], way: int
) -> Tensor:
    """Outputs of one direction between two ends, counted from where each change begins, (B, H, n).

    It goes on from the last state kept before the change; what it read earlier is the reference's.
    """
    values, begins, first = patch.values, places.begins + patch.first, places.begins + ends[0]
    wanted, total = ends[1] - ends[0], kept.steps.shape[-1]
    if way:
        values = values.flip(-1)
        begins, first = total - begins - values.shape[-1], total - first - wanted
    lines = begins // _LINE
    offsets = begins - lines * _LINE
    length = int((first - lines * _LINE).max()) + wanted
    at_lines = Places(places.rows, lines * _LINE)
    x = at_lines.cut(kept.steps, 0, max(length, values.shape[-1] + _LINE)).transpose(1, 2)
    index = offsets[:, None] + torch.arange(values.shape[-1], device=x.device)
    x.scatter_(1, index[..., None].expand(-1, -1, x.shape[-1]), values.transpose(1, 2))
    state = kept.lines[:, places.rows, lines].unbind()  # (B, H) each
    outputs, _ = cell(x[:, :length], state)
    index = (first - lines * _LINE)[:, None] + torch.arange(wanted, device=x.device)
    read = outputs.transpose(1, 2).take_along_dim(index.clamp(min=0)[:, None], 2)
    before = Places(places.rows, first).cut(kept.outputs, 0, wanted)
    return _turned(torch.where((index < 0)[:, None], before, read), way)


def _turned(x: Tensor, way: int) -> Tensor:
    """Along its last axis, the other way round if it is read from the right."""
    return x.flip(-1) if way else x
