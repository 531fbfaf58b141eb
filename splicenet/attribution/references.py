"""What a sequence is compared with: the same without its meaning.

All randomness depends on a seed and on the sequence alone, so that a site is explained alike in
whatever company.
"""

from __future__ import annotations

import zlib
from typing import Literal, get_args

import numpy as np

from splicenet.attribution.windows import one_hot
from splicenet.genome.alphabet import N

__all__ = ["REFERENCES", "Reference", "dinucleotide_shuffle", "generator", "references"]

Reference = Literal["shuffled", "zeros", "background"]
REFERENCES: tuple[Reference, ...] = get_args(Reference)


def generator(seed: int, codes: np.ndarray) -> np.random.Generator:
    """A random generator that belongs to one sequence, (L,)."""
    return np.random.default_rng([seed, zlib.crc32(np.ascontiguousarray(codes).tobytes())])


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


def dinucleotide_shuffle(codes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Shuffle a sequence so that every pair of neighbours occurs as often as before.

    The letters are the nodes and the pairs the edges of a graph; every walk over all edges is such
    a sequence. A uniform one comes from a random tree of last exits towards the final letter, drawn
    by walks whose loops are erased (Wilson 1996), with each letter's other exits in random order
    (Altschul and Erickson 1985, Kandel et al. 1996). Runs of N stay where they are, and what lies
    between two of them is shuffled by itself.

    Parameters
    ----------
    codes
        (L,), uint8.
    random
        Where chance comes from.

    Returns
    -------
    numpy.ndarray
        (L,), uint8, with the same first and last letter.
    """
    shuffled = codes.copy()
    edges = np.flatnonzero(np.diff(np.concatenate([[True], codes == N, [True]]).astype(np.int8)))
    for first, end in edges.reshape(-1, 2):
        shuffled[first:end] = _euler_walk(codes[first:end], random)
    return shuffled


def _euler_walk(codes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    exits = [codes[1:][codes[:-1] == letter] for letter in range(N)]
    last = _last_exits(exits, int(codes[-1]), random)
    queues = []
    for letter, to in enumerate(exits):
        order = random.permutation(to)
        if letter in last:  # the tree's exit is kept for the end
            at = int(np.flatnonzero(order == last[letter])[0])
            order = np.concatenate([np.delete(order, at), order[at : at + 1]])
        queues.append(iter(order.tolist()))
    walk = [int(codes[0])]
    for _ in range(len(codes) - 1):
        walk.append(next(queues[walk[-1]]))
    return np.array(walk, dtype=codes.dtype)


def _last_exits(exits: list[np.ndarray], root: int, random: np.random.Generator) -> dict[int, int]:
    """A random spanning tree towards ``root``: the last exit of every other letter in use."""
    last: dict[int, int] = {}
    for letter, to in enumerate(exits):
        if letter == root or letter in last or not to.size:
            continue
        walk: dict[int, int] = {}
        at = letter
        while at != root and at not in last:
            walk[at] = int(random.choice(exits[at]))  # a later visit overwrites: loops are erased
            at = walk[at]
        at = letter
        while at != root and at not in last:
            last[at] = walk[at]
            at = walk[at]
    return last
