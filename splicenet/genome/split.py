"""Which sequence is trained on, which is watched during training, and which is never touched.

Three parts: *training*; *validation*, on which training is stopped and probabilities are
calibrated; and *held out*, which is read once, at the end, to say how good the model is. They are
whole stretches of contigs with both their strands, 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from splicenet.genome.alphabet import N
from splicenet.genome.interval_sets import complement, subtract
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import Genome

__all__ = ["FencedGenome", "Split", "choose_blocks", "split_genome"]

_PIECES = 16
_LARGEST_BLOCK = 1_000_000
_SMALLEST_BLOCK = 1 << 15
"""Blocks end at multiples of it, as do the windows in which sequence is scored."""


@dataclass(frozen=True)
class Split:
    """The three parts of one genome; together they are all of it, and no two share a base."""

    training: list[Interval]
    validation: list[Interval]
    held_out: list[Interval]


def split_genome(
    lengths: Mapping[str, int],
    holdout: float | Sequence[Interval],
    validation: float,
    *,
    seed: int,
) -> Split:
    """Part a genome.

    Parameters
    ----------
    lengths
        Contig lengths in bases.
    holdout
        The share to hold out, or the very regions (merged, sorted).
    validation
        The share of the rest to validate on.
    seed
        Decides the choice.
    """
    rng = np.random.default_rng([seed, sum(lengths.values()) % (1 << 32)])
    everything = [Interval(contig, 0, length) for contig, length in lengths.items() if length]
    if isinstance(holdout, float | int):
        held_out = choose_blocks(everything, float(holdout), rng)
    else:
        held_out = list(holdout)
    rest = complement(held_out, lengths)
    watched = choose_blocks(rest, validation, rng)
    return Split(subtract(rest, watched), watched, held_out)


def choose_blocks(
    intervals: Sequence[Interval], share: float, rng: np.random.Generator
) -> list[Interval]:
    """Random blocks that make up ``share`` of the intervals, sorted as these are.

    Some sixteen blocks where the sequence allows it, one from each sixteenth of the sequence: genes
    lie more densely here than there, and a few places would say little of the rest.
    """
    total = sum(map(len, intervals))
    wanted = round(total * share)
    if wanted <= 0:
        return []
    size = int(np.clip(wanted / _PIECES, _SMALLEST_BLOCK, _LARGEST_BLOCK))
    blocks = [block for interval in intervals for block in _cut(interval, size)]
    count = min(ceil(wanted * len(blocks) / total), len(blocks))
    strata = np.array_split(np.arange(len(blocks)), count)
    spread = [rng.choice(stratum) for stratum in strata]
    # Blocks differ in length: where those are too short, any other will do.
    order = np.concatenate([spread, rng.permutation(np.setdiff1d(np.arange(len(blocks)), spread))])
    before = np.cumsum([0, *(len(blocks[index]) for index in order)])[:-1]
    return [blocks[index] for index in sorted(order[before < wanted].tolist())]


def _cut(interval: Interval, size: int) -> list[Interval]:
    """Nearly equal pieces of about ``size``."""
    pieces = max(1, round(len(interval) / size))
    inner = np.linspace(interval.start, interval.end, pieces + 1)[1:-1] / _SMALLEST_BLOCK
    inner = np.unique(inner.round().astype(int) * _SMALLEST_BLOCK)
    inside = inner[(inner > interval.start) & (inner < interval.end)].tolist()
    bounds = [interval.start, *inside, interval.end]
    return [Interval(interval.contig, a, b) for a, b in zip(bounds, bounds[1:], strict=False)]


class FencedGenome(Genome):
    """A genome in which some regions cannot be read: there, every base is N.

    Parameters
    ----------
    genome
        The genome, which stays open as long as this one is used.
    hidden
        The regions, 0-based half-open.
    """

    def __init__(self, genome: Genome, hidden: Sequence[Interval]) -> None:
        vars(self).update(vars(genome))
        self._hidden = hidden

    def fetch(self, contig: str, start: int, end: int) -> np.ndarray:
        """As :meth:`Genome.fetch`; what is hidden is not even read from disk."""
        codes = np.full(max(0, end - start), N, np.uint8)
        if end <= max(start, 0):
            return codes
        wanted = Interval(contig, max(start, 0), end)
        for part in subtract([wanted], filter(wanted.overlaps, self._hidden)):
            codes[part.start - start : part.end - start] = super().fetch(
                contig, part.start, part.end
            )
        return codes
