"""SmoothGrad: the gradient averaged over noisy copies of the sequence (Smilkov et al. 2017).

The gradient of a deep network jumps from one input to the next; its mean over a neighbourhood does
not. As in :mod:`splicenet.attribution.gradient` the mean over the letters is taken off.
"""

from __future__ import annotations

import numpy as np
import torch

from splicenet.attribution.gradient import centred
from splicenet.attribution.target import (
    BATCH_TOKENS,
    Attribution,
    batches,
    explaining,
    log_odds,
    slopes,
    tensors,
)
from splicenet.genome.alphabet import N
from splicenet.genome.shuffle import generator
from splicenet.model.network import SpliceNetwork

__all__ = ["smoothgrad"]


def smoothgrad(
    network: SpliceNetwork,
    codes: np.ndarray,
    kinds: np.ndarray,
    *,
    centre: int,
    steps: int = 20,
    noise: float = 0.15,
    seed: int = 0,
    batch_tokens: int = BATCH_TOKENS,
) -> Attribution:
    """Explain by the mean gradient at noisy copies.

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
    steps
        Copies.
    noise
        Standard deviation of what is added to every letter; a letter is 0 or 1.
    seed
        Of the noise, which depends on nothing else but the sequence.
    batch_tokens
        Bases read at once; memory grows with it.

    Returns
    -------
    Attribution
        ``delta`` is NaN: gradients need not add up to anything.
    """
    hypothetical = np.zeros((*codes.shape, 4))
    score = np.zeros(len(codes))
    with explaining(network) as reader:
        for rows in batches(codes.shape, batch_tokens):
            bases, classes = tensors(reader, codes[rows], kinds[rows])
            with torch.no_grad():
                score[rows] = log_odds(reader, bases, classes, centre).cpu().numpy()
            sources = [generator(seed, row) for row in codes[rows]]
            known = torch.from_numpy(codes[rows] != N)[..., None].to(bases)
            for _ in range(steps):
                drawn = np.stack(
                    [one.standard_normal((codes.shape[1], 4), np.float32) for one in sources]
                )
                noisy = bases + noise * known * torch.from_numpy(drawn).to(bases)
                _, slope = slopes(reader, noisy, classes, centre)
                hypothetical[rows] += centred(slope).cpu().numpy() / steps
    return Attribution.of(hypothetical, codes, score)
