"""A changed stretch read in parts: what a change cannot reach is taken from the reference.

Convolutions see a few hundred bases, so behind them a change shows only nearby, and the recurrent
level comes to it, from either side, in the state in which it comes to the reference. It is enough
to read a window around the change, with these states to begin with. The result is that of reading
from afar, at a fraction of the work.

Everything is in the direction of transcription. In the comments ``B`` is the batch, ``L`` a length
in bases, ``T`` in recurrent steps, ``K`` in grid cells, ``H`` the hidden units of one direction.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from splicenet.model.cells import Cell
from splicenet.model.network import SpliceNetwork
from splicenet.model.recurrence import Layer

__all__ = ["LocalReader", "States", "can_read_locally"]

_CELL = 16
"""Recurrent steps between two states that are kept."""


class States(NamedTuple):
    """The recurrent level at the grid's lines, coming from the left and from the right.

    All tensors of a state together, (B, K + 1, S, H); ``H`` is 0 in a network without recurrence.
    """

    forward: Tensor
    backward: Tensor

    def at(self, first: int, last: int) -> tuple[Tensor, Tensor]:
        """Of one sequence: what enters at line ``first`` from the left, ``last`` from the right."""
        return self.forward[first], self.backward[last]

    def of(self, index: int) -> States:
        """Those of one sequence."""
        return States(self.forward[index], self.backward[index])


def can_read_locally(network: SpliceNetwork) -> bool:
    """Whether the network has convolutions to save and at most one recurrent layer.

    Of several recurrent layers the upper ones see, in either direction, the whole sequence.
    """
    config = network.config
    return config.architecture == "conv" or (config.architecture == "hybrid" and config.layers == 1)


class LocalReader:
    """A network taken apart.

    Parameters
    ----------
    network
        In eval mode; one that :func:`can_read_locally`.

    Attributes
    ----------
    cell
        Bases between the lines of the grid on which states are kept; a multiple of the phase.
    reach
        Bases, a multiple of ``cell``, beyond which no convolution shows a change.
    """

    def __init__(self, network: SpliceNetwork) -> None:
        self.cell = _CELL * network.config.phase
        self.reach = -(-network.config.margin // self.cell) * self.cell
        self._stride = network.config.stride
        self._network = network
        self._device = next(network.parameters()).device
        self._recurrent = network.coarse.recurrent
        self._directions: tuple[Cell, ...] = ()
        if self._recurrent is not None:
            layer = cast(Layer, self._recurrent.recurrence.layers[0])
            self._directions = (layer.forward_cell, layer.backward_cell)

    @torch.inference_mode()
    def reference(self, codes: np.ndarray) -> tuple[np.ndarray, States]:
        """Read whole windows.

        Parameters
        ----------
        codes
            (B, L), uint8, ``L`` a multiple of ``cell``.

        Returns
        -------
        probabilities : numpy.ndarray
            (B, 2, L): donor, acceptor; float32.
        states : States
            At every ``cell``-th base.
        """
        fine, coarse = self._convolve(codes)
        cells = codes.shape[-1] // self.cell
        if self._recurrent is None:
            none = coarse.new_zeros(len(codes), cells + 1, 1, 0)
            return self._decode(fine, coarse), States(none, none)
        steps = self._recurrent.steps(coarse)  # (B, T, 2H)
        outputs, kept = [], []
        for direction, cell in enumerate(self._directions):
            state = cell.zero_state(len(codes), steps)
            pieces, lines = [], [torch.stack(state)]  # (S, B, H)
            for piece in _turned(steps, direction).split(_CELL, dim=1):
                output, state = cell(piece, state)
                pieces.append(output)
                lines.append(torch.stack(state))
            outputs.append(_turned(torch.cat(pieces, dim=1), direction))
            kept.append(_turned(torch.stack(lines).permute(2, 0, 1, 3), direction))
        coarse = self._recurrent.join(coarse, torch.cat(outputs, dim=-1))
        return self._decode(fine, coarse), States(*kept)

    @torch.inference_mode()
    def changed(self, codes: np.ndarray, incoming: list[tuple[Tensor, Tensor]]) -> np.ndarray:
        """Read windows around changes.

        Parameters
        ----------
        codes
            (B, L), uint8, ``L`` a multiple of ``cell``. Either end must lie on the grid, and twice
            the reach away from every change.
        incoming
            For each, what :meth:`States.at` gives at the lines that lie ``reach`` bases inside
            either end.

        Returns
        -------
        numpy.ndarray
            Probabilities, (B, 2, L - 2 * reach): donor, acceptor; float32. Not to be used: those of
            the first and the last ``cell``, where the ends show.
        """
        fine, coarse = self._convolve(codes)
        spoilt = self.reach // self._stride
        fine = fine[..., self.reach : fine.shape[-1] - self.reach]
        coarse = coarse[..., spoilt : coarse.shape[-1] - spoilt].contiguous()
        if self._recurrent is not None:
            steps = self._recurrent.steps(coarse)
            outputs = []
            for direction, cell in enumerate(self._directions):
                states = torch.stack([pair[direction] for pair in incoming], dim=1)  # (S, B, H)
                output, _ = cell(_turned(steps, direction), states.unbind())
                outputs.append(_turned(output, direction))
            coarse = self._recurrent.join(coarse, torch.cat(outputs, dim=-1))
        return self._decode(fine, coarse)

    def _convolve(self, codes: np.ndarray) -> tuple[Tensor, Tensor]:
        """Fine and coarse features, (B, C, L) and (B, C', L / stride)."""
        network = self._network
        tensor = torch.from_numpy(np.ascontiguousarray(codes)).to(self._device)
        bases = F.one_hot(tensor.long(), 5)[..., :4].to(network.head.weight.dtype)  # (B, L, 4)
        fine = network.trunk(F.relu(network.stem(bases.transpose(1, 2))))
        return fine, network.coarse.features(fine)

    def _decode(self, fine: Tensor, coarse: Tensor) -> np.ndarray:
        network = self._network
        logits = network.head(network.last(network.coarse.join(fine, coarse)))  # (B, 3, L)
        return logits.float().softmax(1)[:, 1:].cpu().numpy()


def _turned(x: Tensor, direction: int) -> Tensor:
    """Along its second axis, the other way round if it is read from the right."""
    return x.flip(1) if direction else x
