"""Runs of bases of one class along both strands, as BED6. 0-based half-open.

What is written comes sorted by position, though a run may go on from one stretch to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from splicenet.genome.intervals import Strand
from splicenet.genome.labels import STRANDS
from splicenet.genome.rows import RowWriter
from splicenet.genome.writer import Writer

__all__ = ["ClassTrack"]

_NONE = -1


@dataclass
class _Run:
    start: int
    end: int
    label: int
    total: float
    """Sum of the probabilities of its bases."""


class ClassTrack(Writer):
    """Write the runs of bases whose class is more likely than not; a context manager.

    A run's name is its class, its score 1000 times the mean probability of its bases.

    Parameters
    ----------
    path
        The file to write; ``.gz`` means bgzip with a tabix index.
    labels
        Names of the classes.
    header
        Comment lines, without ``#``.
    """

    def __init__(
        self, path: str | Path, labels: Sequence[str], *, header: Iterable[str] = ()
    ) -> None:
        self._labels = labels
        self._header = list(header)
        self._rows = RowWriter(path)
        self._contig = ""
        self._open_runs: dict[Strand, _Run] = {}
        self._ended: list[tuple[int, int, Strand, _Run]] = []

    def _open(self, stack: ExitStack) -> None:
        stack.enter_context(self._rows)
        for line in self._header:
            self._rows.write(f"#{line}")
        stack.push(self._finish)

    def _finish(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._end_all()

    def write(self, contig: str, start: int, values: np.ndarray) -> None:
        """Add a stretch, behind all that came before.

        Parameters
        ----------
        contig, start
            Where it begins, on the plus strand.
        values
            Probabilities (strands, classes, bases), in the order of the plus strand; what is left
            to 1 is the probability of being none of them.
        """
        if contig != self._contig:
            self._end_all()
            self._contig = contig
        for strand, likely in zip(STRANDS, values, strict=True):
            best, label = likely.max(0), likely.argmax(0)
            for run in _runs(start, best, np.where(best > 0.5, label, _NONE)):
                self._add(strand, run)
        end = start + values.shape[-1]
        self._end([strand for strand, run in self._open_runs.items() if run.end < end])
        waiting = [run.start for run in self._open_runs.values()]
        self._write_before(min(waiting, default=end))

    def _add(self, strand: Strand, run: _Run) -> None:
        before = self._open_runs.get(strand)
        if before and (before.end, before.label) == (run.start, run.label):
            before.end, before.total = run.end, before.total + run.total
            return
        self._end([strand] if before else [])
        self._open_runs[strand] = run

    def _end_all(self) -> None:
        self._end(list(self._open_runs))
        self._write_before(None)

    def _end(self, strands: Iterable[Strand]) -> None:
        for strand in strands:
            run = self._open_runs.pop(strand)
            self._ended.append((run.start, run.end, strand, run))

    def _write_before(self, position: int | None) -> None:
        """Write what has ended and begins before a position, in order; all without one."""
        self._ended.sort(key=lambda row: row[:3])
        written = 0
        for start, end, strand, run in self._ended:
            if position is not None and start >= position:
                break
            score = round(1000 * run.total / (end - start))
            name = self._labels[run.label]
            self._rows.write(f"{self._contig}\t{start}\t{end}\t{name}\t{score}\t{strand}", end)
            written += 1
        self._ended = self._ended[written:]


def _runs(start: int, likely: np.ndarray, labels: np.ndarray) -> Iterable[_Run]:
    """Runs of one label, without those of none."""
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(labels)) + 1, [labels.size]])
    sums = np.add.reduceat(likely.astype(np.float64), bounds[:-1])
    for left, right, total in zip(bounds[:-1], bounds[1:], sums, strict=True):
        if labels[left] != _NONE:
            yield _Run(start + int(left), start + int(right), int(labels[left]), float(total))
