"""A genome: any stretch of any contig, read from disk when it is asked for.

Positions are 0-based half-open. Bases are the codes of :mod:`splicenet.genome.alphabet`.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pysam

from splicenet.exceptions import SequenceError
from splicenet.genome.alphabet import N, encode
from splicenet.genome.checksum import sha256
from splicenet.genome.copies import Copies
from splicenet.genome.fasta_index import RawText, read_fai
from splicenet.genome.indexed_fasta import IndexedFasta, prepare
from splicenet.genome.lines import STANDARD_INPUT, file_name
from splicenet.genome.streams import reading

__all__ = ["Genome", "open_genome"]

_NO_NUCLEOTIDE = "(?i)[^ACGTUNRYSWKMBDHV]"
_PIECE = 1 << 20


class Genome:
    """Random access to a genome; a context manager.

    Attributes
    ----------
    path
        The file as the user named it; ``-`` for standard input.
    fasta
        The FASTA that is read, plain or bgzip: the file itself, or the copy made of it.
    lengths
        Length in bases of every contig, in the order of the file. Contigs without a base are left
        out.
    """

    def __init__(
        self,
        path: str,
        source: Path,
        fasta: IndexedFasta,
        *,
        folder: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        self.path = path
        self.fasta = fasta.path
        self._source = source
        self._folder = folder
        self._copies: Copies | None = None
        self._text = RawText(fasta.path, fasta.gzi)
        self._entries = {entry.name: entry for entry in read_fai(fasta.fai) if entry.length}
        self.lengths = {name: entry.length for name, entry in self._entries.items()}
        self._fasta = pysam.FastaFile(
            str(fasta.path),
            filepath_index=str(fasta.fai),
            filepath_index_compressed=None if fasta.gzi is None else str(fasta.gzi),
        )

    def __enter__(self) -> Genome:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def description(self, contig: str) -> str:
        """Read the header line of a contig, without ``>``."""
        with reading(self.path, error=SequenceError):
            return self._text.header(self._entries[contig])

    def fetch(self, contig: str, start: int, end: int) -> np.ndarray:
        """Bases ``[start, end)`` of a contig, 0-based, as read on the plus strand.

        Returns
        -------
        numpy.ndarray
            Codes, shape ``(end - start,)``, dtype uint8. Positions before the contig's start and
            past its end are N.

        Raises
        ------
        SequenceError
            If there is no such contig, or a letter in it is no nucleotide; the message gives its
            position counted from 1.
        """
        length = self.lengths.get(contig)
        if length is None:
            raise SequenceError("there is no such contig", path=self.path, contig=contig)
        codes = np.full(max(0, end - start), N, dtype=np.uint8)
        for left in range(max(0, start), min(end, length), _PIECE):
            piece = self._codes(contig, left, min(left + _PIECE, end, length))
            codes[left - start : left - start + piece.size] = piece
        return codes

    def letters(self, contig: str, start: int, end: int) -> str:
        """The same as it stands in the file; nothing beyond the contig's ends.

        Raises
        ------
        SequenceError
            If it cannot be read.
        """
        with reading(self.path, error=SequenceError):
            try:
                return self._fasta.fetch(contig, start, end)
            except ValueError as cause:
                raise OSError(str(cause)) from cause

    def _codes(self, contig: str, start: int, end: int) -> np.ndarray:
        letters = self.letters(contig, start, end)
        if len(letters) != end - start:
            message = "the file has changed or is damaged: fewer bases are left than there were"
            raise SequenceError(message, path=self.path, contig=contig)
        try:
            return encode(letters)
        except ValueError:
            wrong = re.search(_NO_NUCLEOTIDE, letters)
            letter, offset = (wrong[0], wrong.start()) if wrong else ("", 0)
            message = f"{letter!r} at position {start + offset + 1:,} is no nucleotide"
            raise SequenceError(message, path=self.path, contig=contig) from None

    def copies(self, on_bases: Callable[[int], object] = lambda bases: None) -> Copies:
        """What of it stands in it more than once; counted when first asked for.

        That takes five to ten seconds for 100 Mb; ``on_bases`` hears of every stretch.

        Raises
        ------
        SequenceError
            If it cannot be read.
        """
        if self._copies is None:
            self._copies = Copies(self.fetch, self.lengths, on_bases=on_bases)
        return self._copies

    def checksum(self) -> str:
        """SHA-256 of the file's bytes as they are on disk or came from standard input."""
        with reading(self.path, error=SequenceError):
            return sha256(self._source)

    def close(self) -> None:
        """Close the file; what was read from standard input is gone."""
        self._fasta.close()
        if self._folder is not None:
            self._folder.cleanup()


def open_genome(path: str | Path) -> Genome:
    """Open a genome for reading.

    Parameters
    ----------
    path
        FASTA, plain, gzip or bgzip, indexed or not; or GenBank or EMBL, plain or gzip. ``-`` and
        pipes are read to their end into a temporary file first. An index is made beside the file
        or, where that may not be written, in the user's cache; so is a bgzipped copy of what
        cannot be indexed.

    Raises
    ------
    SequenceError
        If it cannot be read as DNA.
    """
    name = str(path)
    with reading(name, error=SequenceError):
        if name != STANDARD_INPUT and not _is_pipe(name):
            return Genome(name, Path(path), prepare(Path(path), name=name))
        folder = tempfile.TemporaryDirectory(prefix="splicenet-")
        source = _spool(name, Path(folder.name))
        fasta = prepare(source, name=file_name(name), cache=source.parent)
        return Genome(name, source, fasta, folder=folder)


def _is_pipe(path: str) -> bool:
    kind = os.stat(path).st_mode
    return not (stat.S_ISREG(kind) or stat.S_ISDIR(kind))


def _spool(path: str, folder: Path) -> Path:
    target = folder / "sequence"
    with open(target, "wb") as out:
        if path == STANDARD_INPUT:
            shutil.copyfileobj(sys.stdin.buffer, out)
        else:
            with open(path, "rb") as pipe:
                shutil.copyfileobj(pipe, out)
    return target
