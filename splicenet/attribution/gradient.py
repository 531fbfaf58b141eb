"""Gradient times input, with the mean over the four letters taken off.

A window is one-hot: its letters add up to 1 at every base. What the gradient says about leaving
that plane was never trained and is noise; taking the mean over the letters off projects it away
(Majdandzic et al. 2023). A gradient tells of small changes only: where the network is sure, it
may be near 0 for a base that matters.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from splicenet.attribution.target import (
    BATCH_TOKENS,
    Attribution,
    batches,
    explaining,
    slopes,
    tensors,
)
from splicenet.model.network import SpliceNetwork

__all__ = ["centred", "gradient"]


def gradient(
    network: SpliceNetwork,
    codes: np.ndarray,
    kinds: np.ndarray,
    *,
    centre: int,
    batch_tokens: int = BATCH_TOKENS,
) -> Attribution:
    """Explain by the gradient at the sequence itself.

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
        ``delta`` is NaN: gradients need not add up to anything.
    """
    hypothetical = np.zeros((*codes.shape, 4), np.float32)
    score = np.zeros(len(codes))
    with explaining(network) as reader:
        for rows in batches(codes.shape, batch_tokens):
            found, slope = slopes(reader, *tensors(reader, codes[rows], kinds[rows]), centre)
            hypothetical[rows], score[rows] = centred(slope).cpu().numpy(), found.cpu().numpy()
    return Attribution.of(hypothetical, codes, score)


def centred(gradients: Tensor) -> Tensor:
    """Without the mean over the four letters, the last axis."""
    return gradients - gradients.mean(-1, keepdim=True)
