"""What a sequence is compared with: the same without its meaning.

All randomness depends on a seed and on the sequence alone, so that a site is explained alike in
whatever company.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from splicenet.attribution.windows import one_hot
from splicenet.genome.alphabet import N
from splicenet.genome.shuffle import dinucleotide_shuffle, generator

__all__ = ["REFERENCES", "Reference", "references"]

Reference = Literal["shuffled", "zeros", "background"]
REFERENCES: tuple[Reference, ...] = get_args(Reference)


def references(codes: np.ndarray, kind: Reference, *, count: int = 1, seed: int = 0) -> np.ndarray:
    """References of sequences.

    Parameters
    ----------
    codes
        (N, L), uint8.
    kind
        ``shuffled`` keeps the composition of neighbouring pairs of letters, ``background`` is the
        mean composition of each sequence at each of its bases, ``zeros`` is no letter at all.
    count
        Shuffled references of each sequence; of the other kinds there is but one.
    seed
        Of the shuffles.

    Returns
    -------
    numpy.ndarray
        (N, R, L, 4), float32; zeros where the sequence has N.
    """
    known = (codes != N)[:, None, :, None]
    if kind == "zeros":
        return np.zeros((len(codes), 1, codes.shape[1], 4), np.float32)
    if kind == "background":
        composition = one_hot(codes).sum(1) / np.maximum(known.sum((1, 2)), 1)  # (N, 4)
        return known * composition[:, None, None, :].astype(np.float32)
    shuffled = np.stack([_shuffles(row, count, generator(seed, row)) for row in codes])
    return one_hot(shuffled)


def _shuffles(codes: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    return np.stack([dinucleotide_shuffle(codes, random) for _ in range(count)])
