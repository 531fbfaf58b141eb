"""A changed stretch of sequence, and how its scores line up with the reference.

A network that reads in strides tells bases apart by their phase: where they lie from the window's
beginning, modulo the stride. An insertion or a deletion moves everything behind it to another
phase, which is no biology. A changed sequence is therefore read once for every phase that its
stretches need, and every stretch between two changes is scored by the reading in which it keeps
the phase that it has in the reference. Replaced and inserted bases belong to the stretch on their
left.

Lined up with the reference: a base that is replaced stands for the base it replaces, counted from
the left; deleted bases score 0; inserted bases count where the last base before them stands, by
their highest score.

Coordinates are 0-based half-open on the plus strand. Those of the changed sequence count like the
reference's up to the first change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from splicenet.genome.alphabet import encode
from splicenet.genome.intervals import Variant

__all__ = ["Haplotype", "Span", "compared", "touched"]

Fetch = Callable[[int, int], np.ndarray]


class Span(NamedTuple):
    """A window of the changed sequence: ``[start, end)`` is read, ``[first, last)`` is wanted."""

    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True)
class Haplotype:
    """Changes to ``[start, end)`` of a contig.

    Parameters
    ----------
    contig, start, end
        The stretch of the reference to compare, 0-based half-open.
    edits
        Trimmed variants inside it, sorted, none overlapping another.
    """

    contig: str
    start: int
    end: int
    edits: tuple[Variant, ...]

    @property
    def change(self) -> int:
        """By how many bases the stretch grows."""
        return sum(edit.change for edit in self.edits)

    def phases(self, phase: int) -> set[int]:
        """Shifts against the reference, modulo ``phase``, at which it must be read."""
        shifts, shift = {0}, 0
        for edit in self.edits:
            shift += edit.change
            shifts.add(shift % phase)
        return shifts

    def span(self, shift: int, *, phase: int, flank: int, unit: int) -> Span:
        """Where a window must begin and end for bases moved by ``shift`` to keep their phase.

        At least ``flank`` bases are read on either side; the length is a multiple of ``unit``,
        itself one of ``phase``.
        """
        start = self.start - flank
        start -= (start - shift) % phase
        last = self.end + self.change
        length = -(-(last + flank - start) // unit) * unit
        return Span(start, start + length, self.start, last)

    def codes(self, fetch: Fetch, span: Span) -> np.ndarray:
        """Bases of a window of the changed sequence, (length,), uint8."""
        pieces, position = [], span.start
        for edit in self.edits:
            pieces += [fetch(position, edit.start), encode(edit.alt)]
            position = edit.end
        return np.concatenate([*pieces, fetch(position, span.end - self.change)])

    def aligned(self, readings: Mapping[int, np.ndarray], phase: int) -> np.ndarray:
        """Scores of the changed sequence, base by base of the reference.

        Parameters
        ----------
        readings
            By shift modulo ``phase``: scores from ``start`` to ``end + change`` of the changed
            sequence, (kinds, bases), in plus-strand order.

        Returns
        -------
        numpy.ndarray
            (kinds, end - start), dtype float32.
        """
        values = np.zeros((len(readings[0]), self.end - self.start), np.float32)
        inserted: list[tuple[int, np.ndarray]] = []
        position = shift = 0  # counted from the stretch's start
        for edit in self.edits:
            reading = readings[shift % phase]
            kept = edit.start - self.start + min(len(edit.ref), len(edit.alt))
            values[:, position:kept] = reading[:, position + shift : kept + shift]
            if edit.change > 0:
                more = reading[:, kept + shift : kept + shift + edit.change]
                inserted.append((max(kept - 1, 0), more.max(axis=1)))
            position, shift = edit.end - self.start, shift + edit.change
        values[:, position:] = readings[shift % phase][:, position + shift :]
        for anchor, highest in inserted:
            values[:, anchor] = np.maximum(values[:, anchor], highest)
        return values


def touched(variant: Variant) -> tuple[int, int]:
    """Bases of the reference that a trimmed variant changes; an insertion, the one before it."""
    first = max(variant.start if variant.ref else variant.start - 1, 0)
    return first, max(variant.end, first + 1)


def compared(variant: Variant, distance: int, length: int) -> tuple[int, int]:
    """The stretch to compare: what a variant touches and ``distance`` bases on either side.

    The stretch ends where the contig, of ``length`` bases, does.
    """
    first, last = touched(variant)
    return max(first - distance, 0), min(last + distance, length)
