"""Splice scores that minimap2 (2.29 and later) and miniprot (0.16 and later) take by ``--spsc``.

A row is contig, offset, strand, ``D`` or ``A``, and score. The offset is where the intron begins
or ends, as a 0-based half-open interval on the plus strand has it: of ``[start, end)`` on the plus
strand the donor has ``start`` and the acceptor ``end``, on the minus strand the other way round.
The score is ``2 * log2(p / base rate)``, rounded; the base rate is the share of sites among all GT
and AG, on both strands.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from splicenet.genome.intervals import Strand
from splicenet.genome.rows import RowWriter
from splicenet.genome.writer import Writer

__all__ = ["SpliceScoreWriter"]

_LEAST = -5
"""An aligner that finds no score for a GT or AG takes this for it, or about this."""
_FLOOR = 1e-4
_PAIRS = np.zeros((5, 5), dtype=bool)
for _left, _right in ("GT", "AG", "AC", "CT"):  # the latter two are the former on the other strand
    _PAIRS["ACGT".index(_left), "ACGT".index(_right)] = True
_RECORD = np.dtype([("offset", "<i8"), ("column", "u1"), ("probability", "<f4")])
_COLUMNS = (("+", "D"), ("+", "A"), ("-", "D"), ("-", "A"))
_LEFT_OF_INTRON = np.array([1, 0, 0, 1], np.int64)
"""Whether a site's base, which is the exon's, lies before the intron on the plus strand."""


class SpliceScoreWriter(Writer):
    """Write splice scores; a context manager.

    The base rate is only known at the end: until then the likelier bases wait in a temporary
    file. The result is sorted by contig and offset.

    Parameters
    ----------
    path
        The file; ``-`` for standard output; ``.gz`` means bgzip with a tabix index.
    strands
        The strands to write.

    Raises
    ------
    OutputError
        If it cannot be written.
    """

    def __init__(self, path: str | Path, *, strands: Sequence[Strand] = ("+", "-")) -> None:
        self._rows = RowWriter(path, end=1)
        self._columns = [i for i, (strand, _) in enumerate(_COLUMNS) if strand in strands]
        self._waiting: dict[str, int] = {}
        self._expected = 0.0
        self._pairs = 0

    def _open(self, stack: ExitStack) -> None:
        stack.enter_context(self._rows)
        self._spool = stack.enter_context(tempfile.TemporaryFile())
        stack.push(self._finish)

    def _finish(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._write()

    def add(self, contig: str, start: int, values: np.ndarray, codes: np.ndarray) -> None:
        """Add the next stretch of the genome.

        Parameters
        ----------
        contig, start
            Where it begins, 0-based.
        values
            Calibrated probabilities, (2, 2, n): strands, kinds, positions.
        codes
            Its bases and the one after it, (n + 1,), uint8.
        """
        self._pairs += int(_PAIRS[codes[:-1], codes[1:]].sum())
        self._expected += float(values.sum(dtype=np.float64))
        kept = 0
        for column in self._columns:
            probabilities = values.reshape(4, -1)[column]
            likely = np.flatnonzero(probabilities >= _FLOOR)
            records = np.empty(likely.size, _RECORD)
            records["offset"] = start + likely + _LEFT_OF_INTRON[column]
            records["column"] = column
            records["probability"] = probabilities[likely]
            self._spool.write(records.tobytes())
            kept += records.size
        self._waiting[contig] = self._waiting.get(contig, 0) + kept

    def _write(self) -> None:
        rate = self._expected / max(self._pairs, 1)
        self._spool.seek(0)
        for contig, count in self._waiting.items():
            records = np.frombuffer(self._spool.read(count * _RECORD.itemsize), _RECORD)
            scores = np.rint(2 * np.log2(records["probability"] / rate)).astype(np.int64)
            for index in np.lexsort((records["column"], records["offset"])):
                if scores[index] >= _LEAST:
                    offset, column, _ = records[index]
                    strand, kind = _COLUMNS[column]
                    self._rows.write(
                        f"{contig}\t{offset}\t{strand}\t{kind}\t{scores[index]}", int(offset) + 1
                    )
