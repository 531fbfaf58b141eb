"""Variants from VCF or BCF, each with its line as it stood.

The border where 1-based positions become 0-based. A record is kept as text, so that what is written
back differs from what came in by the fields added and by nothing else.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pysam

from splicenet.exceptions import VariantError
from splicenet.genome.bgzf import is_cut_off
from splicenet.genome.lines import STANDARD_INPUT, file_name, read_lines
from splicenet.genome.streams import open_bytes, reading

__all__ = ["VcfFile", "VcfRecord", "open_vcf"]

_MISSING = "."
_BCF_MAGIC = b"BCF\x02"
_COLUMNS = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]


@dataclass(frozen=True, slots=True)
class VcfRecord:
    """One line of a VCF.

    Parameters
    ----------
    contig
        As the file names it.
    start
        First base of ``ref``, 0-based; -1 where a telomere has position 0.
    ref, alts
        Alleles as they stand, upper case or not; no alternative leaves ``alts`` empty.
    columns
        The whole line.
    number
        Its number, counted from 1; for BCF that of the record.
    """

    contig: str
    start: int
    ref: str
    alts: tuple[str, ...]
    columns: tuple[str, ...]
    number: int

    @property
    def key(self) -> str:
        """What tells records apart: contig, position counted from 1, alleles."""
        return "\t".join((*self.columns[:2], *self.columns[3:5]))

    def genotype(self, sample: int) -> tuple[tuple[str, ...], str] | None:
        """Phased alleles of a sample (column counted from 0) and their phase set.

        Alleles are indices as text, ``.`` where unknown. None if nothing is phased: an unphased
        genotype counts only where all alleles are equal.
        """
        if len(self.columns) <= 9 + sample:
            return None
        fields = dict(
            zip(self.columns[8].split(":"), self.columns[9 + sample].split(":"), strict=False)
        )
        alleles = fields.get("GT", _MISSING)
        parts = tuple(alleles.replace("|", "/").split("/"))
        if "/" in alleles and len(set(parts)) > 1:
            return None
        return parts, fields.get("PS", _MISSING)

    def line(self, added: Mapping[str, str]) -> str:
        """The line with INFO fields set; fields of those names that were there are replaced.

        Parameters
        ----------
        added
            By name; an empty value removes the field.
        """
        info = [] if self.columns[7] == _MISSING else self.columns[7].split(";")
        kept = [field for field in info if field and field.partition("=")[0] not in added]
        kept += [f"{name}={value}" for name, value in added.items() if value]
        return "\t".join((*self.columns[:7], ";".join(kept) or _MISSING, *self.columns[8:]))


class VcfFile:
    """A VCF or BCF that was looked through once.

    Attributes
    ----------
    path
        As messages name it.
    header
        Lines that begin with ``##``.
    names
        The line of column names.
    contigs
        Contigs of the records, in their order, with the furthest end of a REF, 0-based exclusive.
    count
        Number of records that can be read.
    """

    def __init__(self, path: str, source: Path) -> None:
        self.path = path
        self._source = source
        with reading(path, error=VariantError), open_bytes(source) as handle:
            self._is_bcf = handle.read(len(_BCF_MAGIC)) == _BCF_MAGIC
        self.header: list[str] = []
        self.names = ""
        for _, line in self._lines():
            if not line.startswith("#"):
                break
            if line.startswith("##"):
                self.header.append(line)
            else:
                self.names = line
        if not self.header or not self.header[0].startswith("##fileformat=VCF"):
            raise VariantError("this is no VCF: its first line must be ##fileformat=VCF", path=path)
        if self.names.split("\t")[:8] != _COLUMNS:
            message = f"the header must end with the line {' '.join(_COLUMNS)}, tab-separated"
            raise VariantError(message, path=path)
        self.contigs: dict[str, int | None] = {}
        self.count = 0
        self._survey()

    @property
    def samples(self) -> list[str]:
        """Names of the samples."""
        return self.names.split("\t")[9:]

    def __iter__(self) -> Iterator[VcfRecord]:
        """Records in order.

        Raises
        ------
        VariantError
            At a line that is no record, or where the file is cut off; all before it has come out.
        """
        for number, line in self._lines():
            if line and not line.startswith("#"):
                yield self._parse(number, line)
        if is_cut_off(self._source):
            message = "the file is cut off: its end is missing; copy or download it again"
            raise VariantError(message, path=self.path)

    def _survey(self) -> None:
        try:
            for record in self:
                end = max(record.start, 0) + len(record.ref)
                self.contigs[record.contig] = max(self.contigs.get(record.contig) or 0, end)
                self.count += 1
        except VariantError:
            if not self.count:
                raise

    def _parse(self, number: int, line: str) -> VcfRecord:
        columns = tuple(line.split("\t"))
        needed = self.names.count("\t") + 1
        if len(columns) < needed or not columns[1].isdecimal() or not (columns[0] and columns[3]):
            message = (
                f"this is no record: it needs {needed} columns, tab-separated, with a number in the"
                " second; the file may be cut off here"
            )
            raise VariantError(message, path=self.path, line=number)
        alts = () if columns[4] == _MISSING else tuple(columns[4].split(","))
        return VcfRecord(columns[0], int(columns[1]) - 1, columns[3], alts, columns, number)

    def _lines(self) -> Iterator[tuple[int, str]]:
        if self._is_bcf:
            return self._bcf_lines()
        lines = read_lines(self._source, error=VariantError, undecodable="surrogateescape")
        return _renamed(lines, self.path)

    def _bcf_lines(self) -> Iterator[tuple[int, str]]:
        loudness = pysam.set_verbosity(0)
        number = 0
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a missing end is told once all has been read
                opened = pysam.VariantFile(str(self._source), ignore_truncation=True)
            with opened as file:
                for line in str(file.header).splitlines():
                    yield 0, line
                for number, record in enumerate(file, 1):  # noqa: B007
                    yield number, str(record).rstrip("\n")
        except (OSError, ValueError) as cause:
            message = "the file is cut off or damaged after here; copy or download it again"
            raise VariantError(message, path=self.path, line=number or None) from cause
        finally:
            pysam.set_verbosity(loudness)


def _renamed(lines: Iterator[tuple[int, str]], path: str) -> Iterator[tuple[int, str]]:
    """Pass lines on; complain in the name of the file that the user knows."""
    try:
        yield from lines
    except VariantError as error:
        raise VariantError(error.message, path=path, line=error.line) from error


@contextmanager
def open_vcf(path: str | Path) -> Iterator[VcfFile]:
    """Open a VCF, plain, gzip or bgzip, or a BCF; told apart by content.

    Parameters
    ----------
    path
        ``-`` is standard input; it and pipes are read to their end into a temporary file first.

    Raises
    ------
    VariantError
        If it is neither, or its first record is damaged already.
    """
    name = file_name(path)
    if str(path) != STANDARD_INPUT and not Path(path).is_fifo():
        yield VcfFile(name, Path(path))
        return
    with tempfile.TemporaryDirectory(prefix="splicenet-") as folder:
        spooled = Path(folder) / "variants"
        with reading(name, error=VariantError), ExitStack() as stack:
            is_standard = str(path) == STANDARD_INPUT
            pipe = sys.stdin.buffer if is_standard else stack.enter_context(open(path, "rb"))
            shutil.copyfileobj(pipe, stack.enter_context(open(spooled, "wb")))
        yield VcfFile(name, spooled)
