"""As many windows of the same length from every genome, so that its size tells nothing.

Coordinates are 0-based half-open.
"""

from __future__ import annotations

import numpy as np

from splicenet.exceptions import RegionError
from splicenet.genome.alphabet import N
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import Genome

__all__ = ["Tiles", "draw_tiles"]

Tiles = tuple[list[Interval], np.ndarray]
"""Where windows lie, and their codes, (windows, length), uint8."""

_MOST_UNKNOWN = 0.1


def draw_tiles(genome: Genome, count: int, length: int, *, seed: int) -> Tiles:
    """Draw windows that do not overlap and are known but for a tenth at most.

    Parameters
    ----------
    count, length
        Windows, and bases in each.
    seed
        Of the choice.

    Returns
    -------
    Tiles
        In the order of the genome.

    Raises
    ------
    RegionError
        If the genome has not so many.
    """
    every = [
        Interval(contig, start, start + length)
        for contig, bases in genome.lengths.items()
        for start in range(0, bases - length + 1, length)
    ]
    chosen: dict[int, np.ndarray] = {}
    for index in np.random.default_rng(seed).permutation(len(every)).tolist():
        if len(chosen) == count:
            break
        codes = genome.fetch(every[index].contig, every[index].start, every[index].end)
        if (codes == N).mean() <= _MOST_UNKNOWN:
            chosen[index] = codes
    if len(chosen) < count:
        raise RegionError(
            f"it has {len(chosen):,} windows of {length:,} known bases, not {count:,}; "
            "ask for fewer or shorter ones",
            path=genome.path,
        )
    order = sorted(chosen)
    return [every[index] for index in order], np.stack([chosen[index] for index in order])
