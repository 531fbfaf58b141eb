"""BAM files that appear whole, checked and indexed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pysam
from pysam.utils import SamtoolsError

from splicenet._version import __version__
from splicenet.exceptions import OutputError
from splicenet.genome.output import atomic_path, is_stream, remove_stale
from splicenet.genome.writer import Writer

__all__ = ["BamWriter", "with_program"]

_BAI_REACH = 1 << 29
_INDEXES = (".bai", ".csi")


def with_program(header: pysam.AlignmentHeader, command: str) -> pysam.AlignmentHeader:
    """Add splicenet to the ``@PG`` lines, after the program that came last."""
    programs = [line.get("ID", "") for line in header.to_dict().get("PG", [])]
    name, number = "splicenet", 0
    while name in programs:
        number += 1
        name = f"splicenet.{number}"
    fields = ["@PG", f"ID:{name}", "PN:splicenet", *[f"PP:{last}" for last in programs[-1:]]]
    fields += [f"VN:{__version__}", f"CL:{' '.join(command.split())}"]
    text = str(header).rstrip("\n")
    return pysam.AlignmentHeader.from_text(f"{text}\n" + "\t".join(fields) + "\n")


class BamWriter(Writer):
    """Write alignments as they come; a context manager.

    The file takes its name only when the block ends well and the file has been checked. If the
    alignments came sorted by position, an index (``.bai``, or ``.csi`` where a contig is too long
    for that) stands beside it.

    Parameters
    ----------
    path
        The BAM file to write.
    header
        Its header.

    Raises
    ------
    OutputError
        If it cannot be written.
    """

    def __init__(self, path: str | Path, header: pysam.AlignmentHeader) -> None:
        self._path = str(path)
        self._header = header
        self._last = (0, -1)
        self._sorted = True
        self._file = self._opened()

    def _open(self, stack: ExitStack) -> None:
        self._bam = stack.enter_context(self._file)

    def write(self, read: pysam.AlignedSegment) -> None:
        """Add an alignment."""
        here = (read.reference_id % (1 << 32), read.reference_start)  # the unplaced come last
        self._sorted &= here >= self._last
        self._last = here
        with self._whole():
            self._bam.write(read)

    @contextmanager
    def _opened(self) -> Iterator[pysam.AlignmentFile]:
        with atomic_path(self._path) as temporary:
            with (
                self._whole(),
                pysam.AlignmentFile(str(temporary), "wb", header=self._header) as bam,
            ):
                yield bam
            with self._whole():
                pysam.quickcheck(str(temporary))
            if not is_stream(self._path):
                self._index(temporary)

    def _index(self, temporary: Path) -> None:
        """Index what is sorted, and leave no index of what stood there before."""
        csi = max(self._header.lengths, default=0) > _BAI_REACH
        kind = ".csi" if csi else ".bai"
        places = [f"{self._path}{k}" for k in _INDEXES if not (self._sorted and k == kind)]
        if self._path.endswith(".bam"):
            places.append(str(Path(self._path).with_suffix(".bai")))
        remove_stale(places)
        if self._sorted:
            with atomic_path(self._path + kind) as index, self._whole():
                pysam.index(*["-c"] * csi, "-o", str(index), str(temporary))

    @contextmanager
    def _whole(self) -> Iterator[None]:
        try:
            yield
        except (OSError, SamtoolsError) as cause:
            message = "the alignments cannot be written; is the disk full?"
            raise OutputError(message, path=self._path) from cause
