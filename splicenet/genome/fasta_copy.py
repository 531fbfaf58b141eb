"""Rewriting sequence files that cannot be indexed as bgzipped FASTA with even lines.

That is what becomes of gzip that is not bgzip, of lines of uneven length, and of GenBank and EMBL.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from Bio import BiopythonWarning, SeqIO
from Bio.Seq import UndefinedSequenceError

from splicenet.exceptions import SequenceError
from splicenet.genome.bgzf import BgzfWriter
from splicenet.genome.fasta_index import contig_name
from splicenet.genome.output import atomic
from splicenet.genome.streams import open_bytes

__all__ = ["copy_fasta", "copy_flat_file"]

_LINE = 1 << 12
_CUT_OFF = "Premature end|Expected sequence length"
_FAST = 1


def copy_fasta(source: Path, target: Path, *, name: str) -> None:
    """Copy a FASTA, plain or gzip, as bgzip with even lines.

    White space and Windows line ends are dropped; the contig is never in memory as a whole unless
    it stands on one line.

    Raises
    ------
    SequenceError
        If a contig has no name or the name of another; ``name`` is the file in the message.
    """
    with open_bytes(source) as handle:
        _write(_fasta_pieces(handle, name), target)


def copy_flat_file(source: Path, target: Path, *, dialect: str, name: str) -> None:
    """Copy the sequences of a GenBank or EMBL file (``dialect`` as Biopython names it).

    Raises
    ------
    SequenceError
        If it cannot be read or holds no sequence; ``name`` is the file in the message.
    """
    with open_bytes(source) as handle, warnings.catch_warnings():
        warnings.simplefilter("ignore", BiopythonWarning)
        warnings.filterwarnings("error", _CUT_OFF, BiopythonWarning)
        _write(_flat_pieces(handle, dialect, name), target)


def _fasta_pieces(handle: BinaryIO, path: str) -> Iterator[bytes]:
    names: set[str] = set()
    for number, line in enumerate(handle, start=1):
        if line.startswith(b">"):
            contig_name(line, names, path, number)
            yield line.rstrip() + b"\n"
        else:
            yield b"".join(line.split())


def _flat_pieces(handle: BinaryIO, dialect: str, path: str) -> Iterator[bytes]:
    names: set[str] = set()
    try:
        with io.TextIOWrapper(handle, encoding="utf-8", errors="replace") as text:
            for record in SeqIO.parse(text, dialect):
                header = f">{record.id} {record.description}".encode()
                contig_name(header, names, path, None)
                yield header + b"\n"
                yield bytes(record.seq)
    except UndefinedSequenceError:
        message = "it holds no sequence, only features; download it with the full sequence"
        raise SequenceError(message, path=path, contig=record.id) from None
    except (ValueError, AssertionError, BiopythonWarning) as cause:
        message = f"it cannot be read as {dialect} ({cause}); is it cut off?"
        raise SequenceError(message, path=path) from cause


def _write(pieces: Iterator[bytes], target: Path) -> None:
    """Write headers (pieces that begin with ``>``) and bases in lines of one length."""
    with atomic(target, mode="wb") as raw, BgzfWriter(raw, level=_FAST) as out:
        pending = b""
        for piece in pieces:
            if piece.startswith(b">"):
                out.write(pending + b"\n" if pending else b"")
                out.write(piece)
                pending = b""
                continue
            pending += piece
            if len(pending) >= _LINE:
                whole = len(pending) - len(pending) % _LINE
                for start in range(0, whole, _LINE):
                    out.write(pending[start : start + _LINE] + b"\n")
                pending = pending[whole:]
        out.write(pending + b"\n" if pending else b"")
