"""VCF and BCF, written line by line, whole or not at all, with an index.

Lines are finished VCF text: positions in them count from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pysam

from splicenet.genome.bcf import spooled_text, text_to_bcf
from splicenet.genome.bgzf import BgzfWriter
from splicenet.genome.output import atomic, atomic_path, is_stream, remove_stale
from splicenet.genome.writer import Writer

__all__ = ["VcfWriter", "info_line", "with_lines"]

_TBI_REACH = 1 << 29
_INDEXES = (".tbi", ".csi")


def info_line(name: str, description: str) -> str:
    """The header line of an INFO field that holds any number of strings."""
    return f'##INFO=<ID={name},Number=.,Type=String,Description="{description}">'


def with_lines(
    header: Iterable[str], added: Iterable[str], contigs: Mapping[str, int | None]
) -> list[str]:
    """A header with lines added.

    Parameters
    ----------
    header
        Lines that begin with ``##``.
    added
        More of them; a line of the same kind and ID that is there already gives way.
    contigs
        Lengths of contigs, None where unknown; those that the header lacks are added.
    """
    added = list(added)
    replaced = {line.partition(",")[0] for line in added if "=<ID=" in line}
    kept = [line for line in header if line.partition(",")[0] not in replaced]
    known = {
        line[len("##contig=<ID=") :].rstrip(">").partition(",")[0]
        for line in kept
        if line.startswith("##contig=<ID=")
    }
    for name, length in contigs.items():
        if name not in known:
            size = "" if length is None else f",length={length}"
            kept.append(f"##contig=<ID={name}{size}>")
    return kept + added


class VcfWriter(Writer):
    """Write records as they come; a context manager.

    The file takes its name only when the block ends well. ``.vcf.gz`` and ``.vcf.bgz`` mean bgzip
    with a tabix index (``.csi`` where a position is too large for ``.tbi``), ``.bcf`` means BCF
    with a ``.csi``; everything else is plain text. Records that are not sorted by position get no
    index, nor do those of which one claims a position that no index can hold.

    Attributes
    ----------
    is_sorted
        Whether the records are, by position.
    is_out_of_reach
        Whether they are, and yet could not be indexed.

    Parameters
    ----------
    path
        The file to write; ``-`` for standard output, which gets no index, nor do pipes.
    header
        All lines of the header, the one of column names last.

    Raises
    ------
    OutputError
        If it cannot be written; ``BrokenPipeError`` passes.
    """

    def __init__(self, path: str | Path, header: Iterable[str]) -> None:
        self.is_sorted = True
        self.is_out_of_reach = False
        self._path = str(path)
        self._header = list(header)
        self._place = ("", 0)
        self._seen: set[str] = set()
        self._furthest = 0
        if self._path.endswith(".bcf"):
            self._file: AbstractContextManager[Any] = self._bcf()
        elif self._path.endswith((".gz", ".bgz")):
            self._file = self._bgzip()
        else:
            self._file = atomic(path, mode="wb")

    def _open(self, stack: ExitStack) -> None:
        self._out = stack.enter_context(self._file)
        for line in self._header:
            self._write(line)

    def write(self, line: str) -> None:
        """Add one record, without the end of its line."""
        contig, position = line.split("\t", 2)[:2]
        self._note(contig, int(position))
        self._write(line)

    def _write(self, line: str) -> None:
        self._out.write(f"{line}\n".encode(errors="surrogateescape"))

    def _note(self, contig: str, position: int) -> None:
        before, last = self._place
        if contig == before:
            self.is_sorted &= position >= last
        else:
            self.is_sorted &= contig not in self._seen
            self._seen.add(contig)
        self._place = contig, position
        self._furthest = max(self._furthest, position)

    @contextmanager
    def _bgzip(self) -> Iterator[BgzfWriter]:
        with atomic_path(self._path) as temporary:
            with open(temporary, "wb") as handle, BgzfWriter(handle) as out:
                yield out
            self._index(temporary, ".csi" if self._furthest >= _TBI_REACH else ".tbi")

    @contextmanager
    def _bcf(self) -> Iterator[BgzfWriter]:
        with atomic_path(self._path) as temporary:
            with spooled_text(temporary) as text, ExitStack() as stack:
                handle = stack.enter_context(open(text, "wb"))
                yield stack.enter_context(BgzfWriter(handle, level=1))
                stack.close()
                text_to_bcf(text, temporary, path=self._path)
            self._index(temporary, ".csi")

    def _index(self, temporary: Path, kind: str) -> None:
        """Index the records if they are sorted, and leave no index of what stood there before."""
        if is_stream(self._path):
            return
        self.is_out_of_reach = self.is_sorted and not self._write_index(temporary, kind)
        is_there = self.is_sorted and not self.is_out_of_reach
        remove_stale(f"{self._path}{k}" for k in _INDEXES if not (is_there and k == kind))

    def _write_index(self, temporary: Path, kind: str) -> bool:
        loudness = pysam.set_verbosity(0)
        try:
            with atomic_path(self._path + kind) as index:
                pysam.tabix_index(
                    str(temporary),
                    preset="bcf" if self._path.endswith(".bcf") else "vcf",  # type: ignore[arg-type]
                    index=str(index),
                    csi=kind == ".csi",
                    force=True,
                    keep_original=True,
                )
        except OSError:  # htslib's; those of the disk have become sentences
            return False
        finally:
            pysam.set_verbosity(loudness)
        return True
