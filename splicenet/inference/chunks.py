"""Records a chunk at a time, with their neighbours, and errors after what came before them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from splicenet.exceptions import VariantError
from splicenet.genome.vcf import VcfRecord

__all__ = ["Context", "in_chunks"]

Context = tuple[list[VcfRecord], list[VcfRecord], list[VcfRecord]]
"""The chunk before, the chunk, the chunk after."""

_ALLELES = 512


def in_chunks(records: Iterable[VcfRecord]) -> Iterator[Context]:
    """Records in chunks of some hundred alleles, each with the chunk before and the one after.

    Raises
    ------
    VariantError
        As the reader raised it, after all that came before it.
    """
    chunks = _chunks(records)
    before: list[VcfRecord] = []
    chunk = next(chunks)
    failure: VariantError | None = None
    while chunk:
        try:
            after = next(chunks, [])
        except VariantError as error:
            after, failure = [], error
        yield before, chunk, after
        before, chunk = chunk, after
    if failure is not None:
        raise failure
    for _ in chunks:  # an error may wait behind the last record
        pass


def _chunks(records: Iterable[VcfRecord]) -> Iterator[list[VcfRecord]]:
    """Lists of some hundred alleles; what came before an error comes out before it."""
    chunk: list[VcfRecord] = []
    alleles = 0
    try:
        for record in records:
            chunk.append(record)
            alleles += max(len(record.alts), 1)
            if alleles >= _ALLELES:
                yield chunk
                chunk, alleles = [], 0
    except VariantError as error:
        yield chunk
        raise error
    yield chunk
