"""The network as a language model of DNA: each base told from one side of it alone.

It is the very network that labels splice sites, its weights under the same names, read twice. The
reading from the left takes of every convolution the taps up to the present base, the reading from
the right those from the present base on; of the recurrent level each takes its own direction.
Slower levels answer with what they have read to its end: a base hears of the strides that are over,
not of the one that it lies in. Together the two readings use, and pretrain, every weight of the
network but its heads.

In the comments ``B`` is the batch, ``2`` the side that is read from, left first, ``L`` the length
in bases, ``T`` the steps of a level, ``C`` its channels, ``S`` a stride and ``H`` the hidden units
of one direction. Inside, both sides run from their own beginning: the second is turned around.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from splicenet.model.config import NetworkConfig
from splicenet.model.hints import Hints
from splicenet.model.levels import CoarseLevel, RecurrentLevel, ResidualBlock, in_full
from splicenet.model.network import SpliceNetwork
from splicenet.model.recurrence import Layer, Recurrence

__all__ = ["SIDES", "LanguageNetwork"]

SIDES = ("forward", "backward")
"""Which way each reading goes: from the left, and from the right."""

Hear = Callable[[str, Tensor], object]


class LanguageNetwork(SpliceNetwork):
    """Codes of bases in, what each of them should be out.

    Parameters
    ----------
    config
        The shape of the network.
    words
        Bases of the longest words whose counts are its first guess; 0 if it reads bases alone. The
        guess enters the answer only, not the states.
    """

    def __init__(self, config: NetworkConfig, words: int = 0) -> None:
        super().__init__(replace(config, frames=0))  # they tell of both sides
        width = 2 * config.hidden if config.architecture == "lstm" else config.channels
        self.next = nn.Conv1d(2 * width, 2 * 4, 1, groups=2)
        nn.init.zeros_(self.next.weight)
        nn.init.zeros_(cast(Tensor, self.next.bias))
        self.words = words
        self.hints = Hints(words, width) if words else None

    def next_bases(self, codes: Tensor, guess: Tensor | None = None) -> list[Tensor]:
        """Predict every base from those before it, and from those after it.

        Parameters
        ----------
        codes
            Bases 0 to 4 (A, C, G, T, N), (B, L), any integer dtype.
        guess
            What words say, as :func:`~splicenet.model.hints.first_guess` gives it, for a network
            with ``words``.

        Returns
        -------
        list of Tensor
            What the network says alone, and, if there is a guess, what it says knowing that: logits
            of A, C, G, T, (B, 2, 4, L), float32. Of the base with which a side begins nothing is
            said.
        """
        length = codes.shape[1]
        x = self.read_sides(codes)
        said = [in_full(self.next, x.flatten(1, 2)).unflatten(1, (2, 4)).float()]
        if self.hints is not None and guess is not None:
            there = _padded(guess, x.shape[-1] - length)
            said.append(in_full(partial(self.hints, alone=said[0], guess=there), x))
        # What was read up to a base tells the next; the right side is turned back.
        sides = [F.pad(logits, (1, 0))[..., :-1].unbind(1) for logits in said]
        return [
            torch.stack([left[..., :length], right.flip(-1)[..., :length]], dim=1)
            for left, right in sides
        ]

    def read_sides(self, codes: Tensor, hear: Hear = lambda level, states: None) -> Tensor:
        """The states of the last level, (B, 2, C, L), L a whole number of strides.

        Each side runs from its own beginning, the right one from the padding on.

        Parameters
        ----------
        codes
            As in :meth:`next_bases`.
        hear
            Called with the name of each level that is there, ``coarse``, ``recurrent``, ``last``,
            and its states, (B, 2, C, T).
        """
        codes = F.pad(codes, (0, -codes.shape[1] % self.config.phase), value=4)
        codes = torch.stack([codes, codes.flip(1)], dim=1)  # (B, 2, L)
        bases = F.one_hot(codes.long(), 5)[..., :4].to(self.head.weight.dtype)  # (B, 2, L, 4)
        if self.config.architecture == "lstm":
            states = in_full(partial(_recur, self.plain), bases).transpose(2, 3)
            hear("recurrent", states)
            return states
        x = F.relu(_causal(self.stem, bases.transpose(2, 3)))  # (B, 2, C, L)
        for block in self.trunk:
            x = _residual(cast(ResidualBlock, block), x)
        x = _residual(self.last, _coarse(self.coarse, x, hear))
        hear("last", x)
        return x


def _padded(guess: Tensor, missing: int) -> Tensor:
    """The guess where the left side ends with padding and the right one begins with it."""
    left, right = guess.unbind(1)  # (B, L, K, 5)
    shape = (0, 0, 0, 0)
    return torch.stack([F.pad(left, (*shape, 0, missing)), F.pad(right, (*shape, missing, 0))], 1)


def _causal(convolution: nn.Conv1d, x: Tensor) -> Tensor:
    """Convolve each side with the taps on its own side of the middle, and the middle."""
    weight, dilation = convolution.weight, convolution.dilation[0]
    middle = weight.shape[-1] // 2
    halves = torch.cat([weight[..., : middle + 1], weight[..., middle:].flip(-1)])
    bias = None if convolution.bias is None else convolution.bias.repeat(2)
    x = F.pad(x.flatten(1, 2), (middle * dilation, 0))
    return F.conv1d(x, halves, bias, dilation=dilation, groups=2).unflatten(1, (2, -1))


def _residual(block: ResidualBlock, x: Tensor) -> Tensor:
    """The block, normalised over both sides."""
    y = F.relu(_normalised(block.first_norm, _causal(block.first, x)))
    return F.relu(x + _normalised(block.second_norm, _causal(block.second, y)))


def _normalised(norm: nn.Module, x: Tensor) -> Tensor:
    return norm(x.flatten(0, 1)).view_as(x)


def _coarse(level: CoarseLevel, x: Tensor, hear: Hear) -> Tensor:
    """What was read of the coarse level, added to the fine one."""
    y = F.relu(level.down(_beside(x, level.stride))).transpose(2, 3)  # (B, 2, C, T)
    for block in level.blocks:
        y = _residual(cast(ResidualBlock, block), y)
    hear("coarse", y)
    if level.recurrent is not None:
        y = in_full(partial(_recurrent, level.recurrent, hear=hear), y)
    return x + _one_by_one(level.up(y.transpose(2, 3)), level.stride)


def _recurrent(level: RecurrentLevel, x: Tensor, hear: Hear) -> Tensor:
    """What was read of the recurrent level, added to the coarse one."""
    steps = level.norm(level.down(_beside(x, level.stride)))  # (B, 2, T, 2H)
    states = _recur(level.recurrence, steps)
    hear("recurrent", states.transpose(2, 3))
    return x + _one_by_one(level.up(states), level.stride)


def _recur(recurrence: Recurrence, x: Tensor, level: int = 0) -> Tensor:
    """Each side read by the cell of its direction, the other one silent: (B, 2, T, 2H)."""
    layer = cast(Layer, recurrence.layers[level])
    left, _ = layer.forward_cell(x[:, 0])  # (B, T, H)
    right, _ = layer.backward_cell(x[:, 1])
    hidden = left.shape[-1]
    y = torch.stack([F.pad(left, (0, hidden)), F.pad(right, (hidden, 0))], dim=1)
    if level + 1 == len(recurrence.layers):
        return y
    stride = recurrence.stride
    if stride == 1:
        return _recur(recurrence, y, level + 1)
    slow = _in_order(y.unflatten(2, (-1, stride)), 3).flatten(3)  # (B, 2, T / S, S * 2H)
    slow = _recur(recurrence, F.relu(recurrence.down[level](slow)), level + 1)
    back = _delayed(recurrence.up[level](slow)).unflatten(-1, (stride, -1))
    return y + _in_order(back, 3).flatten(2, 3)


def _beside(x: Tensor, stride: int) -> Tensor:
    """Lay the steps of a stride side by side: (B, 2, C, T) to (B, 2, T / S, C * S)."""
    return _in_order(x.unflatten(-1, (-1, stride)), -1).transpose(2, 3).flatten(3)


def _one_by_one(y: Tensor, stride: int) -> Tensor:
    """Undo :func:`_beside`, a stride later: (B, 2, T / S, C * S) to (B, 2, C, T)."""
    steps = _in_order(_delayed(y).unflatten(-1, (-1, stride)), -1)  # (B, 2, T / S, C, S)
    return steps.transpose(2, 3).flatten(3)


def _delayed(y: Tensor) -> Tensor:
    """What is known when a step, (B, 2, T, W), begins: the step before."""
    return F.pad(y, (0, 0, 1, 0))[:, :, :-1]


def _in_order(x: Tensor, axis: int) -> Tensor:
    """Steps within a stride in the order of the sequence on both sides, or back again."""
    left, right = x.unbind(1)
    return torch.stack([left, right.flip(axis - 1 if axis > 0 else axis)], dim=1)
