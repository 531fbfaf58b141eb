"""The cone of a change: what differs behind every convolution, and nothing else.

In the comments ``R`` counts references, ``B`` changes, ``T`` is a length in steps of a level, ``C``
the channels.
"""

from __future__ import annotations

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from splicenet.model.levels import ResidualBlock

__all__ = ["Patch", "Places", "inner", "patch_block", "read_block"]


class Patch(NamedTuple):
    """What differs from the reference: steps from ``first`` on, counted from where each begins."""

    values: Tensor
    first: int

    @property
    def last(self) -> int:
        """One past the last step."""
        return self.first + self.values.shape[-1]


class Places(NamedTuple):
    """Where changes lie: the row and the step of a level at which each begins, (B,)."""

    rows: Tensor
    begins: Tensor

    def every(self, stride: int) -> Places:
        """The same at a level so many times as slow."""
        return Places(self.rows, self.begins // stride)

    def cut(self, kept: Tensor, first: int, last: int) -> Tensor:
        """Steps ``[first, last)``, counted from where each begins: (R, C, T) to (B, C, n)."""
        return kept.unfold(-1, last - first, 1)[self.rows, :, self.begins + first]

    def patched(self, kept: Tensor, patch: Patch, first: int, last: int) -> Tensor:
        """The same, with what differs laid over it."""
        x = self.cut(kept, first, last)
        left, right = max(first, patch.first), min(last, patch.last)
        over = patch.values[..., left - patch.first : max(right - patch.first, 0)]
        x[..., left - first : left - first + over.shape[-1]] = over
        return x

    def aligned(self, kept: Tensor, patch: Patch, stride: int) -> Patch:
        """A patch widened by the reference until it begins and ends at a multiple of a stride."""
        first, last = patch.first // stride * stride, -(-patch.last // stride) * stride
        return Patch(self.patched(kept, patch, first, last), first)


def read_block(block: ResidualBlock, x: Tensor) -> tuple[Tensor, Tensor]:
    """Behind the first and behind the second convolution."""
    y = F.relu(block.first_norm(block.first(x)))
    return y, F.relu(x + block.second_norm(block.second(y)))


def patch_block(block: ResidualBlock, places: Places, kept: list[Tensor], patch: Patch) -> Patch:
    """What differs behind a block, from what differs before it."""
    reach = block.first.kernel_size[0] // 2 * block.first.dilation[0]
    first, last = patch.first - 2 * reach, patch.last + 2 * reach
    x = places.patched(kept[0], patch, first, last)
    y = Patch(F.relu(block.first_norm(inner(block.first, x))), first + reach)
    middle = places.patched(kept[1], y, first - reach, last + reach)
    return Patch(F.relu(x + block.second_norm(inner(block.second, middle))), first)


def inner(convolution: nn.Conv1d, x: Tensor) -> Tensor:
    """A convolution where it sees everything."""
    return F.conv1d(x, convolution.weight, convolution.bias, dilation=convolution.dilation)
