"""The layers of a trained network for prediction, taken apart.

Activations are (B, T, C), as they lie in memory, where the network itself has (B, C, T): pieces of
a sequence are cut out and put in row by row.

In the comments ``B`` is the batch, ``L`` the length in bases, ``T`` the steps of a slower level,
``S`` its stride and ``C`` the channels of a level.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from splicenet.model.cells import Cell
from splicenet.model.convolution import faster_weights, slower_weight
from splicenet.model.frames import open_frames
from splicenet.model.levels import CoarseLevel, RecurrentLevel, ResidualBlock
from splicenet.model.network import SpliceNetwork
from splicenet.model.recurrence import Layer

__all__ = ["Block", "FrozenConvolution", "StepwiseNetwork"]


class FrozenConvolution:
    """One of the network's convolutions.

    Attributes
    ----------
    reach
        Steps that it sees on either side.
    """

    def __init__(self, layer: nn.Conv1d) -> None:
        weight = layer.weight.detach()[:, :, None]
        self._weight = weight.contiguous(memory_format=torch.channels_last)
        self._bias = None if layer.bias is None else layer.bias.detach()
        self._dilation = layer.dilation[0]
        self.reach = layer.kernel_size[0] // 2 * self._dilation

    def __call__(self, x: Tensor, *, pad: bool = False) -> Tensor:
        """(B, T, C) to (B, T, C'); to ``T - 2 * reach`` steps unless zeros are put around it."""
        y = F.conv2d(
            x.transpose(1, 2)[:, :, None],
            self._weight,
            self._bias,
            padding=(0, self.reach if pad else 0),
            dilation=(1, self._dilation),
        )
        return y[:, :, 0].transpose(1, 2)


class Block:
    """A residual block of a fused network."""

    def __init__(self, block: ResidualBlock) -> None:
        self.first, self.second = FrozenConvolution(block.first), FrozenConvolution(block.second)

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Behind the first and behind the second convolution, both (B, T, C)."""
        y = self.first(x, pad=True).relu_()
        return y, self.second(y, pad=True).add_(x).relu_()


class _Strides:
    """The way from a level down to one ``S`` times as slow, and back up."""

    def __init__(self, level: CoarseLevel | RecurrentLevel) -> None:
        self.stride = level.stride
        self._down = slower_weight(level.down, self.stride).detach(), level.down.bias.detach()
        weight, bias = faster_weights(level.up, self.stride)
        self._up = weight.detach(), bias.detach()

    def down(self, x: Tensor) -> Tensor:
        """(B, T, C) to (B, T / S, C')."""
        return F.linear(_beside(x, self.stride), *self._down)

    def up(self, y: Tensor) -> Tensor:
        """(B, T / S, C') to (B, T, C)."""
        return F.linear(y, *self._up).unflatten(2, (self.stride, -1)).flatten(1, 2)


def _beside(x: Tensor, stride: int) -> Tensor:
    """The steps of a stride side by side, (B, T, C) to (B, T / S, S * C)."""
    return x.unflatten(1, (-1, stride)).flatten(2)


class StepwiseNetwork:
    """A network taken apart.

    Parameters
    ----------
    network
        :meth:`~splicenet.model.network.SpliceNetwork.fused`; with convolutions.

    Attributes
    ----------
    stem, trunk, blocks, last
        Convolutions at every base, and of the coarse level.
    stride
        Bases a coarse step.
    recurrent_stride
        Coarse steps a recurrent step.
    phase
        Bases a recurrent step.
    codons
        Up to how many open reading frames are told; 0 if they are not.
    cells
        From the left and from the right; none where there is no recurrent level.
    """

    def __init__(self, network: SpliceNetwork) -> None:
        def blocks(modules: nn.Sequential) -> list[Block]:
            return [Block(cast(ResidualBlock, module)) for module in modules]

        coarse, recurrent = network.coarse, network.coarse.recurrent
        self.stem = FrozenConvolution(network.stem)
        self.trunk, self.blocks = blocks(network.trunk), blocks(coarse.blocks)
        self.last = Block(network.last)
        self.stride, self.recurrent_stride = network.config.stride, network.config.recurrent_stride
        self.phase = network.config.phase
        self.cells: tuple[Cell, ...] = ()
        self._coarse = _Strides(coarse)
        self.codons = network.config.codons
        if coarse.frames is not None:
            self._frames = slower_weight(coarse.frames, self.stride).detach()
        if recurrent is not None:
            layer = cast(Layer, recurrent.recurrence.layers[0])
            self.cells = (layer.forward_cell, layer.backward_cell)
            self._recurrent, self._norm = _Strides(recurrent), recurrent.norm
        self._head = network.head.weight.detach()[:, :, 0], cast(Tensor, network.head.bias).detach()

    def bases(self, codes: Tensor) -> Tensor:
        """Codes of bases, (B, L), as numbers, (B, L, 4)."""
        return F.one_hot(codes.long(), 5)[..., :4].to(self._head[0].dtype)

    def opened(self, bases: Tensor) -> Tensor | None:
        """How far reading frames are open, (B, L, 4) to (B, L, 2), if the network is told."""
        return open_frames(bases, self.codons) if self.codons else None

    def coarse(self, fine: Tensor, opened: Tensor | None) -> Tensor:
        """From bases, and the frames that are open there, to coarse steps."""
        y = self._coarse.down(fine)
        if opened is not None:
            y = y + F.linear(_beside(opened, self.stride), self._frames)
        return y.relu_()

    def steps(self, coarse: Tensor) -> Tensor:
        """What the recurrent level reads, from coarse steps."""
        return self._norm(self._recurrent.down(coarse))

    def decode(self, fine: Tensor, coarse: Tensor, outputs: list[Tensor]) -> Tensor:
        """Probabilities of donor and acceptor, (B, 2, L), float32, where all levels meet.

        ``outputs`` are those of the recurrent level's directions, if there is one.
        """
        if outputs:
            coarse = coarse + self._recurrent.up(torch.cat(outputs, dim=2))
        _, x = self.last(fine + self._coarse.up(coarse))
        logits = F.linear(x, *self._head)  # (B, L, 3)
        return logits.float().softmax(2)[..., 1:].transpose(1, 2)
