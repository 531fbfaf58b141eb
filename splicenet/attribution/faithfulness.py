"""Whether the bases that are said to matter do matter to the network.

Bases are hidden (deletion), or shown in an otherwise hidden sequence (insertion), the most
important first, and the score is read after every step. Good explanations make it fall, or rise,
sooner than bases in random order do. A hidden base is an unknown one, ``N``, which the network
knows from the ends of contigs; it says nothing about what a *different* base would do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from splicenet.genome.alphabet import N

__all__ = ["Curves", "RANDOM", "faithfulness"]

RANDOM = "random order"

Score = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""``score(codes, rows)`` gives a number for each sequence (B, L), made from the windows ``rows``
(B,) of those explained."""


@dataclass(frozen=True, eq=False)
class Curves:
    """Mean scores while bases are hidden or shown.

    Parameters
    ----------
    share
        Of the bases hidden or shown, (points,), from 0 to 1.
    deletion, insertion
        By the name of an order: mean score, (points,).
    """

    share: np.ndarray
    deletion: dict[str, np.ndarray]
    insertion: dict[str, np.ndarray]

    def area(self, name: str) -> tuple[float, float]:
        """Mean gap to the random order, as a share of the whole way: deletion, insertion.

        The way is that from the sequence as it is to the hidden one; the mean is over points that
        lie evenly by the logarithm of the number of bases. 0 is no better than chance.
        """
        way = float(self.deletion[RANDOM][0] - self.deletion[RANDOM][-1]) or 1.0
        fall = float((self.deletion[RANDOM] - self.deletion[name]).mean())
        rise = float((self.insertion[name] - self.insertion[RANDOM]).mean())
        return fall / way, rise / way


def faithfulness(
    score: Score,
    codes: np.ndarray,
    orders: Mapping[str, np.ndarray],
    *,
    points: int = 16,
    seed: int = 0,
) -> Curves:
    """Deletion and insertion curves of several orders, and of a random one.

    Parameters
    ----------
    score
        What is explained.
    codes
        (N, L), uint8.
    orders
        By name: importance of every base, (N, L); the largest go first.
    points
        Scores read along a curve.
    seed
        Of the random order.
    """
    count, length = codes.shape
    steps = np.unique(np.rint(np.geomspace(1, length, points - 1)).astype(int))
    steps = np.concatenate([[0], steps])
    by_name = dict(orders) | {RANDOM: np.random.default_rng(seed).random(codes.shape)}
    rows = np.arange(count)
    deletion, insertion = {}, {}
    for name, importance in by_name.items():
        rank = np.argsort(np.argsort(-importance, axis=1, kind="stable"), axis=1)
        deletion[name] = np.array(
            [score(np.where(rank < step, np.uint8(N), codes), rows).mean() for step in steps]
        )
        insertion[name] = np.array(
            [score(np.where(rank < step, codes, np.uint8(N)), rows).mean() for step in steps]
        )
    return Curves(steps / length, deletion, insertion)
