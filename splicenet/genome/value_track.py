"""One number a base along the genome as a bigWig. Positions are 0-based."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from splicenet.genome.bigwig_file import BigWigWriter
from splicenet.genome.output import atomic
from splicenet.genome.writer import Writer

__all__ = ["ValueTrack"]


class ValueTrack(Writer):
    """Write one bigWig; a context manager. The file takes its name when the block ends well.

    Parameters
    ----------
    path
        The file to write.
    lengths
        Length in bases of every contig, in the order in which they will be written.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """

    def __init__(self, path: str | Path, lengths: Mapping[str, int]) -> None:
        self._path = path
        self._contigs = list(lengths.items())
        self._ranks = {contig: rank for rank, contig in enumerate(lengths)}

    def _open(self, stack: ExitStack) -> None:
        handle = stack.enter_context(atomic(self._path, mode="wb"))
        self._track = BigWigWriter(handle, self._contigs)
        stack.push(self._finish)

    def _finish(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._track.finish()

    def write(self, contig: str, start: int, values: np.ndarray, kept: np.ndarray) -> None:
        """Add values of neighbouring bases, behind all that came before.

        Parameters
        ----------
        contig, start
            Where the first of them lies, on the plus strand.
        values, kept
            Numbers in the order of the plus strand, and whether each is stored; (bases,).
        """
        chosen = np.flatnonzero(kept)
        if chosen.size:
            self._track.add(self._ranks[contig], chosen + start, values[chosen])
