"""Predicted introns, and the chains of them that transcripts have.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from splicenet.genome.intervals import Junction, Strand

__all__ = ["Chain", "Intron"]


@dataclass(frozen=True, slots=True, order=True)
class Intron:
    """An intron with its probability."""

    junction: Junction
    score: float


class Chain(tuple[Intron, ...]):
    """Introns of one transcript, sorted by position whatever the strand."""

    __slots__ = ()

    def __new__(cls, introns: Iterable[Intron]) -> Chain:
        """Sort the introns."""
        return super().__new__(cls, sorted(introns))

    @property
    def contig(self) -> str:
        """Where it lies."""
        return self[0].junction.contig

    @property
    def strand(self) -> Strand:
        """Of all its introns."""
        return self[0].junction.strand

    @property
    def start(self) -> int:
        """First base of the first intron, 0-based."""
        return self[0].junction.start

    @property
    def end(self) -> int:
        """One past the last base of the last intron."""
        return self[-1].junction.end
