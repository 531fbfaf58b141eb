"""From whatever sequence file a user has to an indexed FASTA that pysam can open.

A healthy index is used where it stands. Otherwise one is made beside the file or, where that may
not be written, in the cache; what cannot be indexed is copied there first.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from splicenet.exceptions import OutputError, SequenceError
from splicenet.genome.bgzf import is_bgzf
from splicenet.genome.cache import cache_folder, cached_path, make_cache_folder
from splicenet.genome.fasta_copy import copy_fasta, copy_flat_file
from splicenet.genome.fasta_index import (
    Entry,
    RawText,
    agrees,
    read_fai,
    scan,
    write_fai,
    write_gzi,
)
from splicenet.genome.streams import open_bytes

__all__ = ["IndexedFasta", "prepare"]

_HEAD = 1 << 16
_DIALECTS = {b"LOCUS": "genbank", b"ID   ": "embl"}
_ONLY_IN_PROTEIN = b"EFILPQefilpq"
_PROTEIN_SHARE = 0.05


class IndexedFasta(NamedTuple):
    """A FASTA, plain (``gzi`` is None) or bgzipped, and its index."""

    path: Path
    fai: Path
    gzi: Path | None

    @classmethod
    def beside(cls, path: Path, index: Path | None = None) -> IndexedFasta:
        """A FASTA with the index that belongs beside it, or beside ``index``."""
        base = path if index is None else index
        gzi = base.with_name(base.name + ".gzi") if is_bgzf(path) else None
        return cls(path, base.with_name(base.name + ".fai"), gzi)

    def is_healthy(self) -> bool:
        """Whether the index is there, not older than the file, and agrees with it."""
        indexes = [self.fai] if self.gzi is None else [self.fai, self.gzi]
        changed = self.path.stat().st_mtime
        if not all(index.is_file() and index.stat().st_mtime >= changed for index in indexes):
            return False
        try:
            return agrees(read_fai(self.fai), RawText(self.path, self.gzi))
        except (OSError, EOFError):
            return False


def prepare(path: Path, *, name: str, cache: Path | None = None) -> IndexedFasta:
    """Make a sequence file ready for random access.

    Parameters
    ----------
    path
        FASTA, GenBank or EMBL, plain or gzip.
    name
        How messages call it.
    cache
        Where what cannot stand beside the file goes; the user's cache where None.

    Raises
    ------
    SequenceError
        If the file is no DNA.
    OSError, EOFError
        If it cannot be read, or is cut off.
    """
    dialect = _sniff(path, name)
    away = cached_path(path, cache_folder() if cache is None else cache)
    if dialect == "fasta" and (not _is_gzip(path) or is_bgzf(path)):
        places = [IndexedFasta.beside(path), IndexedFasta.beside(path, away)]
        for place in places:
            if place.is_healthy():
                return place
        if entries := _scan(path, name):
            return _write_index(entries, places)
    copy = away.with_name(away.name + ".fa.gz")
    if copy.exists() and (place := IndexedFasta.beside(copy)).is_healthy():
        return place
    make_cache_folder(copy.parent)
    if dialect == "fasta":
        copy_fasta(path, copy, name=name)
    else:
        copy_flat_file(path, copy, dialect=dialect, name=name)
    if entries := _scan(copy, name):
        return _write_index(entries, [IndexedFasta.beside(copy)])
    raise SequenceError("no contig in this file has a sequence", path=name)


def _scan(path: Path, name: str) -> list[Entry] | None:
    with open_bytes(path) as handle:
        return scan(handle, name)


def _write_index(entries: list[Entry], places: list[IndexedFasta]) -> IndexedFasta:
    """Write the index in the first place that may be written."""
    *others, last = places
    for place in others:
        try:
            return _write_files(entries, place)
        except OutputError:
            continue
    make_cache_folder(last.fai.parent)
    return _write_files(entries, last)


def _write_files(entries: list[Entry], place: IndexedFasta) -> IndexedFasta:
    if place.gzi is not None:
        write_gzi(place.path, place.gzi)
    write_fai(entries, place.fai)
    return place


def _is_gzip(path: Path) -> bool:
    with open(path, "rb") as handle:
        return handle.read(2) == b"\x1f\x8b"


def _sniff(path: Path, name: str) -> str:
    """The dialect, as Biopython names it, by the first lines."""
    with open_bytes(path) as handle:
        head = handle.read(_HEAD).lstrip()
    if not head:
        raise SequenceError("the file is empty", path=name)
    if dialect := _DIALECTS.get(head[:5]):
        return dialect
    if not head.startswith(b">"):
        message = "this is no sequence file: neither FASTA (with '>' first), GenBank nor EMBL"
        raise SequenceError(message, path=name)
    letters = b"".join(line for line in head.splitlines() if not line.startswith(b">"))
    foreign = sum(letters.count(letter) for letter in _ONLY_IN_PROTEIN)
    if foreign > _PROTEIN_SHARE * len(letters):
        message = "this looks like protein; splicenet reads DNA, so give the genome's FASTA"
        raise SequenceError(message, path=name)
    return "fasta"
