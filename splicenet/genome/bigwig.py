"""Probabilities along the genome as bigWig tracks, one for each kind of site and strand.

Positions are 0-based.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from itertools import product
from pathlib import Path

import numpy as np

from splicenet.genome.bigwig_file import BigWigWriter
from splicenet.genome.intervals import Kind, Strand
from splicenet.genome.output import atomic
from splicenet.genome.writer import Writer

__all__ = ["TrackWriter", "track_paths"]

_STRAND_NAMES: dict[Strand, str] = {"+": "plus", "-": "minus"}
_KINDS: tuple[Kind, Kind] = ("donor", "acceptor")
_FLOOR = 0.001


def track_paths(prefix: str | Path) -> dict[tuple[Kind, Strand], Path]:
    """Name the four files, ``PREFIX.donor.plus.bw`` and so on, by kind and strand."""
    return {
        (kind, strand): Path(f"{prefix}.{kind}.{_STRAND_NAMES[strand]}.bw")
        for kind, strand in product(_KINDS, _STRAND_NAMES)
    }


class TrackWriter(Writer):
    """Write the four tracks of a genome; a context manager.

    The files take their names, all four, only when the block ends well. A track without any value
    is a valid file, too.

    Parameters
    ----------
    prefix
        What the names of the files begin with.
    lengths
        Length in bases of every contig, in the order in which they will be written.
    floor
        Values below it are not stored: nearly all bases of a genome are nearly 0.

    Raises
    ------
    OutputError
        If the files cannot be written.
    """

    def __init__(
        self, prefix: str | Path, lengths: Mapping[str, int], *, floor: float = _FLOOR
    ) -> None:
        self._paths = track_paths(prefix)
        self._contigs = [(contig, length) for contig, length in lengths.items() if length]
        self._ranks = {contig: rank for rank, (contig, _) in enumerate(self._contigs)}
        self._tracks: dict[tuple[Kind, Strand], BigWigWriter] = {}
        self._ends = dict.fromkeys(self._paths, (0, 0))
        self._floor = floor

    def _open(self, stack: ExitStack) -> None:
        for key, path in self._paths.items():
            handle = stack.enter_context(atomic(path, mode="wb"))
            self._tracks[key] = BigWigWriter(handle, self._contigs)
        stack.push(self._finish)

    def _finish(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for track in self._tracks.values():
                track.finish()

    def write(
        self, contig: str, start: int, strand: Strand, kind: Kind, values: np.ndarray
    ) -> None:
        """Add the values of neighbouring bases.

        Parameters
        ----------
        contig, start
            Where the first of them lies, 0-based, on the plus strand. Each track must be written
            in order of contig and position.
        strand, kind
            Which of the tracks.
        values
            Shape ``(bases,)``, dtype float32, in the order of the plus strand.
        """
        rank = self._ranks[contig]
        if (rank, start) < self._ends[kind, strand]:
            raise ValueError(f"{contig}:{start} comes after what was written behind it")
        self._ends[kind, strand] = (rank, start + len(values))
        kept = np.flatnonzero(values >= self._floor)
        if kept.size:
            self._tracks[kind, strand].add(rank, kept + start, values[kept])
