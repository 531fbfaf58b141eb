"""The index of a FASTA file (``.fai``, and ``.gzi`` where it is bgzipped): built, read, doubted.

Offsets and lengths count from 0. An index is what lets pysam fetch any stretch of a contig; it is
trusted only while it agrees with the file that it stands beside.
"""

from __future__ import annotations

import gzip
import struct
from bisect import bisect_right
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from splicenet.exceptions import SequenceError
from splicenet.genome.bgzf import blocks
from splicenet.genome.output import atomic

__all__ = [
    "Entry",
    "RawText",
    "agrees",
    "contig_name",
    "read_fai",
    "scan",
    "write_fai",
    "write_gzi",
]

_HEADER_REACH = 1 << 13


class Entry(NamedTuple):
    """Where one contig stands in a FASTA.

    Its first base is byte ``offset``; every line holds ``bases`` of them in ``width`` bytes, line
    end included.
    """

    name: str
    length: int
    offset: int
    bases: int
    width: int

    @property
    def last(self) -> int:
        """Byte offset of the last base."""
        lines, rest = divmod(self.length - 1, self.bases)
        return self.offset + lines * self.width + rest


class RawText:
    """Random access to the text of a plain or bgzipped file."""

    def __init__(self, path: Path, gzi: Path | None) -> None:
        self._path = path
        self._blocks = None if gzi is None else _read_gzi(gzi)

    def read(self, start: int, end: int) -> bytes:
        """Bytes ``[start, end)`` of the text, fewer where it ends before."""
        start = max(0, start)
        with open(self._path, "rb") as handle:
            if self._blocks is None:
                handle.seek(start)
                return handle.read(end - start)
            compressed, plain = self._blocks[
                bisect_right(self._blocks, start, key=lambda block: block[1]) - 1
            ]
            handle.seek(compressed)
            with gzip.GzipFile(fileobj=handle) as text:
                text.seek(start - plain)
                return text.read(end - start)

    def header(self, entry: Entry) -> str:
        """The header line of a contig, without ``>``."""
        before = self.read(entry.offset - _HEADER_REACH, entry.offset).rstrip(b"\r\n")
        line = before[before.rfind(b"\n") + 1 :]
        return line[1:].decode("utf-8", "replace") if line.startswith(b">") else ""


def scan(handle: Iterable[bytes], path: str | Path) -> list[Entry] | None:
    """Index a FASTA by reading it once, line by line.

    Contigs without a base are left out.

    Returns
    -------
    list of Entry, or None
        None where lines of one contig differ in length, so that no index can describe them.

    Raises
    ------
    SequenceError
        Where a contig has no name or the name of another, with its line.
    """
    entries: list[Entry] = []
    names: set[str] = set()
    name, length, offset, bases, width = "", 0, 0, 0, 0
    crlf = ended = False
    position = 0
    for number, line in enumerate(handle, start=1):
        position += len(line)
        if line.startswith(b">"):
            if length:
                entries.append(Entry(name, length, offset, bases, width))
            name = contig_name(line, names, path, number)
            length, offset, bases, width, ended = 0, position, 0, 0, False
        elif len(line) == width and not ended and (line[-2:] == b"\r\n") == crlf:
            length += bases
        else:
            text = line.rstrip()
            if not text:
                ended = True
                continue
            if ended or b" " in text or b"\t" in text or (bases and len(text) > bases):
                return None
            if not bases:
                bases, width, crlf = len(text), len(line), line.endswith(b"\r\n")
            else:
                ended = True
            if line.endswith(b"\n") and len(line) - len(text) != 1 + crlf:
                return None
            length += len(text)
    if length:
        entries.append(Entry(name, length, offset, bases, width))
    return entries


def contig_name(header: bytes, names: set[str], path: str | Path, line: int | None) -> str:
    """The first word of a header line, added to ``names``, where it must be new."""
    text = header[1:].decode("utf-8", "replace")
    if not text.strip() or text[0].isspace():
        raise SequenceError("a header needs a name right after its '>'", path=path, line=line)
    name = text.split(maxsplit=1)[0]
    if name in names:
        raise SequenceError(
            f"contig {name} stands in this file twice; give every contig its own name",
            path=path,
            line=line,
        )
    names.add(name)
    return name


def agrees(entries: list[Entry], text: RawText) -> bool:
    """Whether an index fits its file.

    An edit that moves any base moves the last contig, so its name must stand right before it and
    nothing but white space after it.
    """
    if not entries or min(entries[-1][1:]) < 1:
        return False
    last = entries[-1]
    header = text.header(last).split(maxsplit=1)
    rest = text.read(last.last, last.last + _HEADER_REACH)
    return header[:1] == [last.name] and bool(rest[:1].strip()) and not rest[1:].strip()


def read_fai(path: Path) -> list[Entry]:
    """Read a ``.fai``; empty where it is no such thing."""
    try:
        rows = [line.split("\t") for line in path.read_text().splitlines()]
        return [Entry(row[0], *map(int, row[1:5])) for row in rows]
    except (OSError, ValueError, TypeError):
        return []


def write_fai(entries: list[Entry], path: Path) -> None:
    """Write a ``.fai``, whole or not at all."""
    with atomic(path) as handle:
        handle.writelines("\t".join(map(str, entry)) + "\n" for entry in entries)


def write_gzi(fasta: Path, path: Path) -> None:
    """Write the ``.gzi`` of a bgzipped file: where its blocks begin, packed and unpacked.

    Raises
    ------
    EOFError
        If the file is cut off.
    """
    starts = list(blocks(fasta))
    with atomic(path, mode="wb") as out:
        out.write(struct.pack("<Q", len(starts) - 1))
        out.writelines(struct.pack("<QQ", *start) for start in starts[1:])


def _read_gzi(path: Path) -> list[tuple[int, int]]:
    data = path.read_bytes()
    if len(data) < 8 or len(data) != 8 + 16 * struct.unpack_from("<Q", data)[0]:
        return [(0, 0)]
    return [(0, 0), *struct.iter_unpack("<QQ", data[8:])]
