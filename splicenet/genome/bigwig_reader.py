"""Values of any bigWig, read where they are asked for. Positions are 0-based half-open.

All three ways in which the format writes numbers down are read, in either order of bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from splicenet.exceptions import TaskError
from splicenet.genome.streams import reading

__all__ = ["BigWigReader"]

_MAGIC, _CONTIG_MAGIC, _REGION_MAGIC = 0x888FFC26, 0x78CA8C91, 0x2468ACE0
_HEADER = "IHHQQQHHQQIQ"
_CONTIG_HEADER = "IIIIQQ"
_REGION_HEADER = 48
_NODE = "BBH"
_SECTION = "IIIIIBBH"
_SUMMARY = "Qdddd"
_RANGES, _SINGLES, _STEPS = 1, 2, 3
_NODES = 4096
"""Nodes of the tree of regions that are remembered, each of some kilobytes."""


class BigWigReader:
    """A bigWig; opened anew for every look into it.

    Attributes
    ----------
    lengths
        Bases of each contig, as the file names them.

    Raises
    ------
    TaskError
        If it is no bigWig, or damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self._nodes: dict[int, tuple[bool, np.ndarray]] = {}
        with self._open() as file:
            magic = file.read(4)
            self._order = next((o for o in "<>" if magic == struct.pack(f"{o}I", _MAGIC)), "")
            if not self._order:
                raise TaskError("this is no bigWig", path=self.path)
            file.seek(0)
            head = self._unpack(file, _HEADER)
            self._index, self._summary, self._packed = head[5], head[9], bool(head[10])
            contigs = list(self._contigs(file, head[3]))
            file.seek(self._index)
            if self._unpack(file, "I")[0] != _REGION_MAGIC:
                raise struct.error
        self.lengths = {name: length for name, _, length in contigs}
        self._ids = {name: index for name, index, _ in contigs}

    def summary(self) -> tuple[float, float, float]:
        """Number of bases with a value, the sum of their values and that of the squares.

        Raises
        ------
        TaskError
            If the file lacks these figures, which only the oldest do.
        """
        if not self._summary:
            raise TaskError("its header lacks the sum of its values; write it anew", path=self.path)
        with self._open() as file:
            file.seek(self._summary)
            count, _, _, total, squares = self._unpack(file, _SUMMARY)
        return float(count), total, squares

    def values(self, contig: str, start: int, end: int) -> np.ndarray:
        """Values of ``[start, end)``, which may reach over the contig's ends.

        Returns
        -------
        numpy.ndarray
            float32, shape ``(end - start,)``; NaN where there is no value, or an infinite one.
        """
        values = np.full(end - start, np.nan, np.float32)
        index = self._ids[contig]
        with self._open() as file:
            for offset, size in self._blocks(file, index, start, end):
                file.seek(offset)
                data = file.read(size)
                self._fill(values, zlib.decompress(data) if self._packed else data, start)
        values[np.isinf(values)] = np.nan
        return values

    @contextmanager
    def _open(self) -> Iterator[IO[bytes]]:
        try:
            with reading(self.path, error=TaskError), open(self.path, "rb") as file:
                yield file
        except (struct.error, ValueError, OverflowError) as cause:
            message = "the bigWig is cut off or damaged; copy or make it again"
            raise TaskError(message, path=self.path) from cause

    def _unpack(self, file: IO[bytes], form: str) -> tuple[int, ...]:
        form = self._order + form
        return struct.unpack(form, file.read(struct.calcsize(form)))

    def _contigs(self, file: IO[bytes], offset: int) -> Iterator[tuple[str, int, int]]:
        file.seek(offset)
        magic, _, width, _, _, _ = self._unpack(file, _CONTIG_HEADER)
        if magic != _CONTIG_MAGIC:
            raise struct.error
        waiting = [file.tell()]
        while waiting:
            file.seek(waiting.pop())
            leaf, _, count = self._unpack(file, _NODE)
            for _ in range(count):
                name = file.read(width).rstrip(b"\0").decode()
                if leaf:
                    index, length = self._unpack(file, "II")
                    yield name, index, length
                else:
                    waiting += self._unpack(file, "Q")

    def _node(self, file: IO[bytes], offset: int) -> tuple[bool, np.ndarray]:
        if offset in self._nodes:
            return self._nodes[offset]
        if len(self._nodes) == _NODES:
            self._nodes.clear()
        file.seek(offset)
        leaf, _, count = self._unpack(file, _NODE)
        names = ["first", "start", "last", "end", "offset", "size"][: 6 if leaf else 5]
        kinds = [f"{self._order}u4"] * 4 + [f"{self._order}u8"] * 2
        form = np.dtype(list(zip(names, kinds, strict=False)))
        node = bool(leaf), np.frombuffer(file.read(count * form.itemsize), form, count)
        self._nodes[offset] = node
        return node

    def _blocks(
        self, file: IO[bytes], contig: int, start: int, end: int
    ) -> Iterator[tuple[int, int]]:
        """Offsets and sizes of the blocks of data that meet a stretch, in their order."""
        waiting = [self._index + _REGION_HEADER]
        while waiting:
            leaf, rows = self._node(file, waiting.pop())
            before = (rows["last"] < contig) | ((rows["last"] == contig) & (rows["end"] <= start))
            behind = (rows["first"] > contig) | ((rows["first"] == contig) & (rows["start"] >= end))
            found = rows[~(before | behind)]
            if leaf:
                yield from zip(found["offset"].tolist(), found["size"].tolist(), strict=True)
            else:
                waiting += found["offset"][::-1].tolist()

    def _fill(self, values: np.ndarray, data: bytes, start: int) -> None:
        """Put what a block of data says into the values from ``start`` on."""
        form = self._order + _SECTION
        _, first, _, step, span, kind, _, count = struct.unpack_from(form, data)
        body = data[struct.calcsize(form) :]
        whole, real = f"{self._order}u4", f"{self._order}f4"
        if kind == _RANGES:
            rows = np.frombuffer(body, [("start", whole), ("end", whole), ("value", real)], count)
            starts, ends = rows["start"].astype(np.int64), rows["end"].astype(np.int64)
            numbers = rows["value"]
        elif kind == _SINGLES:
            rows = np.frombuffer(body, [("start", whole), ("value", real)], count)
            starts, numbers = rows["start"].astype(np.int64), rows["value"]
            ends = starts + span
        elif kind == _STEPS:
            numbers = np.frombuffer(body, real, count)
            starts = first + step * np.arange(count, dtype=np.int64)
            ends = starts + span
        else:
            raise struct.error
        left = np.clip(starts - start, 0, values.size)
        right = np.clip(ends - start, 0, values.size)
        if kind != _RANGES and span == 1:
            inside = left < right
            values[left[inside]] = numbers[inside]
            return
        for a, b, number in zip(left.tolist(), right.tolist(), numbers.tolist(), strict=True):
            values[a:b] = number
