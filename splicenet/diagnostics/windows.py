"""Windows with a splice site in their middle.

Coordinates are 0-based half-open on the plus strand; windows are in the direction of transcription.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from splicenet.exceptions import RegionError
from splicenet.genome.alphabet import N, reverse_complement
from splicenet.genome.intervals import Interval, Site
from splicenet.genome.labels import DONOR, KINDS, UNKNOWN
from splicenet.genome.species import Species
from splicenet.genome.targets import Target
from splicenet.genome.tasks import Task
from splicenet.genome.unknown import unknown

__all__ = ["SiteWindows", "draw_sites", "site_windows"]


@dataclass(frozen=True)
class SiteWindows:
    """Sequence around sites, read in the direction of transcription.

    ``codes`` and ``labels`` are uint8, (n, L). Every site stands at :attr:`middle`. ``targets``
    has labels of tasks by name, (n, L) of a local one, (n,) of a global one.
    """

    codes: np.ndarray
    labels: np.ndarray
    targets: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.codes)

    def part(self, rows: slice) -> SiteWindows:
        """Some of the windows."""
        targets = {name: labels[rows] for name, labels in self.targets.items()}
        return SiteWindows(self.codes[rows], self.labels[rows], targets)

    @property
    def middle(self) -> int:
        """Index of the site in its window."""
        return self.codes.shape[1] // 2


def draw_sites(
    species: Species, regions: Sequence[Interval], number: int, *, seed: int
) -> list[Site]:
    """Draw labelled sites inside the regions; all of them if there are no more than ``number``."""
    inside = [
        site
        for site in species.labels.sites()
        if any(
            one.contig == site.contig and one.start <= site.position < one.end for one in regions
        )
    ]
    if len(inside) <= number:
        return inside
    chosen = np.random.default_rng(seed).choice(len(inside), number, replace=False)
    return [inside[index] for index in sorted(chosen)]


def site_windows(
    species: Species,
    sites: Sequence[Site],
    length: int,
    *,
    regions: Sequence[Interval] | None = None,
    tasks: Sequence[Task] = (),
    targets: Mapping[str, Target] | None = None,
) -> SiteWindows:
    """Read ``length`` bases around every site.

    Parameters
    ----------
    sites
        Each is labelled in its window as it says itself, whatever the annotation says.
    regions
        Labels outside of these are UNKNOWN; the sequence is read all the same.
    tasks, targets
        What else is asked, and what the species knows of it, by name; of the whole window.

    Raises
    ------
    RegionError
        If a site lies outside the genome.
    """
    codes = np.full((len(sites), length), N, np.uint8)
    labels = np.full((len(sites), length), UNKNOWN, np.uint8)
    answers = {task.name: unknown(task, codes.shape) for task in tasks}
    for row, site in enumerate(sites):
        if not 0 <= site.position < species.genome.lengths.get(site.contig, 0):
            raise RegionError(
                f"the site at base {site.position + 1:,} lies outside the genome",
                contig=site.contig,
            )
        reverse = site.strand == "-"
        start = site.position - length // 2 + (reverse and length % 2 == 0)
        read = species.genome.fetch(site.contig, start, start + length)
        codes[row] = reverse_complement(read) if reverse else read
        known = species.labels.window(site.contig, start, start + length, site.strand).copy()
        if regions is not None:
            inside = _inside(site.contig, start, start + length, regions)
            known[~(inside[::-1] if reverse else inside)] = UNKNOWN
        known[codes[row] == N] = UNKNOWN
        known[length // 2] = KINDS.index(site.kind) + DONOR
        labels[row] = known
        for name, target in (targets or {}).items():
            answers[name][row] = target.window(site.contig, start, start + length, site.strand)
    return SiteWindows(codes, labels, answers)


def _inside(contig: str, start: int, end: int, regions: Sequence[Interval]) -> np.ndarray:
    """Which bases of ``[start, end)`` lie in a region, bool."""
    inside = np.zeros(end - start, bool)
    for region in regions:
        if region.contig == contig:
            inside[max(region.start - start, 0) : max(region.end - start, 0)] = True
    return inside
