"""Integrated gradients (Sundararajan et al. 2017): what leads from a reference to the sequence.

The gradient is averaged along the straight path from a reference without meaning to the sequence,
so the scores add up to the difference between the two, exactly in the limit of many steps. How far
they do not, the completeness error, is reported for every site.

The path is read in even steps at first. Every step's share of the error is known, because every
reading gives the log-odds with their gradient, so that the steps to blame are halved, and nothing
is read twice. Rectified units leave kinks all along the path, of which rules of higher order than
this, the trapezoidal, make no better.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from splicenet.attribution.path import Paths
from splicenet.attribution.references import Reference, references
from splicenet.attribution.target import BATCH_TOKENS, Attribution, batches, explaining, tensors
from splicenet.model.network import SpliceNetwork

__all__ = ["SMALL", "integrated_gradients"]

SMALL = 1e-3
"""A completeness error, in nats, that is no error however small the difference."""
_MOST = 16
"""Times as many steps as at first, at most."""


def integrated_gradients(
    network: SpliceNetwork,
    codes: np.ndarray,
    kinds: np.ndarray,
    *,
    centre: int,
    reference: Reference = "shuffled",
    shuffles: int = 1,
    steps: int = 20,
    tolerance: float = 0.01,
    seed: int = 0,
    batch_tokens: int = BATCH_TOKENS,
) -> Attribution:
    """Explain by integrated gradients.

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
    reference, shuffles, seed
        See :func:`~splicenet.attribution.references.references`; the mean over shuffles is taken.
        Where a shuffle leaves a letter in its place, that letter scores 0 against it: with few
        shuffles single sites have holes.
    steps
        Steps on the path at first. For the sequences that need it some of them are halved, until
        there are sixteen times as many at most.
    tolerance
        Completeness error wanted, as a share of the difference from the reference.
    batch_tokens
        Bases read at once; memory grows with it.

    Returns
    -------
    Attribution
        ``delta`` is the absolute completeness error of the mean over references.
    """
    starts = references(codes, reference, count=shuffles, seed=seed)  # (N, R, L, 4)
    hypothetical = np.zeros((*codes.shape, 4), np.float32)
    delta, score, base = (np.zeros(len(codes)) for _ in range(3))
    paths_each, length = starts.shape[1:3]
    with explaining(network) as reader:
        for rows in batches((len(codes), paths_each * length), batch_tokens):
            bases, classes = tensors(reader, codes[rows], kinds[rows])
            start = torch.from_numpy(starts[rows]).to(bases)
            paths = Paths(reader, start, bases, classes, centre, tokens=batch_tokens)
            paths.read_evenly(steps)
            score[rows], base[rows] = (one.cpu().numpy() for one in paths.ends())
            allowed = np.maximum(tolerance * np.abs(score[rows] - base[rows]), SMALL)
            errors = paths.refine(torch.from_numpy(allowed).to(bases.device), _MOST * steps)
            delta[rows] = errors.cpu().numpy()
            hypothetical[rows] = _scores(paths.gradients(), start).cpu().numpy()
    return Attribution.of(hypothetical, codes, score, delta, base)


def _scores(gradients: Tensor, start: Tensor) -> Tensor:
    """What every letter would bring, the mean over references: (B, R, L, 4) to (B, L, 4)."""
    return (gradients - (gradients * start).sum(-1, keepdim=True)).mean(1)
