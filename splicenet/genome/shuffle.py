"""Sequence without its meaning: the same letters, and pairs of letters, in a random order."""

from __future__ import annotations

import zlib

import numpy as np

from splicenet.genome.alphabet import N

__all__ = ["dinucleotide_shuffle", "generator"]


def generator(seed: int, codes: np.ndarray) -> np.random.Generator:
    """A random generator that belongs to one sequence, (L,)."""
    return np.random.default_rng([seed, zlib.crc32(np.ascontiguousarray(codes).tobytes())])


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
