"""The bigWig format, as far as single bases with values need it.

A bigWig holds compressed blocks of values, summaries of them at coarser and coarser scales, and
trees by which a browser finds the blocks of a region. Positions are 0-based. Written here rather
than by a library so that a full disk is an ordinary error.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

import numpy as np

from splicenet.genome.bigwig_trees import Block, contig_tree, region_tree

__all__ = ["BigWigWriter"]

_MAGIC, _VERSION = 0x888FFC26, 4
_HEADER = struct.Struct("<IHHQQQHHQQIQ")
_ZOOM_HEADER = struct.Struct("<IIQQ")
_SUMMARY = struct.Struct("<Qdddd")
_SECTION = struct.Struct("<IIIIIBBH")
_SINGLE_BASES = 2
_SECTION_ITEMS = 1024
_ZOOM_ITEMS = 512
_REDUCTIONS = tuple(4096 * 4**level for level in range(7))
_ITEM = np.dtype([("position", "<u4"), ("value", "<f4")])
_BIN = np.dtype(
    [("contig", "<u4"), ("start", "<u4"), ("end", "<u4"), ("count", "<u4")]
    + [(name, "<f4") for name in ("low", "high", "sum", "squares")]
)


class _Zoom(NamedTuple):
    reduction: int
    data_at: int
    index_at: int


class BigWigWriter:
    """Write a bigWig into an open binary file that can seek, which stays open.

    Parameters
    ----------
    handle
        Where it goes.
    contigs
        Names and lengths in bases, in the order in which values will come.
    """

    def __init__(self, handle: IO[bytes], contigs: Sequence[tuple[str, int]]) -> None:
        self._handle = handle
        self._lengths = np.array([length for _, length in contigs], dtype=np.int64)
        self._blocks: list[Block] = []
        self._bins: list[np.ndarray] = []
        self._contig = 0
        self._waiting = np.empty(0, dtype=_ITEM)
        reserved = _HEADER.size + len(_REDUCTIONS) * _ZOOM_HEADER.size
        handle.write(bytes(reserved + _SUMMARY.size))
        self._summary_at = reserved
        self._contigs_at = handle.tell()
        handle.write(contig_tree(contigs, self._contigs_at))
        self._data_at = handle.tell()
        handle.write(bytes(8))

    def add(self, contig: int, positions: np.ndarray, values: np.ndarray) -> None:
        """Add bases with values, sorted, behind all that came before.

        Parameters
        ----------
        contig
            Index into ``contigs``.
        positions, values
            0-based, shape ``(bases,)``; stored as float32.
        """
        if contig != self._contig:
            self._flush()
            self._contig = contig
        items = np.empty(len(positions), dtype=_ITEM)
        items["position"], items["value"] = positions, values
        self._waiting = np.concatenate([self._waiting, items])
        # Only whole bins of the finest summary are written, so that none of them is cut in two.
        if len(self._waiting) > _REDUCTIONS[0] + _SECTION_ITEMS:
            last_bin = self._waiting["position"][-1] // _REDUCTIONS[0] * _REDUCTIONS[0]
            self._write_items(int(np.searchsorted(self._waiting["position"], last_bin)))

    def finish(self) -> None:
        """Write what readers need to find their way; the file is a bigWig only after this."""
        self._flush()
        index_at = self._handle.tell()
        self._handle.write(region_tree(self._blocks, index_at))
        bins = np.concatenate(self._bins) if self._bins else np.empty(0, dtype=_BIN)
        summary = _summarise(bins)
        zooms = list(self._write_zooms(bins)) if len(bins) else []
        self._handle.seek(self._data_at)
        self._handle.write(struct.pack("<Q", len(self._blocks)))
        buffer_size = max(
            _SECTION.size + _SECTION_ITEMS * _ITEM.itemsize, _ZOOM_ITEMS * _BIN.itemsize
        )
        self._handle.seek(0)
        self._handle.write(
            _HEADER.pack(
                _MAGIC,
                _VERSION,
                len(zooms),
                self._contigs_at,
                self._data_at,
                index_at,
                0,
                0,
                0,
                self._summary_at,
                buffer_size,
                0,
            )
        )
        for zoom in zooms:
            self._handle.write(_ZOOM_HEADER.pack(zoom.reduction, 0, zoom.data_at, zoom.index_at))
        self._handle.seek(self._summary_at)
        self._handle.write(summary)
        self._handle.seek(0, 2)

    def _flush(self) -> None:
        self._write_items(len(self._waiting))

    def _write_items(self, count: int) -> None:
        items, self._waiting = self._waiting[:count], self._waiting[count:]
        if not count:
            return
        self._bins.append(_bin(self._contig, items, self._lengths))
        for start in range(0, count, _SECTION_ITEMS):
            section = items[start : start + _SECTION_ITEMS]
            first, end = int(section["position"][0]), int(section["position"][-1]) + 1
            head = _SECTION.pack(self._contig, first, end, 0, 1, _SINGLE_BASES, 0, len(section))
            span = (self._contig, first), (self._contig, end)
            self._blocks.append(self._write_block(head + section.tobytes(), *span))

    def _write_block(self, data: bytes, start: tuple[int, int], end: tuple[int, int]) -> Block:
        packed = zlib.compress(data)
        block = Block(start, end, self._handle.tell(), len(packed))
        self._handle.write(packed)
        return block

    def _write_zooms(self, bins: np.ndarray) -> Iterator[_Zoom]:
        for reduction in _REDUCTIONS:
            bins = _coarsen(bins, reduction, self._lengths)
            data_at = self._handle.tell()
            self._handle.write(struct.pack("<I", len(bins)))
            blocks = []
            for first in range(0, len(bins), _ZOOM_ITEMS):
                part = bins[first : first + _ZOOM_ITEMS]
                start = (int(part["contig"][0]), int(part["start"][0]))
                end = (int(part["contig"][-1]), int(part["end"][-1]))
                blocks.append(self._write_block(part.tobytes(), start, end))
            index_at = self._handle.tell()
            self._handle.write(region_tree(blocks, index_at))
            yield _Zoom(reduction, data_at, index_at)


def _bin(contig: int, items: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Summaries of the finest scale, of the bins that hold anything."""
    bins = np.zeros(len(items), dtype=_BIN)
    bins["contig"], bins["start"], bins["count"] = contig, items["position"], 1
    bins["low"] = bins["high"] = bins["sum"] = items["value"]
    bins["squares"] = items["value"] ** 2
    return _coarsen(bins, _REDUCTIONS[0], lengths)


