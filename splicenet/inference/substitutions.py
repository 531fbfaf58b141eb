"""The reference of a neighbourhood and the substitutions in it, computed only where they differ.

Substitutions leave every other base in its phase, so all but what they show in can be taken from
the one reading of the reference.

Coordinates are 0-based half-open on the plus strand; arrays are in reading direction until they
are calibrated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

import numpy as np

from splicenet.genome.alphabet import encode
from splicenet.genome.intervals import Strand
from splicenet.genome.sequence import Genome
from splicenet.inference.haplotypes import Haplotype
from splicenet.inference.windows import Window, WindowReader
from splicenet.model.incremental import IncrementalReader

__all__ = ["Key", "is_substitution", "read_substitutions"]

Key = tuple[Haplotype, Strand]

_UNIT = 4
"""Phases of which what is read around a change is a multiple: few lengths make full batches."""


def is_substitution(haplotype: Haplotype) -> bool:
    """Whether no change moves what follows it."""
    return bool(haplotype.edits) and all(edit.change == 0 for edit in haplotype.edits)


class _Whole(NamedTuple):
    """A window of the reference, from ``start`` on."""

    key: Key
    window: Window
    start: int


class _Change(NamedTuple):
    """A substitution to be read: where it begins in which window, in reading direction."""

    key: Key
    row: int
    begin: int
    window: Window
    around: int

    @property
    def shape(self) -> tuple[int, int]:
        """What changes of a batch have in common."""
        return len(self.window.codes), self.around


def read_substitutions(
    reader: WindowReader,
    local: IncrementalReader,
    genome: Genome,
    stretches: Mapping[Key, Sequence[Key]],
) -> tuple[dict[Key, np.ndarray], dict[Key, np.ndarray]]:
    """Scores of the reference, and of every substitution.

    Parameters
    ----------
    stretches
        Unchanged stretches, each with the keys that lie in it.

    Returns
    -------
    ref, alt : dict
        By key: calibrated probabilities, (2, bases); in ``alt`` substitutions only.
    """
    ref: dict[Key, np.ndarray] = {}
    alt: dict[Key, np.ndarray] = {}
    wholes = [_whole(reader, local, genome, key) for key in stretches]
    for batch in _batches(wholes, reader.batch_tokens):
        first = min(one.window.wanted[0] for one in batch)
        last = max(one.window.wanted[1] for one in batch)
        changes = [
            change
            for row, whole in enumerate(batch)
            for key in stretches[whole.key]
            if is_substitution(key[0]) and (change := _change(key, row, whole, local))
        ]
        codes = np.stack([one.window.sense for one in batch])
        beyond = max((change.around for change in changes), default=0) + local.phase
        asked = [
            (row, *_places(key, whole))
            for row, whole in enumerate(batch)
            for key in stretches[whole.key]
        ]
        probabilities, kept = local.reference(codes, first, last, beyond, asked)
        for whole, rows in zip(batch, reader.scale.apply(probabilities), strict=True):
            values = whole.window.part(first, last).scores(rows)
            for key in stretches[whole.key]:
                left = key[0].start - whole.key[0].start
                ref[key] = values[:, left : left + key[0].end - key[0].start]
        for some in _alike(changes, reader.batch_tokens, 2 * local.reach):
            read = local.changed(
                kept,
                np.array([one.row for one in some]),
                np.array([one.begin for one in some]),
                np.stack([one.window.sense for one in some]),
                some[0].around,
            )
            for one, rows in zip(some, reader.scale.apply(read), strict=True):
                alt[one.key] = one.window.scores(rows)
    return ref, alt


def _places(key: Key, whole: _Whole) -> tuple[int, int]:
    """Where a key's stretch lies in a window, in reading direction."""
    first, last = key[0].start - whole.start, key[0].end - whole.start
    return Window(whole.window.codes, key[1], first, last).wanted


def _whole(reader: WindowReader, local: IncrementalReader, genome: Genome, key: Key) -> _Whole:
    flank = max(reader.flank, local.reach)
    span = key[0].span(0, phase=local.phase, flank=flank, unit=_UNIT * local.phase)
    codes = key[0].codes(partial(genome.fetch, key[0].contig), span)
    return _Whole(
        key, Window(codes, key[1], span.first - span.start, span.last - span.start), span.start
    )


def _change(key: Key, row: int, whole: _Whole, local: IncrementalReader) -> _Change | None:
    """What must be read of a substitution; it begins and ends where a phase does.

    None where that comes too near the ends of what was read of the reference, as it may where a
    contig ends.
    """
    haplotype, strand = key
    phase, unit = local.phase, _UNIT * local.phase
    first = (haplotype.edits[0].start - whole.start) // phase * phase
    last = -(-(haplotype.edits[-1].end - whole.start) // phase) * phase
    start, end = haplotype.start - whole.start, haplotype.end - whole.start
    around = max(first - start, end - last, 0) + local.margin
    around = -(-around // unit) * unit
    left, right = first - around, last + around
    if left < local.spare or right > len(whole.window.codes) - local.spare:
        return None
    codes = whole.window.codes[left:right].copy()
    for edit in haplotype.edits:
        at = edit.start - whole.start - left
        codes[at : at + len(edit.alt)] = encode(edit.alt)
    begin = first if strand == "+" else len(whole.window.codes) - last
    return _Change(key, row, begin, Window(codes, strand, start - left, end - left), around)


def _batches(wholes: Sequence[_Whole], tokens: int) -> Iterator[list[_Whole]]:
    """Windows of one length, as many as hold ``tokens`` bases."""
    by_length = sorted(wholes, key=lambda one: len(one.window.codes))
    for length, group in groupby(by_length, key=lambda one: len(one.window.codes)):
        same, size = list(group), max(1, tokens // length)
        for begin in range(0, len(same), size):
            yield same[begin : begin + size]


def _alike(changes: Sequence[_Change], tokens: int, least: int) -> Iterator[list[_Change]]:
    """Changes that can be read together, so many as hold ``tokens`` bases.

    What is read of each is its window, but ``least`` bases at any rate.
    """
    groups: dict[tuple[int, int], list[_Change]] = defaultdict(list)
    for change in changes:
        groups[change.shape].append(change)
    for (length, _), same in groups.items():
        size = max(1, tokens // max(length, least))
        for begin in range(0, len(same), size):
            yield same[begin : begin + size]
