"""Experiments on the sequence: what given changes, alone or in pairs, do to each head.

Of every change the probabilities and log-odds before and after are told for donors and for
acceptors: at one base, if that is named, else where the probability changes most.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from splicenet.genome.alphabet import LETTERS, N, decode
from splicenet.genome.intervals import Interval, Site, Strand, Variant
from splicenet.genome.labels import KINDS, STRANDS
from splicenet.genome.sequence import Genome
from splicenet.inference.haplotypes import Haplotype, compared
from splicenet.inference.variants import VariantScorer
from splicenet.inference.windows import Window, WindowReader
from splicenet.model.calibration import logit

__all__ = [
    "Edits",
    "Effects",
    "HeadEffect",
    "Place",
    "all_pairs",
    "all_singles",
    "epistasis",
    "score_changes",
    "score_constructs",
    "strongest_site",
]

_CHUNK = 256
Edits = tuple[Variant, ...]


class Place(NamedTuple):
    """A base, on the strand on which it is read."""

    position: int
    strand: Strand


class HeadEffect(NamedTuple):
    """What one head says of ``place``: calibrated probabilities before and after."""

    place: Place
    ref: float
    alt: float

    @property
    def delta(self) -> float:
        """Change of the probability."""
        return self.alt - self.ref

    @property
    def delta_log_odds(self) -> float:
        """Change of the log-odds, natural logarithm."""
        before, after = logit(np.array([self.ref, self.alt], np.float32))
        return float(after - before)


Effects = tuple[HeadEffect, HeadEffect]
"""Of the donor head and the acceptor head."""


def all_singles(genome: Genome, region: Interval) -> list[Edits]:
    """Every single-base change of a region, base by base; bases of N have none."""
    bases = decode(genome.fetch(region.contig, region.start, region.end))
    return [
        (Variant(region.contig, position, ref, alt),)
        for position, ref in enumerate(bases, region.start)
        for alt in (LETTERS[:N] if ref != LETTERS[N] else "")
        if alt != ref
    ]


def all_pairs(singles: Sequence[Edits]) -> list[Edits]:
    """Every two single changes at different bases."""
    return [
        (one, other) for (one,), (other,) in combinations(singles, 2) if one.start != other.start
    ]


def score_changes(
    scorer: VariantScorer,
    genome: Genome,
    changes: Sequence[Edits],
    *,
    at: Place | None = None,
    distance: int = 50,
) -> Iterator[Effects]:
    """Effects of changes, in order.

    Parameters
    ----------
    scorer
        The model at work on ``genome``.
    changes
        Each one or more trimmed variants of one contig, sorted, none overlapping another.
    at
        Where to look; without it, the base of the largest change of probability within
        ``distance`` of the change on either strand, for each head by itself.
    distance
        Bases.
    """
    strands = STRANDS if at is None else (at.strand,)
    for first in range(0, len(changes), _CHUNK):
        stretches = [
            _stretch(edits, genome, at, distance) for edits in changes[first : first + _CHUNK]
        ]
        keys = dict.fromkeys((stretch, strand) for stretch in stretches for strand in strands)
        ref, alt = scorer.read(list(keys))
        for stretch in stretches:
            before = np.stack([ref[stretch, strand] for strand in strands], axis=1)
            after = np.stack([alt[stretch, strand] for strand in strands], axis=1)
            yield _effects(before, after, stretch.start, strands, at)


def _stretch(edits: Edits, genome: Genome, at: Place | None, distance: int) -> Haplotype:
    length = genome.lengths[edits[0].contig]
    start = compared(edits[0], distance if at is None else 1, length)[0]
    end = compared(edits[-1], distance if at is None else 1, length)[1]
    if at is not None:
        start, end = min(start, at.position), max(end, at.position + 1)
    return Haplotype(edits[0].contig, start, end, edits)


def _effects(
    before: np.ndarray,
    after: np.ndarray,
    start: int,
    strands: Sequence[Strand],
    at: Place | None,
) -> Effects:
    """From probabilities (2 heads, strands, bases) before and after."""
    found = []
    for ref, alt in zip(before, after, strict=True):
        if at is None:
            row, column = np.unravel_index(np.abs(alt - ref).argmax(), ref.shape)
        else:
            row, column = strands.index(at.strand), at.position - start
        place = Place(start + int(column), strands[int(row)])
        found.append(HeadEffect(place, float(ref[row, column]), float(alt[row, column])))
    return found[0], found[1]


def score_constructs(
    reader: WindowReader, sequences: Sequence[np.ndarray], *, at: int | None = None
) -> list[Effects]:
    """Effects of constructs against the first of them, read on the strand as given.

    Parameters
    ----------
    sequences
        Codes, all (L,); nothing is known beyond their ends.
    at
        Which base to look at, 0-based; without it, that of the largest change of probability.
    """
    flank, length = -(-reader.flank // reader.phase) * reader.phase, len(sequences[0])
    around = flank, flank + -length % reader.phase
    padded = [np.pad(codes, around, constant_values=N) for codes in sequences]
    scores = reader.read([Window(codes, "+", flank, flank + length) for codes in padded])
    place = None if at is None else Place(at, "+")
    before = scores[0][:, None]
    return [_effects(before, after[:, None], 0, ("+",), place) for after in scores]


def strongest_site(scorer: VariantScorer, region: Interval, *, distance: int) -> Site:
    """The base of the highest probability in or near a region; either head, either strand."""
    stretch = Haplotype(region.contig, max(region.start - distance, 0), region.end + distance, ())
    ref, _ = scorer.read([(stretch, strand) for strand in STRANDS])
    values = np.stack([ref[stretch, strand] for strand in STRANDS])  # (strands, heads, bases)
    strand, kind, offset = (int(i) for i in np.unravel_index(values.argmax(), values.shape))
    score = float(values[strand, kind, offset])
    return Site(region.contig, stretch.start + offset, STRANDS[strand], KINDS[kind], score)


def epistasis(region: Interval, deltas: Mapping[Edits, float]) -> np.ndarray:
    """How far pairs of changes differ from the sum of the two, base by base.

    Parameters
    ----------
    region
        Of ``n`` bases.
    deltas
        Change of the log-odds by change: all singles and all pairs of the region.

    Returns
    -------
    numpy.ndarray
        (n, n), symmetric: of the nine pairs of letters at two bases the largest deviation, of
        either sign. NaN on the diagonal, and where there is no pair.
    """
    size = region.end - region.start
    found: dict[tuple[int, int], list[float]] = {}
    for edits, delta in deltas.items():
        if len(edits) == 2:
            one, other = edits
            beyond = delta - deltas[(one,)] - deltas[(other,)]
            key = one.start - region.start, other.start - region.start
            found.setdefault(key, []).append(beyond)
    grid = np.full((size, size), np.nan)
    for (row, column), values in found.items():
        grid[row, column] = grid[column, row] = max(values, key=abs)
    return grid
