"""How long the windows of a batch are: one number, a range, or a curriculum from short to long.

A batch holds about the same number of bases whatever their length, so memory and time per batch
stay alike. All that is drawn here depends on the generator that is passed alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log2

import numpy as np

from splicenet.exceptions import TrainingError

__all__ = ["Lengths"]

_SHORTEST = 64
_BUCKETS_PER_DOUBLING = 2
"""Within a bucket lengths differ by a factor of 1.4: a batch is padded by a sixth on average."""


@dataclass(frozen=True)
class Lengths:
    """Window lengths in bases.

    ``8192`` makes all windows alike. ``2048-16384`` draws a bucket of similar lengths anew for each
    batch and each window's length within it; buckets are equally likely, so as many bases are
    read in short windows as in long ones. ``2048:16384`` begins with the shortest and doubles them
    in equal parts of the run.

    Parameters
    ----------
    shortest, longest
        Bases.
    grows
        Whether this is a curriculum.
    """

    shortest: int
    longest: int
    grows: bool = False

    @classmethod
    def parse(cls, text: int | str) -> Lengths:
        """Read ``8192``, ``2048-16384`` or ``2048:16384``.

        Raises
        ------
        TrainingError
            If it is none of them, or a window would be shorter than 64 bases.
        """
        match = re.fullmatch(r"(\d{1,9})(?:([-:])(\d{1,9}))?", str(text))
        if match is None:
            raise TrainingError(
                f"--length must be a number of bases, a range such as 2048-16384 or a curriculum "
                f"such as 2048:16384, not {text}"
            )
        shortest = int(match[1])
        longest = int(match[3] or shortest)
        if shortest < _SHORTEST:
            raise TrainingError(f"--length must be at least {_SHORTEST} bases")
        if longest < shortest:
            raise TrainingError(f"--length {text} must begin with its shortest window")
        return cls(shortest, longest, match[2] == ":")

    @property
    def buckets(self) -> list[tuple[int, int]]:
        """Least and greatest length of each kind of batch; of a curriculum, in its order."""
        doublings = log2(self.longest / self.shortest)
        if self.grows or not doublings:
            return [(length, length) for length in self._spread(1 + ceil(doublings))]
        return list(pairwise(self._spread(1 + ceil(_BUCKETS_PER_DOUBLING * doublings))))

    def _spread(self, count: int) -> list[int]:
        return np.geomspace(self.shortest, self.longest, count).round().astype(int).tolist()

    def draw(self, tokens: int, share: float, rng: np.random.Generator) -> list[int]:
        """Lengths of the windows of one batch of up to ``tokens`` bases, padding included.

        ``share`` of the run's budget, 0 to 1, is spent.
        """
        buckets = self.buckets
        if self.grows:
            index = min(int(share * len(buckets)), len(buckets) - 1)
        else:
            index = int(rng.integers(len(buckets)))
        least, greatest = buckets[index]
        return rng.integers(least, greatest + 1, tokens // greatest).tolist()

    def mean_bases(self, tokens: int) -> float:
        """Bases that a batch holds on average over a whole run, padding not counted."""
        each = [(tokens // high) * (low + high) / 2 for low, high in self.buckets]
        return sum(each) / len(each)
