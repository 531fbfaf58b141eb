"""bgzip: gzip in small blocks, so that a file can be read from the middle."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

__all__ = ["BgzfWriter", "blocks", "has_end", "is_bgzf", "is_cut_off"]

_HEADER = bytes.fromhex("1f8b08040000000000ff060042430200")
_HEADER_SIZE = len(_HEADER) + 2
_END_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_PAYLOAD = 0xFF00


class BgzfWriter:
    """Compress bytes, block by block, into an open file, which stays open.

    Only when the block of the ``with`` statement ends well is the end marker written, without
    which readers take the file for a truncated one.

    Parameters
    ----------
    handle
        Where the compressed bytes go.
    level
        How hard zlib tries, 1 to 9.
    """

    def __init__(self, handle: IO[bytes], *, level: int = 6) -> None:
        self._handle = handle
        self._level = level
        self._pending = bytearray()

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._pending += data
        while len(self._pending) >= _PAYLOAD:
            self._write_block(bytes(self._pending[:_PAYLOAD]))
            del self._pending[:_PAYLOAD]

    def _write_block(self, data: bytes) -> None:
        packer = zlib.compressobj(self._level, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush()
        size = _HEADER_SIZE + len(packed) + 8
        self._handle.write(_HEADER + struct.pack("<H", size - 1) + packed)
        self._handle.write(struct.pack("<II", zlib.crc32(data), len(data)))

    def __enter__(self) -> BgzfWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            if self._pending:
                self._write_block(bytes(self._pending))
            self._handle.write(_END_BLOCK)


def is_bgzf(path: str | Path) -> bool:
    """Whether a file is bgzip, as opposed to any other file, other gzip among them."""
    with open(path, "rb") as handle:
        head = handle.read(_HEADER_SIZE)
    return head[:4] == _HEADER[:4] and head[12:14] == b"BC"


def has_end(path: str | Path) -> bool:
    """Whether a file ends with bgzip's end marker, without which it is taken for cut off."""
    with open(path, "rb") as handle:
        handle.seek(0, 2)
        handle.seek(max(handle.tell() - len(_END_BLOCK), 0))
        return handle.read() == _END_BLOCK


def is_cut_off(path: str | Path) -> bool:
    """Whether a regular file is bgzip without its end marker."""
    return Path(path).is_file() and is_bgzf(path) and not has_end(path)


def blocks(path: str | Path) -> Iterator[tuple[int, int]]:
    """Where every block that holds anything begins: its byte offset packed and unpacked.

    Raises
    ------
    EOFError
        If the file does not end with bgzip's end marker, or a block is cut off.
    """
    packed = unpacked = 0
    block = b""
    with open(path, "rb") as handle:
        while header := handle.read(_HEADER_SIZE):
            if len(header) < _HEADER_SIZE or header[12:14] != b"BC":
                raise EOFError
            size = struct.unpack_from("<H", header, 16)[0] + 1
            block = header + handle.read(size - _HEADER_SIZE)
            if len(block) < size:
                raise EOFError
            (length,) = struct.unpack_from("<I", block, size - 4)
            if length:
                yield packed, unpacked
            packed, unpacked = packed + size, unpacked + length
    if block != _END_BLOCK:
        raise EOFError
