"""Records a chunk at a time, with their neighbours, and errors after what came before them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from splicenet.exceptions import VariantError
from splicenet.genome.vcf import VcfRecord

__all__ = ["Chunk", "in_chunks"]


class Chunk(NamedTuple):
    """Some records, and these with all around them that lie within reach."""

    records: list[VcfRecord]
    around: list[VcfRecord]


def in_chunks(records: Iterable[VcfRecord], *, alleles: int, reach: int = 0) -> Iterator[Chunk]:
    """Records in chunks, in order.

    Parameters
    ----------
    records
        Of one file.
    alleles
        Of a chunk; its last record may have more.
    reach
        Bases on either side of a record in which others are its neighbours; at 0 none is.

    Raises
    ------
    VariantError
        As the reader raised it, after all that came before it; or if neighbours are looked for and
        the records are not sorted.
    """
    source = _UntilError(_sorted(records) if reach else records)
    waiting: deque[VcfRecord] = deque()  # read ahead
    before: list[VcfRecord] = []
    while chunk := list(_taken(waiting, source, alleles)):
        if reach:
            _read_ahead(waiting, source, chunk, reach)
        yield Chunk(chunk, [*before, *chunk, *waiting])
        before = [one for one in [*before, *chunk] if waiting and _near(one, waiting[0], reach)]
    if source.error is not None:
        raise source.error


class _UntilError(Iterator[VcfRecord]):
    """Ends where the reader raises an error, and keeps it."""

    def __init__(self, records: Iterable[VcfRecord]) -> None:
        self._records = iter(records)
        self.error: VariantError | None = None

    def __next__(self) -> VcfRecord:
        try:
            return next(self._records)
        except VariantError as error:
            self.error = error
            raise StopIteration from None


def _sorted(records: Iterable[VcfRecord]) -> Iterator[VcfRecord]:
    """The records, as long as they come contig by contig and in order."""
    done: set[str] = set()
    contig, start = "", 0
    for record in records:
        if record.contig != contig:
            done.add(contig)
            contig, start = record.contig, 0
        if contig in done or record.start < start:
            message = (
                "the records are not sorted, so that a variant's neighbours may be missed; sort"
                " them first, with bcftools sort"
            )
            raise VariantError(message, line=record.number, contig=contig)
        start = record.start
        yield record


def _taken(
    waiting: deque[VcfRecord], source: Iterator[VcfRecord], alleles: int
) -> Iterator[VcfRecord]:
    while alleles > 0:
        record = waiting.popleft() if waiting else next(source, None)
        if record is None:
            return
        alleles -= max(len(record.alts), 1)
        yield record


def _read_ahead(
    waiting: deque[VcfRecord], source: Iterator[VcfRecord], chunk: list[VcfRecord], reach: int
) -> None:
    """Read on until a record is no neighbour of the chunk any more."""
    contig = chunk[-1].contig
    end = max(one.start + len(one.ref) for one in chunk if one.contig == contig)
    while not waiting or (waiting[-1].contig == contig and waiting[-1].start <= end + reach):
        record = next(source, None)
        if record is None:
            return
        waiting.append(record)


def _near(one: VcfRecord, other: VcfRecord, reach: int) -> bool:
    return (
        one.contig == other.contig
        and one.start + len(one.ref) + reach >= other.start
        and other.start + len(other.ref) + reach >= one.start
    )
