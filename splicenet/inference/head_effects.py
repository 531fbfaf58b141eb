"""What changes of a sequence do to what each head says of a base.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from splicenet.genome.intervals import Strand, Variant
from splicenet.inference.haplotypes import Haplotype
from splicenet.model.calibration import logit
from splicenet.model.targets import SITES, Target

__all__ = ["ROWS", "Edits", "Effects", "HeadEffect", "Place", "effects_of"]

Edits = tuple[Variant, ...]
ROWS = dict(zip(SITES, range(len(SITES)), strict=True))
"""Rows of donor and acceptor among the numbers of any reader."""


class Place(NamedTuple):
    """A base, on the strand on which it is read."""

    position: int
    strand: Strand


class HeadEffect(NamedTuple):
    """What one head says of ``place`` before and after.

    Probabilities, those of sites calibrated; or numbers in the units of their source.
    """

    target: Target
    place: Place
    ref: float
    alt: float

    @property
    def delta(self) -> float:
        """Change of the probability, or of the number."""
        return self.alt - self.ref

    @property
    def delta_log_odds(self) -> float:
        """Change of the log-odds, natural logarithm; NaN of a number of any size."""
        if not self.target.odds:
            return float("nan")
        before, after = logit(np.array([self.ref, self.alt], np.float32))
        return float(after - before)

    @property
    def change(self) -> float:
        """Of the log-odds where there are any, else of the number."""
        return self.delta_log_odds if self.target.odds else self.delta


Effects = tuple[HeadEffect, ...]
"""Of all the heads asked for, in their order."""


def effects_of(
    before: np.ndarray,
    after: np.ndarray,
    stretch: Haplotype,
    strands: Sequence[Strand],
    targets: Mapping[Target, int],
    at: Place | None,
) -> Effects:
    """Compare what is said of a changed stretch before and after.

    Parameters
    ----------
    before, after
        (rows, strands, bases), of the bases of the reference.
    stretch
        With its changes.
    strands
        That were read.
    targets
        What to ask, and its row.
    at
        Where to look, in the stretch; without it, for each target where it changes most.
    """
    deleted = np.zeros(stretch.end - stretch.start, bool)
    for edit in stretch.edits:
        deleted[edit.start + len(edit.alt) - stretch.start : edit.end - stretch.start] = True
    found = []
    for target, row in targets.items():
        ref, alt = before[row], after[row]
        if at is None:
            changes = np.abs(alt - ref)
            if target.task:  # a base that is gone is no site, but of its region nothing is known
                changes[:, deleted] = 0
            strand, offset = (int(i) for i in np.unravel_index(changes.argmax(), ref.shape))
        else:
            strand, offset = strands.index(at.strand), at.position - stretch.start
        place = Place(stretch.start + offset, strands[strand])
        found.append(
            HeadEffect(target, place, float(ref[strand, offset]), float(alt[strand, offset]))
        )
    return tuple(found)
