"""In-silico mutagenesis: every base of a window replaced by every other letter.

The log-odds are read after each change by itself. A letter's score is what it gives above the mean
of the four letters at its place, so that scores compare with the gradient's. No approximation, but
no more than one change at a time: where either of two bases suffices, neither scores.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from splicenet.attribution.incremental import IncrementalReader
from splicenet.attribution.target import (
    BATCH_TOKENS,
    Attribution,
    batches,
    explaining,
    log_odds,
    odds,
    tensors,
)
from splicenet.model.network import SpliceNetwork

__all__ = ["mutagenesis"]

_ALTERNATIVES = 3


def mutagenesis(
    network: SpliceNetwork,
    codes: np.ndarray,
    kinds: np.ndarray,
    *,
    centre: int,
    batch_tokens: int = BATCH_TOKENS,
) -> Attribution:
    """Explain by every single-base change.

    Parameters
    ----------
    network
        On any device and in any mode; left as it is.
    codes
        Windows in reading direction, (N, L), uint8.
    kinds
        Classes explained, (N,).
    centre
        Index of the site in every window.
    batch_tokens
        Bases read at once; memory grows with it.

    Returns
    -------
    Attribution
        ``delta`` is NaN: single changes need not add up to anything.
    """
    hypothetical = np.zeros((*codes.shape, 4))
    score = np.zeros(len(codes))
    width = network.config.stride
    tokens = codes.shape[1] * _ALTERNATIVES * width
    with explaining(network) as fused, torch.no_grad():
        for rows in batches((len(codes), tokens), batch_tokens):
            bases, classes = tensors(fused, codes[rows], kinds[rows])
            kept = log_odds(fused, bases, classes, centre)
            found = _every_change(_reader(fused, bases, centre), bases, classes, width)
            found = torch.where(bases.bool(), kept[:, None, None], found)
            hypothetical[rows] = (found - found.mean(-1, keepdim=True)).cpu().numpy()
            score[rows] = kept.cpu().numpy()
    return Attribution.of(hypothetical, codes, score)


class _Reader(Protocol):
    def logits(self, start: int, changed: Tensor) -> Tensor: ...


class _WholeReader:
    """As :class:`IncrementalReader`, for networks that have no part to leave out."""

    def __init__(self, network: SpliceNetwork, bases: Tensor, centre: int) -> None:
        self._network, self._bases, self._centre = network, bases, centre

    def logits(self, start: int, changed: Tensor) -> Tensor:
        whole = self._bases[:, None].repeat(1, changed.shape[1], 1, 1)  # (N, V, L, 4)
        whole[:, :, start : start + changed.shape[2]] = changed
        logits = self._network.read(whole.flatten(0, 1))[..., self._centre]
        return logits.unflatten(0, changed.shape[:2])


def _reader(network: SpliceNetwork, bases: Tensor, centre: int) -> _Reader:
    if network.config.architecture == "lstm":
        return _WholeReader(network, bases, centre)
    padding = -bases.shape[1] % network.config.phase
    return IncrementalReader(network, F.pad(bases, (0, 0, 0, padding)), centre)


def _every_change(reader: _Reader, bases: Tensor, kinds: Tensor, width: int) -> Tensor:
    """Log-odds with every other letter at every base, (N, L, 4); 0 for the letter that is there."""
    found = torch.zeros_like(bases)
    for start in range(0, bases.shape[1], width):
        here = bases[:, start : start + width]  # (N, W, 4)
        count = here.shape[1]
        changed = here[:, None, None].repeat(1, _ALTERNATIVES, count, 1, 1)  # (N, 3, W, W, 4)
        at = torch.arange(count)
        for shift in range(1, _ALTERNATIVES + 1):
            changed[:, shift - 1, at, at] = here.roll(shift, -1)
        logits = reader.logits(start, changed.flatten(1, 2))  # (N, 3 * W, K)
        scores = odds(logits.flatten(0, 1), kinds.repeat_interleave(logits.shape[1]))
        scores = scores.view(len(bases), _ALTERNATIVES, count, 1)
        for shift in range(1, _ALTERNATIVES + 1):
            found[:, start : start + width] += scores[:, shift - 1] * here.roll(shift, -1)
    return found
