"""Windows of bases and labels, drawn at random from the training regions of several species.

Most windows lie around annotated exons, because one base in a thousand is a splice site; the rest
fall anywhere on either strand, because a genome is mostly something else, and the other strand of
a gene is what a network mistakes for it most easily. Windows run over the ends of contigs, and some
are cut to a fragment, as a short contig would hold it. Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from splicenet.genome.alphabet import N, reverse_complement
from splicenet.genome.intervals import Interval, Strand
from splicenet.genome.labels import STRANDS, UNKNOWN
from splicenet.genome.species import Species
from splicenet.genome.targets import Target
from splicenet.genome.tasks import Task
from splicenet.genome.unknown import nothing, unknown
from splicenet.training.grounds import TrainingGround

__all__ = ["Windows", "WindowSampler", "read_targets", "read_window"]


class Windows(NamedTuple):
    """A batch of windows, in the direction of transcription; shorter ones are padded with N.

    ``codes`` and ``labels`` are (windows, longest), uint8; labels are UNKNOWN where nothing is to
    be learned. ``targets`` has the labels of each task by name, as :class:`Target` gives them:
    (windows, longest) of a local one, (windows,) of a global one. ``grounds``, (windows,), has the
    index of the ground that each window is from.
    """

    codes: np.ndarray
    labels: np.ndarray
    targets: dict[str, np.ndarray]
    grounds: np.ndarray


_FRAGMENTS = 1 / 16
"""Share of windows of which only a random stretch is left, N on both sides.

Long contigs end too seldom to learn from: of windows of 8,192 bases of a chromosome of 30 Mb, three
in ten thousand hold an end. With one in sixteen every eighth step, at two windows a step, shows two
ends at any distance from a site, while no more than a thirtieth of all bases is given up to N.
"""


class WindowSampler:
    """Draws batches; its whole state is its random generator.

    Species are drawn by the square root of their number of anchors, between equal shares for all
    and a share for each site.

    Parameters
    ----------
    grounds
        The species; each needs a region.
    length, batch_size
        Bases in a window, windows in a batch.
    genes
        Share of windows drawn around anchors.
    margin
        Bases at either end of a window that are not learned from; at most a quarter of it.
    seed
        Of the random generator.
    tasks
        Whose labels are read beside those of splice sites.
    """

    def __init__(
        self,
        grounds: Sequence[TrainingGround],
        *,
        length: int,
        batch_size: int,
        genes: float,
        margin: int,
        seed: int,
        tasks: Sequence[Task] = (),
    ) -> None:
        self.grounds = list(grounds)
        self.tasks = tuple(tasks)
        self.length = length
        self.batch_size = batch_size
        self.genes = genes
        self.margin = margin
        self._rng = np.random.default_rng(seed)
        weights = np.sqrt([len(ground.anchors) + 1 for ground in grounds])
        self._species_share = weights / weights.sum()
        self._region_shares = [
            np.array([len(r) for r in ground.regions]) / sum(map(len, ground.regions))
            for ground in grounds
        ]

    @property
    def state(self) -> dict[str, Any]:
        """The generator's state, for JSON."""
        return dict(self._rng.bit_generator.state)

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self._rng.bit_generator.state = state

    def draw(self, lengths: Sequence[int] | None = None, ground: int | None = None) -> Windows:
        """One batch of windows of these lengths; without any, ``batch_size`` of ``length``.

        All of one ground, if its index is given.
        """
        lengths = [self.length] * self.batch_size if lengths is None else lengths
        codes = np.full((len(lengths), max(lengths)), N, np.uint8)
        labels = np.full_like(codes, UNKNOWN)
        targets = {task.name: unknown(task, codes.shape) for task in self.tasks}
        grounds = np.empty(len(lengths), np.int64)
        for row, length in enumerate(lengths):
            grounds[row] = self._draw_ground() if ground is None else ground
            window, answers, said = self._draw_window(length, int(grounds[row]))
            codes[row, :length], labels[row, :length] = window, answers
            for name, answer in said.items():
                targets[name][(row, slice(length)) if answer.ndim else row] = answer
        return Windows(codes, labels, targets, grounds)

    def _draw_ground(self) -> int:
        return int(self._rng.choice(len(self.grounds), p=self._species_share))

    def _draw_window(
        self, length: int, index: int
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        rng = self._rng
        margin = min(self.margin, length // 4)
        ground = self.grounds[index]
        if rng.random() < self.genes and len(ground.anchors):
            region_index, place, strand_index = ground.anchors[rng.integers(len(ground.anchors))]
            region = ground.regions[region_index]
        else:
            region = ground.regions[rng.choice(len(ground.regions), p=self._region_shares[index])]
            place, strand_index = rng.integers(region.start, region.end), rng.integers(2)
        left = int(place) - int(rng.integers(margin, length - margin))
        if rng.random() < _FRAGMENTS:
            start = int(rng.integers(max(left, region.start), place + 1))
            end = int(rng.integers(place + 1, min(left + length, region.end) + 1))
            region = Interval(region.contig, start, end)
        strand = STRANDS[strand_index]
        codes, labels = read_window(ground.species, region, left, left + length, strand)
        labels[:margin] = UNKNOWN
        labels[length - margin :] = UNKNOWN
        if not self.tasks:
            return codes, labels, {}
        there = codes != N
        there[:margin] = there[length - margin :] = False
        said = {
            task.name: read_targets(task, target, region, left, there, strand)
            for task in self.tasks
            if (target := ground.targets.get(task.name)) is not None
        }
        return codes, labels, said


def read_window(
    species: Species, region: Interval, start: int, end: int, strand: Strand
) -> tuple[np.ndarray, np.ndarray]:
    """Codes and labels of ``[start, end)`` in reading direction, both (end - start,), uint8.

    Outside the region bases are N and labels UNKNOWN: what is held out is not read either.
    """
    first, last = max(start, region.start), min(end, region.end)
    codes = np.full(end - start, N, np.uint8)
    codes[first - start : last - start] = species.genome.fetch(region.contig, first, last)
    if strand == "-":
        codes = reverse_complement(codes)
    labels = species.labels.window(region.contig, start, end, strand).copy()
    labels[codes == N] = UNKNOWN
    return codes, labels


def read_targets(
    task: Task, target: Target, region: Interval, start: int, there: np.ndarray, strand: Strand
) -> np.ndarray:
    """Labels of a task in a window, in reading direction.

    Parameters
    ----------
    task, target
        What is asked, and what is known.
    region
        Nothing outside it is known, and a window is judged by what of it lies inside.
    start
        Where the window begins.
    there
        Bases to learn from, (window,), bool, in reading direction.

    Returns
    -------
    numpy.ndarray
        As :class:`Target` gives it: (window,) of a local task, () of a global one.
    """
    end = start + len(there)
    first, last = max(start, region.start), min(end, region.end)
    if task.scope == "global" and not there.any():
        return unknown(task, (1,))[0]
    inside = target.window(region.contig, first, last, strand)
    if task.scope == "global":
        return inside
    labels = unknown(task, there.shape)
    left = end - last if strand == "-" else first - start
    labels[left : left + last - first] = inside
    labels[~there] = nothing(task)
    return labels
