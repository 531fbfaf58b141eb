"""Experiments on the sequence: what given changes, alone or in pairs, do to each head.

Of every change it is told what each head says before and after: at one base, if that is named, else
where the answer changes most.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from splicenet.exceptions import RegionError
from splicenet.genome.alphabet import LETTERS, N, decode
from splicenet.genome.intervals import Interval, Site, Variant
from splicenet.genome.labels import KINDS, STRANDS
from splicenet.genome.sequence import Genome
from splicenet.inference.haplotypes import Haplotype, compared
from splicenet.inference.head_effects import ROWS, Edits, Effects, Place, effects_of
from splicenet.inference.variants import VariantScorer
from splicenet.inference.windows import Window, WindowReader
from splicenet.model.targets import Target

__all__ = [
    "all_pairs",
    "all_singles",
    "epistasis",
    "score_changes",
    "score_constructs",
    "strongest_site",
]

_CHUNK = 256
_FARTHEST = 10_000
"""Bases between a change and the base that is looked at."""


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
    targets: Mapping[Target, int] = ROWS,
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
    targets
        What to ask, by its row among the numbers that the scorer's reader gives of a base.
    at
        Where to look; without it, the base of the largest change within ``distance`` of the change
        on either strand, for each head by itself.
    distance
        Bases.

    Raises
    ------
    RegionError
        If ``at`` lies more than 10,000 bases from a change.
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
            yield effects_of(before, after, stretch, strands, targets, at)


def _stretch(edits: Edits, genome: Genome, at: Place | None, distance: int) -> Haplotype:
    length = genome.lengths[edits[0].contig]
    start = compared(edits[0], distance if at is None else 1, length)[0]
    end = compared(edits[-1], distance if at is None else 1, length)[1]
    if at is not None:
        away = max(start - at.position, at.position + 1 - end)
        if away > _FARTHEST:
            raise RegionError(
                f"the change at {edits[0].contig}:{edits[0].start + 1} lies {away:,} bases from "
                f"the base to look at; {_FARTHEST:,} are the most"
            )
        start, end = min(start, at.position), max(end, at.position + 1)
    return Haplotype(edits[0].contig, start, end, edits)


def score_constructs(
    reader: WindowReader,
    sequences: Sequence[np.ndarray],
    *,
    targets: Mapping[Target, int] = ROWS,
    at: int | None = None,
) -> list[Effects]:
    """Effects of constructs against the first of them, read on the strand as given.

    Parameters
    ----------
    sequences
        Codes, all (L,); nothing is known beyond their ends.
    targets
        As :func:`score_changes` takes them.
    at
        Which base to look at, 0-based; without it, that of the largest change.
    """
    flank, length = -(-reader.flank // reader.phase) * reader.phase, len(sequences[0])
    around = flank, flank + -length % reader.phase
    padded = [np.pad(codes, around, constant_values=N) for codes in sequences]
    scores = reader.read([Window(codes, "+", flank, flank + length) for codes in padded])
    place = None if at is None else Place(at, "+")
    before, whole = scores[0][:, None], Haplotype("", 0, length, ())
    return [effects_of(before, after[:, None], whole, ("+",), targets, place) for after in scores]


def strongest_site(scorer: VariantScorer, region: Interval, *, distance: int) -> Site:
    """The base of the highest probability in or near a region; either head, either strand."""
    stretch = Haplotype(region.contig, max(region.start - distance, 0), region.end + distance, ())
    ref, _ = scorer.read([(stretch, strand) for strand in STRANDS])
    values = np.stack([ref[stretch, strand][: len(KINDS)] for strand in STRANDS])
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
        By change, of the log-odds or of a number: all singles and all pairs of the region.

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
