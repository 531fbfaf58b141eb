"""Walks of a recurrent cell over references, and from somewhere on over changes to them.

In the comments ``R`` counts references, ``B`` changes, ``T`` is a length in steps, ``I`` the width
of the input, ``H`` the hidden units and ``S`` the tensors of a state.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from splicenet.model.cells import Cell
from splicenet.model.cone import Patch, Places

__all__ = ["LINE", "Walk", "turned", "walk", "walk_on"]

LINE = 16
"""Steps between two states that are kept."""

_PIECE = 512
"""Steps of a long sequence that are walked over at a time, beside others: full batches are fast."""


class Walk(NamedTuple):
    """Over references, in one direction; everything in the order in which it goes."""

    steps: Tensor
    """Inputs, (R, T, I)."""
    outputs: Tensor
    """(R, T', H), as far as it went."""
    lines: Tensor
    """States before every :data:`LINE`-th step, (S, R, T' / LINE, H)."""


def walk(cell: Cell, steps: Tensor, approach: int, end: int) -> Walk:
    """Go from the first step to ``end``.

    Parameters
    ----------
    cell
        The cell.
    steps
        (R, T, I), in its order.
    approach
        Steps behind which a beginning does not show: long sequences are cut into pieces that are
        walked over at once, each entered from so far before it.
    end
        One past the last step of which the output is wanted.
    """
    approach = -(-approach // LINE) * LINE
    count = -(-max(end - approach, 1) // _PIECE)
    size = _PIECE if count > 1 else -(-max(end - approach, 1) // LINE) * LINE
    x = F.pad(steps[:, :end], (0, 0, 0, approach + count * size - min(end, steps.shape[1])))
    pieces = x.unfold(1, approach + size, size).transpose(2, 3).flatten(0, 1)  # (R * n, T, I)
    state = cell.zero_state(len(pieces), pieces)
    outputs, lines = [], []
    for part in pieces.split(LINE, dim=1):
        lines.append(torch.stack(state))
        output, state = cell(part, state)
        outputs.append(output)
    joined = _joined(torch.cat(outputs, dim=1), len(x), approach)
    states = torch.stack([_joined(one, len(x), approach // LINE) for one in torch.stack(lines, 2)])
    return Walk(steps, joined, states)


def _joined(values: Tensor, rows: int, approach: int) -> Tensor:
    """Pieces one after the other, (R * n, T, H) to (R, T', H), without their approaches."""
    pieces = values.unflatten(0, (rows, -1))
    return torch.cat([pieces[:, 0, :approach], pieces[:, :, approach:].flatten(1, 2)], dim=1)


def walk_on(
    cell: Cell, kept: Walk, places: Places, patch: Patch, ends: tuple[int, int], way: int
) -> Tensor:
    """Outputs of one direction between two ends, counted from where each change begins, (B, n, H).

    It goes on from the last state kept before the change; what it read earlier is the reference's.
    """
    values, begins, first = patch.values, places.begins + patch.first, places.begins + ends[0]
    wanted, total = ends[1] - ends[0], kept.steps.shape[1]
    if way:
        values = values.flip(1)
        begins, first = total - begins - values.shape[1], total - first - wanted
    lines = begins // LINE
    offsets = begins - lines * LINE
    length = int((first - lines * LINE).max()) + wanted
    at_lines = Places(places.rows, lines * LINE)
    x = at_lines.cut(kept.steps, 0, max(length, values.shape[1] + LINE))
    index = offsets[:, None] + torch.arange(values.shape[1], device=x.device)
    x.scatter_(1, index[..., None].expand(-1, -1, x.shape[-1]), values)
    state = kept.lines[:, places.rows, lines].unbind()  # (B, H) each
    outputs, _ = cell(x[:, :length], state)
    index = (first - lines * LINE)[:, None] + torch.arange(wanted, device=x.device)
    read = outputs.take_along_dim(index.clamp(min=0)[..., None], 1)
    before = Places(places.rows, first).cut(kept.outputs, 0, wanted)
    return turned(torch.where((index < 0)[..., None], before, read), way)


def turned(x: Tensor, way: int) -> Tensor:
    """Along its steps, (B, T, H), the other way round if it is read from the right."""
    return x.flip(1) if way else x
