"""Changes to try, from a table or a VCF: the border where positions counted from 1 become 0-based.

A table has a header and is separated by tabs or commas. It names changes of a genome (``contig``,
``pos``, ``ref``, ``alt``) or whole constructs (``sequence``), one a row; other columns, such as a
measured effect, are kept as they stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from splicenet.exceptions import VariantError
from splicenet.genome.alphabet import decode, encode
from splicenet.genome.contigs import match_contigs
from splicenet.genome.intervals import Variant
from splicenet.genome.lines import file_name, read_lines
from splicenet.genome.sequence import Genome
from splicenet.genome.vcf import open_vcf

__all__ = ["Change", "Construct", "is_vcf", "read_changes", "read_constructs", "read_table"]

_VCF = "##fileformat=VCF"
_WANTED = ("contig", "pos", "ref", "alt")


class Change(NamedTuple):
    """A variant, trimmed, as it was given (``name``: contig, position from 1, ref, alt).

    ``values`` are the row's other columns.
    """

    variant: Variant
    name: tuple[str, str, str, str]
    values: Mapping[str, str]


class Construct(NamedTuple):
    """A sequence of its own, codes (L,) uint8, with the row's other columns."""

    codes: np.ndarray
    values: Mapping[str, str]


Row = tuple[int, dict[str, str]]


def is_vcf(path: str | Path) -> bool:
    """Whether a file is a VCF or BCF; a BCF is known by its name.

    Raises
    ------
    VariantError
        If it cannot be read.
    """
    if str(path).endswith(".bcf"):
        return True
    first = next(iter(islice(read_lines(path, error=VariantError), 1)), (0, ""))
    return first[1].startswith(_VCF)


def read_table(path: str | Path) -> list[Row]:
    """Rows of a table by column, in lower case, with their line numbers.

    Raises
    ------
    VariantError
        If it is empty, or a row has too few cells.
    """
    name = file_name(path)
    rows: list[Row] = []
    header: list[str] = []
    separator = "\t"
    for number, line in read_lines(path, error=VariantError):
        if not line.strip() or line.startswith("##"):
            continue
        if not header:
            separator = "\t" if "\t" in line else ","
            header = [cell.strip().lstrip("#").lower() for cell in line.split(separator)]
            continue
        cells = [cell.strip() for cell in line.split(separator)]
        if len(cells) < len(header):
            message = f"the row has {len(cells)} cells, the header {len(header)}"
            raise VariantError(message, path=name, line=number)
        rows.append((number, dict(zip(header, cells, strict=False))))
    if not rows:
        raise VariantError("the table holds no row below its header", path=name)
    return rows


def read_changes(path: str | Path, genome: Genome, *, skipped: Counter[str]) -> list[Change]:
    """Changes of a table or a VCF, checked against the genome.

    A row of a table whose ``ref`` is ``-`` inserts *behind* its position, as MAF and ANNOVAR have
    it. Of a VCF, alleles that are no sequence are left out.

    Parameters
    ----------
    skipped
        Is told what was left out.

    Raises
    ------
    VariantError
        If a row is no change of this genome, or the table lacks a column.
    ContigError
        If not one contig is the genome's.
    """
    rows = _vcf_rows(path, skipped) if is_vcf(path) else _table_rows(path)
    reach: dict[str, int | None] = {row.contig: None for row in rows}
    names = match_contigs(
        reach,
        genome.lengths,
        their_file=file_name(path),
        our_file=genome.path,
        describe=genome.description,
    )
    return [_change(row, names.get(row.contig), genome, file_name(path)) for row in rows]


class _Given(NamedTuple):
    """A change as it stands in a file; ``number`` is its line."""

    contig: str
    pos: str
    ref: str
    alt: str
    values: Mapping[str, str]
    number: int


def _vcf_rows(path: str | Path, skipped: Counter[str]) -> list[_Given]:
    rows = []
    with open_vcf(path) as file:
        for record in file:
            for alt in record.alts:
                if alt.isalpha():
                    given = record.contig, record.columns[1], record.ref, alt
                    rows.append(_Given(*given, {}, record.number))
                else:
                    skipped["symbolic alleles, breakends and *"] += 1
    if not rows:
        raise VariantError("the file holds no allele that is a sequence", path=file_name(path))
    return rows


def _table_rows(path: str | Path) -> list[_Given]:
    rows = read_table(path)
    missing = [column for column in _WANTED if column not in rows[0][1]]
    if missing:
        message = (
            f"the table has no column {', '.join(missing)}; it needs contig, pos, ref and alt, or"
            " sequence"
        )
        raise VariantError(message, path=file_name(path))
    return [
        _Given(
            row["contig"],
            row["pos"],
            row["ref"],
            row["alt"],
            {key: value for key, value in row.items() if key not in _WANTED},
            number,
        )
        for number, row in rows
    ]


def _change(given: _Given, contig: str | None, genome: Genome, path: str) -> Change:
    def wrong(message: str) -> VariantError:
        return VariantError(message, path=path, line=given.number, contig=given.contig)

    if contig is None:
        raise wrong("this contig is not in the genome")
    pos = given.pos
    if not pos.isdecimal() or not 0 < int(pos) <= genome.lengths[contig]:
        raise wrong(f"the position {pos!r} lies outside the contig, which is counted from 1")
    ref, alt = (allele.strip("-.") for allele in (given.ref, given.alt))
    try:
        bases, changed = encode(ref), encode(alt)
    except ValueError as error:
        raise wrong(f"an allele is no DNA ({error})") from None
    start = int(pos) - 1 if ref else int(pos)
    there = genome.fetch(contig, start, start + len(bases))
    if (there != bases).any():
        raise wrong(f"the reference is {decode(there)} there, not {ref.upper()}")
    variant = Variant(contig, start, decode(bases), decode(changed)).trimmed()
    if not (variant.ref or variant.alt):
        raise wrong("the two alleles are equal")
    name = given.contig, pos, ref.upper() or "-", alt.upper() or "-"
    return Change(variant, name, given.values)


def read_constructs(path: str | Path) -> list[Construct]:
    """Sequences of a table with a column ``sequence``; the first is what others are compared with.

    Raises
    ------
    VariantError
        If there is no such column, or a sequence is no DNA or of another length than the first.
    """
    rows = read_table(path)
    name = file_name(path)
    if "sequence" not in rows[0][1]:
        raise VariantError("the table has no column sequence", path=name)
    constructs: list[Construct] = []
    for number, row in rows:
        try:
            codes = encode(row["sequence"])
        except ValueError as error:
            raise VariantError(f"this is no DNA ({error})", path=name, line=number) from None
        if not len(codes) or len(codes) != len(constructs[0].codes if constructs else codes):
            message = "sequences must be as long as the first, with which they are compared"
            raise VariantError(message, path=name, line=number)
        constructs.append(Construct(codes, {k: v for k, v in row.items() if k != "sequence"}))
    return constructs
