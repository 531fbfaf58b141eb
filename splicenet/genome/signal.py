"""Numbers along a genome: the labels of the task ``track``. Positions are 0-based.

A track has no strand. A network learns it in standard units: how many standard deviations a base
lies from the mean of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt

import numpy as np

from splicenet.exceptions import TaskError
from splicenet.genome.bigwig_reader import BigWigReader
from splicenet.genome.contigs import match_contigs
from splicenet.genome.intervals import Strand
from splicenet.genome.sequence import Genome
from splicenet.genome.tasks import Task

__all__ = ["TrackTarget", "spread_of"]


class TrackTarget:
    """A bigWig in the standard units of a task; NaN where it has no value.

    Raises
    ------
    TaskError
        If it is no bigWig, or belongs to another assembly.
    ContigError
        If its contigs are not the genome's.
    """

    def __init__(self, path: str, genome: Genome, task: Task) -> None:
        self._task = task
        self._file = BigWigReader(path)
        theirs = self._file.lengths
        differing = {
            name: length
            for name, length in theirs.items()
            if genome.lengths.get(name, length) != length
        }
        if differing:
            name = max(differing, key=differing.__getitem__)
            raise TaskError(
                f"it has {differing[name]:,} bases here but {genome.lengths[name]:,} in "
                f"{genome.path}, so it is of another assembly",
                path=path,
                contig=name,
            )
        names = match_contigs(
            dict(theirs),
            genome.lengths,
            their_file=path,
            our_file=genome.path,
            describe=genome.description,
            whole=True,
        )
        self._names = {ours: name for name, ours in names.items()}

    def window(self, contig: str, start: int, end: int, strand: Strand) -> np.ndarray:
        """Numbers of ``[start, end)`` in reading direction; float32."""
        name = self._names.get(contig)
        if name is None:
            return np.full(end - start, np.nan, np.float32)
        values = self._file.values(name, start, end)
        values = (values - np.float32(self._task.centre)) / np.float32(self._task.scale)
        return values[::-1] if strand == "-" else values


def spread_of(paths: Sequence[str]) -> tuple[float, float]:
    """Mean and standard deviation of all values of some bigWigs; 0 and 1 of none.

    Raises
    ------
    TaskError
        If one of them is no bigWig, all values are the same, or not all are finite numbers.
    """
    if not paths:
        return 0.0, 1.0
    count = total = squares = 0.0
    for path in paths:
        summary = BigWigReader(path).summary()
        count, total, squares = count + summary[0], total + summary[1], squares + summary[2]
    if not count:
        raise TaskError("it holds no value to learn from", path=paths[0])
    mean = total / count
    if not isfinite(squares):
        raise TaskError("not all its values are finite; write it anew without them", path=paths[0])
    variance = squares / count - mean * mean
    if not variance > 1e-12 * max(mean * mean, 1e-12):
        raise TaskError("all its values are the same; there is nothing to learn", path=paths[0])
    return mean, sqrt(variance)
