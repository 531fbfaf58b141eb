"""Introns judged as wholes: both ends right, or wrong."""

from __future__ import annotations

from collections.abc import Collection
from math import nan
from typing import NamedTuple

from splicenet.genome.intervals import Junction

__all__ = ["ExactIntrons", "exact_introns"]


class ExactIntrons(NamedTuple):
    """How many introns were found to the base."""

    predicted: int
    annotated: int
    found: int

    @property
    def precision(self) -> float:
        """Share of the predicted introns that are annotated; NaN if none was predicted."""
        return self.found / self.predicted if self.predicted else nan

    @property
    def recall(self) -> float:
        """Share of the annotated introns that were predicted; NaN if there is none."""
        return self.found / self.annotated if self.annotated else nan

    @property
    def f1(self) -> float:
        """Harmonic mean of the two; NaN where there is nothing at all."""
        total = self.predicted + self.annotated
        return 2 * self.found / total if total else nan


def exact_introns(predicted: Collection[Junction], annotated: Collection[Junction]) -> ExactIntrons:
    """Compare distinct introns by contig, start, end and strand; reads do not matter."""
    ours, theirs = (
        {(one.contig, one.start, one.end, one.strand) for one in introns}
        for introns in (predicted, annotated)
    )
    return ExactIntrons(len(ours), len(theirs), len(ours & theirs))
