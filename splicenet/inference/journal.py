"""What was scored, kept line by line while a run is under way, so that a killed one can go on."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from splicenet.exceptions import OutputError
from splicenet.genome.vcf import VcfRecord
from splicenet.inference.annotate import Annotated
from splicenet.inference.effects import Effect

__all__ = ["Journal"]


class Journal:
    """A file beside the output; a context manager that removes it only when the block ends well.

    Parameters
    ----------
    path
        The journal.
    settings
        What must be alike for results of two runs to belong together; plain values.
    resume
        Go on with a journal that is there, if one is; otherwise there must be none.
    sample, reach
        Column of the sample whose genotypes matter, if any does, and how many bases away from a
        record: what is found is kept only once all that it was found with is.

    Attributes
    ----------
    count
        Records that were scored by an earlier run.
    total
        These and those added since.

    Raises
    ------
    OutputError
        If a journal to go on with was made with other settings, one is there that is not to be gone
        on with, or it cannot be written.
    """

    def __init__(
        self,
        path: str | Path,
        settings: Mapping[str, Any],
        *,
        resume: bool,
        sample: int | None = None,
        reach: int = 0,
    ) -> None:
        self.path = Path(path)
        self._sample, self._reach = sample, reach
        self._waiting: deque[tuple[VcfRecord, str]] = deque()
        self.count = self.total = 0
        self._first = json.dumps(dict(settings), sort_keys=True) + "\n"
        if self.path.exists() and not resume and self._has_scores():
            message = (
                "is left of a run that was killed: go on with --resume, or remove it to begin anew"
            )
            raise OutputError(message, path=self.path)
        if resume and self.path.exists():
            self._mend()
            self.total = self.count
        try:
            self._file = open(self.path, "a" if self.count else "w", encoding="utf-8", buffering=1)
            if not self.count:
                self._file.write(self._first)
        except OSError as cause:
            message = f"cannot be written ({cause.strerror})"
            raise OutputError(message, path=self.path) from cause

    def _has_scores(self) -> bool:
        with open(self.path, "rb") as file:
            return len(list(islice(file, 2))) == 2

    def _mend(self) -> None:
        """Count whole lines and cut off what a kill left behind them."""
        whole = 0
        with open(self.path, "rb") as file:
            first = file.readline()
            if first and first.decode("utf-8", "replace") != self._first:
                message = "was made with other settings; run with those, or remove it to begin anew"
                raise OutputError(message, path=self.path)
            whole = len(first)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                self.count += 1
        os.truncate(self.path, whole)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._keep(None)
        self._file.close()
        if kind is None or not self.total:
            self.path.unlink(missing_ok=True)

    def stored(self, records: Iterator[VcfRecord]) -> Iterator[Annotated]:
        """What is known of the first ``count`` of some records.

        Raises
        ------
        OutputError
            If they are not those that were scored.
        """
        with open(self.path, encoding="utf-8") as file:
            lines = islice(file, 1, 1 + self.count)
            for line, record in zip(lines, records, strict=False):
                key, effects, skipped = json.loads(line)
                if key != self._key(record):
                    message = (
                        f"holds another variant than line {record.number:,} of the input;"
                        " remove it to begin anew"
                    )
                    raise OutputError(message, path=self.path)
                yield Annotated(
                    tuple((allele, Effect(*map(_tuple, values))) for allele, *values in effects),
                    tuple((allele, reason) for allele, reason in skipped),
                )

    def add(self, record: VcfRecord, annotated: Annotated) -> None:
        """Keep one more."""
        effects = [(allele, *effect) for allele, effect in annotated.effects]
        line = json.dumps([self._key(record), effects, annotated.skipped])
        self._waiting.append((record, f"{line}\n"))
        self._keep(record)

    def _key(self, record: VcfRecord) -> str:
        genotype = None if self._sample is None else record.genotype(self._sample)
        return record.key if genotype is None else f"{record.key}\t{genotype}"

    def _keep(self, last: VcfRecord | None) -> None:
        """Write what no record behind the last one can have a part in; all where it is None."""
        while self._waiting:
            record, line = self._waiting[0]
            if last is not None and self._sample is not None and self._is_near(record, last):
                return
            self._waiting.popleft()
            self._file.write(line)
            self.total += 1

    def _is_near(self, record: VcfRecord, last: VcfRecord) -> bool:
        end = record.start + len(record.ref)
        return last.contig == record.contig and last.start <= end + self._reach


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
