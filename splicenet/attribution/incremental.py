"""Many single-base changes of a window, each read anew only where it can show.

A change spreads through the convolutions step by step: behind the first it shows within a few
bases, behind the last within some hundred. Of every level only the stretch that can differ is
computed; the rest is the unchanged sequence's. The recurrent level reads the whole window, at its
slow time scale, and of what lies above it only what the site sees is computed.

In the comments ``N`` are sequences, ``V`` changes of each, ``C`` channels.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from splicenet.model.frames import frame_reach
from splicenet.model.levels import ResidualBlock
from splicenet.model.network import SpliceNetwork

__all__ = ["IncrementalReader"]


class _Patch(NamedTuple):
    """What replaces a stretch of an unchanged level: (N, V, C, width) from ``start`` on."""

    start: int
    values: Tensor

    @property
    def end(self) -> int:
        return self.start + self.values.shape[-1]


class IncrementalReader:
    """A network, and the levels of some sequences that it has read.

    Parameters
    ----------
    network
        In eval mode, with convolutions.
    bases
        One-hot, (N, L, 4), ``L`` a multiple of the phase.
    centre
        The base whose logits are wanted.
    """

    def __init__(self, network: SpliceNetwork, bases: Tensor, centre: int) -> None:
        self._network, self._centre = network, centre
        self._stride = network.config.stride
        self._bases = bases.transpose(1, 2)  # (N, 4, L)
        self._fine = _Stack(network.trunk, F.relu(network.stem(self._bases)))
        self._opened = network.opened(self._bases)  # (N, 2, L)
        below = self._down(self._fine.output, self._opened)
        self._coarse = _Stack(network.coarse.blocks, below)
        seen = 2 * (network.config.kernel // 2)
        self._first = max(0, centre - seen) // self._stride
        self._last = -(-min(bases.shape[1], centre + seen + 1) // self._stride)

    def logits(self, start: int, changed: Tensor) -> Tensor:
        """Read changed sequences.

        Parameters
        ----------
        start
            Where the stretch begins that is changed.
        changed
            What stands there instead, one-hot, (N, V, width, 4).

        Returns
        -------
        Tensor
            (N, V, K), of the K rows of the head.
        """
        patch = _Patch(start, changed.transpose(2, 3))
        stem = _convolve(self._network.stem, self._bases, patch)
        fine = self._fine.changed(_Patch(stem.start, F.relu(stem.values)))
        shown = [(fine.start, fine.end)]
        if self._opened is not None:
            opened = self._frames(self._opened, patch)
            shown.append((opened.start, opened.end))
        first = min(start for start, _ in shown) // self._stride
        last = -(-max(end for _, end in shown) // self._stride)
        bases = first * self._stride, last * self._stride
        told = None if self._opened is None else _cut(self._opened, opened, *bases)
        below = self._down(_cut(self._fine.output, fine, *bases), told)
        coarse = self._coarse.changed(_Patch(first, _again(below, fine)))
        return self._decode(fine, coarse)

    def _frames(self, opened: Tensor, patch: _Patch) -> _Patch:
        """How far reading frames are open wherever changed bases show in any, (N, V, 2, width)."""
        reach = frame_reach(self._network.config.codons)
        start, end = max(0, patch.start - reach), min(self._bases.shape[-1], patch.end + reach)
        near = _cut(self._bases, patch, start - reach, end + reach)
        found = self._network.opened(near)
        assert found is not None
        told = _again(found[..., reach:-reach], patch)
        differs = (told != opened[:, None, :, start:end]).flatten(0, 2).any(0)
        shown = differs.nonzero().flatten().tolist() or [patch.start - start]
        return _Patch(start + shown[0], told[..., shown[0] : shown[-1] + 1])

    def _down(self, fine: Tensor, opened: Tensor | None) -> Tensor:
        """From bases (B, C, L) to coarse steps (B, C', L / stride)."""
        return F.relu(self._network.coarse.steps(fine, opened)).transpose(1, 2)

    def _decode(self, fine: _Patch, coarse: _Patch) -> Tensor:
        level = self._network.coarse
        slow = _cut(self._coarse.output, coarse, 0, self._coarse.output.shape[-1])
        if level.recurrent is not None:
            slow = level.recurrent(slow)
        seen = slice(self._first, self._last)
        bases = self._first * self._stride, self._last * self._stride
        joined = level.join(_cut(self._fine.output, fine, *bases), slow[..., seen])
        logits = self._network.head(self._network.last(joined))  # (N * V, K, bases)
        return logits[..., self._centre - bases[0]].unflatten(0, fine.values.shape[:2])


class _Stack:
    """Residual blocks, with what each of them makes of the unchanged sequences."""

    def __init__(self, blocks: Iterable[nn.Module], x: Tensor) -> None:
        self._levels: list[tuple[ResidualBlock, Tensor, Tensor]] = []
        for block in blocks:
            assert isinstance(block, ResidualBlock)
            middle = F.relu(block.first_norm(block.first(x)))
            self._levels.append((block, x, middle))
            x = block(x)
        self.output = x

    def changed(self, patch: _Patch) -> _Patch:
        for block, before, middle in self._levels:
            inner = _convolve(block.first, before, patch)
            inner = _Patch(inner.start, F.relu(_flat(block.first_norm, inner)))
            outer = _convolve(block.second, middle, inner)
            way_round = _again(_cut(before, patch, outer.start, outer.end), patch)
            patch = _Patch(outer.start, F.relu(way_round + _flat(block.second_norm, outer)))
        return patch


def _convolve(convolution: nn.Conv1d, level: Tensor, patch: _Patch) -> _Patch:
    """A convolution's outputs wherever a patch of its input shows."""
    (kernel,), (dilation,) = convolution.kernel_size, convolution.dilation
    reach = kernel // 2 * dilation
    start, end = max(0, patch.start - reach), min(level.shape[-1], patch.end + reach)
    values = F.conv1d(
        _cut(level, patch, start - reach, end + reach),
        convolution.weight,
        convolution.bias,
        dilation=dilation,
    )
    return _Patch(start, _again(values, patch))


def _cut(level: Tensor, patch: _Patch, start: int, end: int) -> Tensor:
    """``[start, end)`` of a level (N, C, T) with its patches: (N * V, C, end - start).

    Zeros lie beyond the ends of the level, as convolutions have it.
    """
    first, last = max(start, 0), min(end, level.shape[-1])
    kept = F.pad(level[..., first:last], (first - start, end - last))
    whole = kept[:, None].repeat(1, patch.values.shape[1], 1, 1)
    left, right = max(patch.start, start), min(patch.end, end)
    if left < right:
        whole[..., left - start : right - start] = patch.values[
            ..., left - patch.start : right - patch.start
        ]
    return whole.flatten(0, 1)


def _again(values: Tensor, like: _Patch) -> Tensor:
    """(N * V, C, width) as (N, V, C, width)."""
    return values.unflatten(0, like.values.shape[:2])


def _flat(module: nn.Module, patch: _Patch) -> Tensor:
    """A module for (B, C, T) on a patch's values."""
    found: Tensor = module(patch.values.flatten(0, 1))
    return _again(found, patch)
