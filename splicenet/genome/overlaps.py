"""Which of many intervals meet a stretch. Coordinates are 0-based half-open."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

__all__ = ["Overlaps"]


class Overlaps:
    """Distinct intervals of one contig and strand, with a number for each.

    Parameters
    ----------
    rows
        Start, end and value of each, in any order.

    Attributes
    ----------
    starts, ends, values
        Sorted by start, int32; shape ``(n,)``.
    """

    def __init__(self, rows: Iterable[tuple[int, int, int]] | np.ndarray) -> None:
        table = rows if isinstance(rows, np.ndarray) else np.array(list(rows))
        table = np.unique(table.astype(np.int32).reshape(-1, 3), axis=0)
        self.starts, self.ends, self.values = (column.copy() for column in table.T)
        self._reach = np.maximum.accumulate(self.ends)

    def __len__(self) -> int:
        return len(self.starts)

    def meeting(self, start: int, end: int) -> np.ndarray:
        """Indices of those that share a base with ``[start, end)``, sorted by start."""
        first = np.searchsorted(self._reach, start, "right")
        last = np.searchsorted(self.starts, end, "left")
        return np.flatnonzero(self.ends[first:last] > start) + first

    def clipped(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """Parts inside ``[start, end)``, counted from ``start``, with their values."""
        found = self.meeting(start, end)
        left = np.maximum(self.starts[found] - start, 0)
        right = np.minimum(self.ends[found], end) - start
        return list(zip(left.tolist(), right.tolist(), self.values[found].tolist(), strict=True))