def _coarsen(bins: np.ndarray, reduction: int, lengths: np.ndarray) -> np.ndarray:
    """Join the summaries that fall into one stretch of ``reduction`` bases."""
    number = bins["start"] // reduction
    changes = (number[1:] != number[:-1]) | (bins["contig"][1:] != bins["contig"][:-1])
    first = np.flatnonzero(np.concatenate([[True], changes]))
    joined = np.empty(len(first), dtype=_BIN)
    joined["contig"] = bins["contig"][first]
    joined["start"] = number[first] * reduction
    ends = joined["start"].astype(np.int64) + reduction
    joined["end"] = np.minimum(ends, lengths[joined["contig"]])
    joined["low"] = np.minimum.reduceat(bins["low"], first)
    joined["high"] = np.maximum.reduceat(bins["high"], first)
    for field in ("count", "sum", "squares"):
        joined[field] = np.add.reduceat(bins[field], first)
    return joined


def _summarise(bins: np.ndarray) -> bytes:
    if not len(bins):
        return _SUMMARY.pack(0, 0, 0, 0, 0)
    return _SUMMARY.pack(
        int(bins["count"].sum(dtype=np.int64)),
        float(bins["low"].min()),
        float(bins["high"].max()),
        float(bins["sum"].sum(dtype=np.float64)),
        float(bins["squares"].sum(dtype=np.float64)),
    )
