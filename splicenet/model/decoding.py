"""What is kept of references that were read, and probabilities from it, where they are asked for.

In the comments ``R`` counts references, ``L`` is a length in bases, ``T`` in steps of a level and
``C`` the channels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from splicenet.model.cone import Places
from splicenet.model.stepwise import StepwiseNetwork
from splicenet.model.walks import Walk, turned

__all__ = ["Kept", "decode"]

_PIECE = 256
"""Bases that are decoded together, about, if any of them is asked for."""


class Kept(NamedTuple):
    """What is kept of a batch of references."""

    bases: Tensor
    """As numbers, (R, L, 4)."""
    opened: Tensor | None
    """How far reading frames are open, (R, L, 2), if the network is told."""
    fine: list[Tensor]
    """Behind every convolution at every base, (R, L, C)."""
    coarse: list[Tensor]
    """Behind every convolution of the coarse level, (R, T, C)."""
    walks: list[Walk]
    """Of the recurrent level, if there is one: from the left, from the right."""


def decode(
    network: StepwiseNetwork,
    kept: Kept,
    asked: Iterable[tuple[int, int, int]],
    ends: tuple[int, int],
    margin: int,
) -> np.ndarray:
    """Probabilities where they are asked for.

    Parameters
    ----------
    network, kept
        What was read with what.
    asked
        Row, first and last base.
    ends
        Between which bases all that is asked for lies.
    margin
        Bases on either side of what is decoded that the last convolutions must see.

    Returns
    -------
    numpy.ndarray
        (R, 2, bases between the ends): donor, acceptor; float32; 0 elsewhere.
    """
    first, last = ends
    values = np.zeros((len(kept.fine[-1]), 2, last - first), np.float32)
    around = -(-margin // network.phase) * network.phase
    for width, places in _pieces(asked, ends, network.phase).items():
        found = _decode(network, kept, places, width, around)
        for (row, begin), decoded in zip(places, found, strict=True):
            left, right = max(begin, first), min(begin + width, last)
            values[row, :, left - first : right - first] = decoded[:, left - begin : right - begin]
    return values


def _decode(
    network: StepwiseNetwork, kept: Kept, places: list[tuple[int, int]], width: int, around: int
) -> np.ndarray:
    """So many bases from places (row, base) on, (n, 2, width)."""
    rows, begins = torch.tensor(places, device=kept.fine[-1].device).unbind(1)
    bases = Places(rows, begins)
    coarse, steps = bases.every(network.stride), bases.every(network.phase)
    first, last = -around, width + around
    ends = first // network.phase, last // network.phase
    outputs = []
    for way, one in enumerate(kept.walks):
        there, span = steps, ends
        if way:
            there = Places(rows, one.steps.shape[1] - steps.begins)
            span = -ends[1], -ends[0]
        outputs.append(turned(there.cut(one.outputs, *span), way))
    decoded = network.decode(
        bases.cut(kept.fine[-1], first, last),
        coarse.cut(kept.coarse[-1], first // network.stride, last // network.stride),
        outputs,
    )
    return decoded[..., around : around + width].cpu().numpy()


def _pieces(
    asked: Iterable[tuple[int, int, int]], ends: tuple[int, int], phase: int
) -> dict[int, list[tuple[int, int]]]:
    """Row and beginning of pieces that hold what is asked for, by their widths."""
    origin, size = ends[0] // phase * phase, -(-_PIECE // phase) * phase
    found = {
        (row, index)
        for row, left, right in asked
        for index in range((left - origin) // size, -(-(right - origin) // size))
    }
    pieces: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row, index in sorted(found):
        begin = origin + index * size
        pieces[min(size, -(-(ends[1] - begin) // phase) * phase)].append((row, begin))
    return pieces
