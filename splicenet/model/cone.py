"""The cone of a change: what differs behind every convolution, and nothing else.

In the comments ``R`` counts references, ``B`` changes, ``T`` is a length in steps of a level, ``C``
the channels.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from splicenet.model.stepwise import Block

__all__ = ["Patch", "Places", "patch_block"]


class Patch(NamedTuple):
    """What differs from the reference, (B, T, C), from the step ``first``, counted from each."""

    values: Tensor
    first: int

    @property
    def last(self) -> int:
        """One past the last step."""
        return self.first + self.values.shape[1]


class Places(NamedTuple):
    """Where changes lie: the row and the step of a level at which each begins, (B,)."""

    rows: Tensor
    begins: Tensor

    def some(self, those: Tensor) -> Places:
        """Of some of the changes, by a mask (B,)."""
        return Places(self.rows[those], self.begins[those])

    def every(self, stride: int) -> Places:
        """The same at a level so many times as slow."""
        return Places(self.rows, self.begins // stride)

    def cut(self, kept: Tensor, first: int, last: int) -> Tensor:
        """Steps ``[first, last)``, counted from each beginning: (R, T, C) to (B, n, C)."""
        starts = self.rows * kept.shape[1] + self.begins + first
        index = starts[:, None] + torch.arange(last - first, device=starts.device)
        return kept.flatten(0, 1).index_select(0, index.flatten()).unflatten(0, index.shape)

    def patched(self, kept: Tensor, patch: Patch, first: int, last: int) -> Tensor:
        """The same, with what differs laid over it."""
        x = self.cut(kept, first, last)
        left, right = max(first, patch.first), min(last, patch.last)
        over = patch.values[:, left - patch.first : max(right - patch.first, 0)]
        x[:, left - first : left - first + over.shape[1]] = over
        return x

    def aligned(self, kept: Tensor, patch: Patch, stride: int) -> Patch:
        """A patch widened by the reference until it begins and ends at a multiple of a stride."""
        first, last = patch.first // stride * stride, -(-patch.last // stride) * stride
        return Patch(self.patched(kept, patch, first, last), first)


def patch_block(block: Block, places: Places, kept: list[Tensor], patch: Patch) -> Patch:
    """What differs behind a block, from what differs before it.

    ``kept`` has the reference before the block and behind its first convolution.
    """
    reach = block.first.reach
    first, last = patch.first - 2 * reach, patch.last + 2 * reach
    x = places.patched(kept[0], patch, first, last)
    y = Patch(block.first(x).relu_(), first + reach)
    middle = places.patched(kept[1], y, first - reach, last + reach)
    return Patch(block.second(middle).add_(x).relu_(), first)
