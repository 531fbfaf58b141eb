"""Motifs in files: MEME's minimal format read and written, TRANSFAC read.

A motif is a matrix of base probabilities, a row for every position in reading direction and a
column each for A, C, G and T; RNA's U counts as T.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from splicenet.exceptions import MotifError
from splicenet.genome.lines import Lines, file_name, read_lines
from splicenet.genome.output import atomic

__all__ = ["Motif", "read_motifs", "write_meme"]

_UNIFORM = (0.25, 0.25, 0.25, 0.25)
_WIDTH = re.compile(r"\bw=\s*(\d+)")
_SITES = re.compile(r"\bnsites=\s*(\d+)")
_NOMINAL_SITES = 20  # what MEME takes where the number is unknown
_ALPHABETS = ("ACGT", "ACGU")


@dataclass(frozen=True, eq=False)
class Motif:
    """Probabilities of the bases at every position of a motif.

    Parameters
    ----------
    name
        Without white space.
    probabilities
        (positions, 4), float64, bases in the order A, C, G, T; every row sums to 1.
    sites
        Sequences that it was counted from; 0 if unknown.
    title
        A second name, for people.

    Raises
    ------
    ValueError
        If the matrix has another shape, or a row without any probability.
    """

    name: str
    probabilities: np.ndarray
    sites: int = 0
    title: str = ""

    def __post_init__(self) -> None:
        matrix = np.asarray(self.probabilities, np.float64)
        if matrix.ndim != 2 or matrix.shape[1] != 4 or not len(matrix):
            raise ValueError("a motif needs rows of four numbers, for A, C, G and T")
        totals = matrix.sum(axis=1, keepdims=True)
        if not np.isfinite(matrix).all() or (matrix < 0).any() or (totals <= 0).any():
            raise ValueError("the numbers of a motif must not be negative, nor all 0 in a row")
        object.__setattr__(self, "probabilities", matrix / totals)

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def consensus(self) -> str:
        """The commonest base of every position; in lower case where it has less than half."""
        best = self.probabilities.argmax(axis=1)
        letters = np.array(list("ACGT"))[best]
        strong = self.probabilities.max(axis=1) >= 0.5
        return "".join(
            a if is_strong else a.lower() for a, is_strong in zip(letters, strong, strict=True)
        )


def write_meme(
    path: str | Path, motifs: Iterable[Motif], *, background: Iterable[float] = _UNIFORM
) -> None:
    """Write motifs in MEME's minimal format.

    Parameters
    ----------
    path
        The file to write; ``-`` is standard output.
    motifs
        With different names.
    background
        Frequencies of A, C, G and T.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    shares = " ".join(
        f"{letter} {share:.5f}" for letter, share in zip("ACGT", background, strict=True)
    )
    with atomic(path) as out:
        out.write("MEME version 4\n\nALPHABET= ACGT\n\nstrands: +\n\n")
        out.write(f"Background letter frequencies\n{shares}\n")
        for motif in motifs:
            out.write(f"\nMOTIF {motif.name} {motif.title}".rstrip() + "\n")
            sites = motif.sites or _NOMINAL_SITES
            size = f"alength= 4 w= {len(motif)} nsites= {sites} E= 0"
            out.write(f"letter-probability matrix: {size}\n")
            out.writelines(f" {' '.join(f'{p:.6f}' for p in row)}\n" for row in motif.probabilities)


def read_motifs(path: str | Path) -> list[Motif]:
    """Read a MEME or a TRANSFAC file, told apart by content.

    Parameters
    ----------
    path
        Plain or gzip; ``-`` is standard input.

    Raises
    ------
    MotifError
        If it is neither, holds no motif, or a matrix is damaged.
    """
    lines = [(number, line.rstrip()) for number, line in read_lines(path, error=MotifError)]
    name = file_name(path)
    if any(line.startswith("MEME version") for _, line in lines[:20]):
        motifs = list(_meme(iter(lines), name))
    elif any(line[:2] in ("P0", "PO") for _, line in lines):
        motifs = list(_transfac(iter(lines), name))
    else:
        message = "this is neither a MEME file (it would begin with 'MEME version') nor TRANSFAC"
        raise MotifError(message, path=name)
    if not motifs:
        raise MotifError("it holds no motif", path=name)
    return motifs


def _meme(lines: Lines, path: str) -> Iterator[Motif]:
    name = title = ""
    for number, line in lines:
        if line.startswith("ALPHABET=") and line.partition("=")[2].strip() not in _ALPHABETS:
            message = "these are motifs of another alphabet than ACGT or ACGU"
            raise MotifError(message, path=path, line=number)
        if line.startswith("MOTIF"):
            _, name, title = (line.split(maxsplit=2) + ["", ""])[:3]
        elif line.startswith("letter-probability matrix"):
            width, sites = _WIDTH.search(line), _SITES.search(line)
            if width is None or not name:
                message = "a matrix needs a line 'MOTIF name' before it and its width as 'w= 8'"
                raise MotifError(message, path=path, line=number)
            rows = []
            for _ in range(int(width[1])):
                number, line = next(lines, (number, ""))
                rows.append(_numbers(line.split(), path, number))
            yield _motif(name, rows, int(sites[1]) if sites else 0, title, path, number)


def _transfac(lines: Lines, path: str) -> Iterator[Motif]:
    names: dict[str, str] = {}
    rows: list[list[float]] | None = None
    number = 0
    for number, line in lines:
        key, _, text = line.partition(" ")
        if key in ("AC", "ID", "NA"):
            names[key] = text.strip()
        elif key in ("P0", "PO"):
            rows = []
        elif rows is not None and key.isdecimal():
            rows.append(_numbers(text.split()[:4], path, number))
        elif key == "//":
            if rows:
                yield _transfac_motif(names, rows, path, number)
            names, rows = {}, None
    if rows:
        yield _transfac_motif(names, rows, path, number)


def _transfac_motif(
    names: dict[str, str], rows: list[list[float]], path: str, number: int
) -> Motif:
    name = names.get("AC") or names.get("ID") or names.get("NA") or f"motif_{number}"
    title = names.get("NA") or names.get("ID") or ""
    return _motif("_".join(name.split()), rows, 0, "" if title == name else title, path, number)


def _numbers(cells: list[str], path: str, number: int) -> list[float]:
    try:
        values = [float(cell) for cell in cells]
    except ValueError:
        values = []
    if len(values) != 4:
        message = "a row of a matrix needs four numbers, for A, C, G and T"
        raise MotifError(message, path=path, line=number)
    return values


def _motif(
    name: str, rows: list[list[float]], sites: int, title: str, path: str, number: int
) -> Motif:
    try:
        return Motif(name, np.array(rows, np.float64), sites, title)
    except ValueError as error:
        raise MotifError(str(error), path=path, line=number) from None
