"""Rows of text: plain, or bgzip, with an index beside it if they are sorted by position."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pysam

from splicenet.exceptions import OutputError
from splicenet.genome.bgzf import BgzfWriter
from splicenet.genome.output import atomic, atomic_path, is_stream, remove_stale
from splicenet.genome.writer import Writer

__all__ = ["RowWriter"]

_TBI_REACH = 1 << 29
_INDEXES = (".tbi", ".csi")
_PACKED = (".gz", ".bgz")


class RowWriter(Writer):
    """Write rows as they come; a context manager.

    The file takes its name only when the block ends well. ``.gz`` or ``.bgz`` at its end means
    bgzip with an index beside it: ``.tbi``, or ``.csi`` where a position is too large for that. The
    rows must then come sorted by contig and start, unless no index is asked for.

    Parameters
    ----------
    path
        The file to write; ``-`` for standard output, which gets no index, nor do pipes.
    start, end
        Columns of the coordinates, counted from 0; the contig stands in column 0.
    zero_based
        Whether the coordinates are 0-based half-open, as in BED, or 1-based, as in GFF.
    indexed
        Whether bgzip gets an index.

    Raises
    ------
    OutputError
        If it cannot be written, or its rows are not sorted; ``BrokenPipeError`` passes.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        start: int = 1,
        end: int = 2,
        zero_based: bool = True,
        indexed: bool = True,
    ) -> None:
        self._path = str(path)
        self._columns: dict[str, Any] = {
            "seq_col": 0,
            "start_col": start,
            "end_col": end,
            "zerobased": zero_based,
        }
        self._furthest = 0
        self._indexed = indexed
        self._file: AbstractContextManager[Any] = (
            self._bgzip() if self._path.endswith(_PACKED) else atomic(path, mode="wb")
        )

    def _open(self, stack: ExitStack) -> None:
        self._out = stack.enter_context(self._file)

    def write(self, row: str, end: int = 0) -> None:
        """Add a row, without its line end; ``end`` is its last coordinate."""
        self._furthest = max(self._furthest, end)
        self._out.write(f"{row}\n".encode())

    @contextmanager
    def _bgzip(self) -> Iterator[BgzfWriter]:
        with atomic_path(self._path) as temporary:
            with open(temporary, "wb") as handle, BgzfWriter(handle) as out:
                yield out
            if not is_stream(self._path):
                self._index(temporary)

    def _index(self, temporary: Path) -> None:
        kind = _INDEXES[self._furthest > _TBI_REACH] if self._indexed else None
        if kind is not None:
            with atomic_path(self._path + kind) as index:
                self._make_index(temporary, index, csi=kind == ".csi")
        remove_stale(f"{self._path}{other}" for other in _INDEXES if other != kind)

    def _make_index(self, temporary: Path, index: Path, *, csi: bool) -> None:
        loudness = pysam.set_verbosity(0)
        try:
            pysam.tabix_index(
                str(temporary), index=str(index), csi=csi, force=True, **self._columns
            )
        except OSError as cause:
            message = "its index cannot be written; are the rows sorted, or is the disk full?"
            raise OutputError(message, path=self._path) from cause
        finally:
            pysam.set_verbosity(loudness)
