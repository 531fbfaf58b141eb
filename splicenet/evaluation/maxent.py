"""Maximum-entropy models of splice sites, after Yeo and Burge (2004), trained on the user's genome.

The model of a word is the distribution of highest entropy among those that agree with the true
sites on the joint frequencies of every pair of its positions, near or far; iterative scaling
finds it. The donor's nine bases are one word. The acceptor's 23 are too many for a table, so they
are read as a chain of overlapping words, each given the bases it shares with the word before.
The score is the log-odds of the site's model against a Markov chain of the whole genome.

The dinucleotide is part of the word and not demanded: GC-AG and AT-AC sites score low, as rarely
as they occur, and never minus infinity.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from splicenet.evaluation.background import Background
from splicenet.evaluation.windows import WINDOWS, Baseline, Table
from splicenet.genome.intervals import Kind

__all__ = ["maximum_entropy", "maximum_entropy_model"]

_WORD, _STEP = 7, 4  # the acceptor's chain: words of 7 bases, 3 of them shared with the last
_PSEUDOCOUNT = 256.0  # windows' worth of independent positions; decides where sites are few
_TOLERANCE = 1e-6
_MOST_SWEEPS = 200


def maximum_entropy(windows: np.ndarray, bases: np.ndarray) -> np.ndarray:
    """The distribution of highest entropy with the pair frequencies of ``windows``.

    Parameters
    ----------
    windows
        Codes 0 to 3, shape ``(n, length)``.
    bases
        Background frequencies of A, C, G, T. One pseudo-window of them smooths every position,
        so that no word is impossible; some hundreds of pseudo-windows whose positions are
        independent smooth the pairs, so that a few sites give little more than position weights.

    Returns
    -------
    numpy.ndarray
        Probabilities, shape ``(4,) * length``, dtype float64.
    """
    count, length = windows.shape
    places = range(length)
    onehot = (windows[:, :, None] == np.arange(4)).astype(np.float64)
    alone = (onehot.sum(axis=0) + bases) / (count + 1)
    wanted = {}
    for one, two in combinations(places, 2):
        pairs = onehot[:, one].T @ onehot[:, two] + _PSEUDOCOUNT * np.outer(alone[one], alone[two])
        others = tuple(place for place in places if place not in (one, two))
        wanted[others] = np.expand_dims(pairs / (count + _PSEUDOCOUNT), others)
    joint = np.full((4,) * length, 4.0**-length)
    for _ in range(_MOST_SWEEPS):
        worst = 0.0
        for others, target in wanted.items():
            found = joint.sum(axis=others, keepdims=True)
            worst = max(worst, float(np.abs(found - target).max()))
            joint *= target / found
        if worst < _TOLERANCE:
            break
    return joint


def _given(joint: np.ndarray, known: int) -> np.ndarray:
    """Probability of a word's other bases, given its first ``known``."""
    return joint / joint.sum(axis=tuple(range(known, joint.ndim)), keepdims=True)


def maximum_entropy_model(windows: Mapping[Kind, np.ndarray], background: Background) -> Baseline:
    """Log-odds of the window's maximum-entropy model against the genome's Markov chain.

    Parameters
    ----------
    windows
        Those of true sites, by kind: codes 0 to 3, shapes ``(n, 9)`` and ``(m, 23)``, dtype
        uint8, as :func:`~splicenet.evaluation.windows.site_windows` cuts them.
    background
        The genome's words.
    """

    def table(kind: Kind, offset: int, length: int, known: int) -> Table:
        word = windows[kind][:, offset : offset + length]
        site = _given(maximum_entropy(word, background.probabilities(1)), known)
        genome = _given(background.probabilities(length), known)
        return Table(offset, np.log2(site / genome).astype(np.float32))

    chain = range(0, WINDOWS["acceptor"].width - _WORD + 1, _STEP)
    return Baseline(
        {
            "donor": [table("donor", 0, WINDOWS["donor"].width, 0)],
            "acceptor": [
                table("acceptor", offset, _WORD, _WORD - _STEP if offset else 0) for offset in chain
            ],
        }
    )
