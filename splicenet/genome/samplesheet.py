"""The table that names several species and their files."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from splicenet.exceptions import SamplesheetError
from splicenet.genome.lines import read_lines
from splicenet.genome.tasks import located

__all__ = ["Row", "group_species", "read_samplesheet"]

_REQUIRED = ("species", "fasta")
_COLUMNS = (*_REQUIRED, "annotation", "bam")


@dataclass(frozen=True)
class Row:
    """One species; paths are made relative to the sheet's folder."""

    species: str
    fasta: str | Path
    annotation: str | Path | None
    bam: str | Path | None
    others: Mapping[str, str] = field(default_factory=dict)
    """The cells of all other columns, by their names: tasks look there for their labels."""


def read_samplesheet(path: str | Path) -> list[Row]:
    """Read a comma- or tab-separated sheet with a header line.

    Raises
    ------
    SamplesheetError
        If a column, a name or a file is missing, or a species comes twice.
    """
    lines = [(number, text) for number, text in read_lines(path, error=SamplesheetError)]
    lines = [(number, text) for number, text in lines if text.strip() and text[0] != "#"]
    if not lines:
        raise SamplesheetError("the sheet is empty", path=path)
    delimiter = "\t" if "\t" in lines[0][1] else ","
    table = [_cells(text, delimiter, path, number) for number, text in lines]
    header = [name.strip() for name in table[0]]
    header = [name.lower() if name.lower() in _COLUMNS else name for name in header]
    missing = [name for name in _REQUIRED if name not in header]
    if missing:
        raise SamplesheetError(
            f"the header has no column {' or '.join(missing)}; it needs species, fasta, "
            "annotation and/or bam",
            path=path,
            line=lines[0][0],
        )
    rows = [
        _row(
            {**dict.fromkeys(header, ""), **dict(zip(header, cells, strict=False))},
            Path(path),
            number,
        )
        for (number, _), cells in zip(lines[1:], table[1:], strict=True)
    ]
    if not rows:
        raise SamplesheetError("the sheet names no species", path=path)
    for index, (number, _) in enumerate(lines[1:]):
        if rows[index].species in [row.species for row in rows[:index]]:
            raise SamplesheetError(
                f"species {rows[index].species} comes twice", path=path, line=number
            )
    return rows


def _cells(text: str, delimiter: str, path: str | Path, line: int) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter))
    except csv.Error as error:
        raise SamplesheetError("this is no table of species", path=path, line=line) from error


def _row(cells: dict[str, str], sheet: Path, line: int) -> Row:
    def file(column: str) -> Path | None:
        name = cells.get(column, "").strip()
        if not name:
            return None
        found = sheet.parent / name
        if not found.exists():
            raise SamplesheetError(f"{column} {name} does not exist", path=sheet, line=line)
        return found

    fasta, annotation, bam = file("fasta"), file("annotation"), file("bam")
    species = cells.get("species", "").strip()
    if not species or fasta is None:
        raise SamplesheetError("a row needs a species and a fasta", path=sheet, line=line)
    others = {
        name: located(cell.strip(), sheet.parent)
        for name, cell in cells.items()
        if name and name not in _COLUMNS
    }
    return Row(species, fasta, annotation, bam, others)


def group_species(rows: Sequence[Row], by: str | None, *, path: str | Path) -> dict[str, list[str]]:
    """Names of species that are left out together, by what the sheet has in a column for them.

    Parameters
    ----------
    by
        The column; without one every species is a group of its own.
    path
        The sheet, as messages name it.

    Raises
    ------
    SamplesheetError
        If the column or a cell of it is missing, or if there is one group alone.
    """
    if len(rows) < 2:
        raise SamplesheetError("one species cannot be left out; name at least two", path=path)
    groups: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if by is not None and by not in row.others:
            columns = ", ".join(row.others) or "none to go by"
            raise SamplesheetError(f"there is no column {by}; the others are {columns}", path=path)
        if by is not None and not row.others[by]:
            raise SamplesheetError(f"{row.species} has nothing in a column {by}", path=path)
        groups[row.species if by is None else row.others[by]].append(row.species)
    if len(groups) < 2:
        raise SamplesheetError(f"all species have the same {by}; none would be left", path=path)
    return dict(groups)
