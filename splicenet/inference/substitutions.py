"""The reference of a neighbourhood and the substitutions in it, convolved only where they differ.

Substitutions leave every other base in its phase, so all but the surroundings of the change can be
taken from the one reading of the reference.

Coordinates are 0-based half-open on the plus strand; arrays are in reading direction until they
are calibrated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

import numpy as np
from torch import Tensor

from splicenet.genome.alphabet import reverse_complement
from splicenet.genome.intervals import Strand
from splicenet.genome.sequence import Genome
from splicenet.inference.haplotypes import Haplotype, Span
from splicenet.inference.windows import Window, WindowReader
from splicenet.model.local import LocalReader, States

__all__ = ["Key", "is_substitution", "read_substitutions"]

Key = tuple[Haplotype, Strand]
_GROUP = 4
"""Batches of reference whose states are kept at a time."""


def is_substitution(haplotype: Haplotype) -> bool:
    """Whether no change moves what follows it."""
    return bool(haplotype.edits) and all(edit.change == 0 for edit in haplotype.edits)


class _Job(NamedTuple):
    key: Key
    window: Window
    span: Span
    incoming: tuple[Tensor, Tensor] | None = None


def read_substitutions(
    reader: WindowReader,
    local: LocalReader,
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
    flank = max(reader.flank, 2 * local.reach + 2 * local.cell)
    wholes = []
    for key in stretches:
        span = key[0].span(0, phase=reader.phase, flank=flank, unit=local.cell)
        wholes.append(_job(genome, key, span))
    for group in _batches(wholes, _GROUP * reader.batch_tokens):
        near: list[_Job] = []
        for batch in _batches(group, reader.batch_tokens):
            probabilities, states = local.reference(_stacked(batch))
            for index, whole in enumerate(batch):
                values = reader.calibrated(whole.window, probabilities[index])
                for key in stretches[whole.key]:
                    first = key[0].start - whole.key[0].start
                    ref[key] = values[:, first : first + key[0].end - key[0].start]
                    if is_substitution(key[0]):
                        span = _near(key[0], local, whole.span)
                        incoming = _incoming(states.of(index), whole, span, local)
                        near.append(_job(genome, key, span, incoming))
        for batch in _batches(near, reader.batch_tokens):
            incoming_all = [one.incoming for one in batch if one.incoming is not None]
            read = local.changed(_stacked(batch), incoming_all)
            for one, raw in zip(batch, read, strict=True):
                alt[one.key] = reader.calibrated(_inner(one.window, local.reach), raw)
    return ref, alt


def _job(
    genome: Genome, key: Key, span: Span, incoming: tuple[Tensor, Tensor] | None = None
) -> _Job:
    codes = key[0].codes(partial(genome.fetch, key[0].contig), span)
    window = Window(codes, key[1], span.first - span.start, span.last - span.start)
    return _Job(key, window, span, incoming)


def _near(haplotype: Haplotype, local: LocalReader, whole: Span) -> Span:
    """The window to read anew, its ends on the grid of the whole one."""
    changed = haplotype.edits[0].start, haplotype.edits[-1].end
    margin = local.reach + local.cell
    start = min(changed[0] - 2 * local.reach, haplotype.start - margin)
    end = max(changed[1] + 2 * local.reach, haplotype.end + margin)
    start -= (start - whole.start) % local.cell
    end += (whole.start - end) % local.cell
    return Span(start, end, haplotype.start, haplotype.end)


def _incoming(states: States, whole: _Job, near: Span, local: LocalReader) -> tuple[Tensor, Tensor]:
    """The recurrent level's states where the part of a near window begins that is whole."""
    first = near.start + local.reach - whole.span.start
    last = near.end - local.reach - whole.span.start
    if whole.key[1] == "-":
        length = whole.span.end - whole.span.start
        first, last = length - last, length - first
    return states.at(first // local.cell, last // local.cell)


def _inner(window: Window, reach: int) -> Window:
    """A window without so many bases at either end."""
    codes = window.codes[reach : len(window.codes) - reach]
    return Window(codes, window.strand, window.first - reach, window.last - reach)


def _batches(jobs: Sequence[_Job], tokens: int) -> Iterator[list[_Job]]:
    """Jobs of one length, as many as hold ``tokens`` bases."""
    by_length = sorted(jobs, key=lambda one: len(one.window.codes))
    for length, group in groupby(by_length, key=lambda one: len(one.window.codes)):
        same, size = list(group), max(1, tokens // length)
        for begin in range(0, len(same), size):
            yield same[begin : begin + size]


def _stacked(batch: Sequence[_Job]) -> np.ndarray:
    """Codes in reading direction, (B, L)."""
    return np.stack(
        [
            codes if strand == "+" else reverse_complement(codes)
            for codes, strand, *_ in (one.window for one in batch)
        ]
    )
