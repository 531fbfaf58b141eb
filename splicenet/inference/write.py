"""Annotated records to their files: VCF, table and journal, one record at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from splicenet.genome.rows import RowWriter
from splicenet.genome.vcf import VcfRecord
from splicenet.genome.vcf_writer import VcfWriter
from splicenet.inference.annotate import Annotated
from splicenet.inference.fields import Fields, table_rows
from splicenet.inference.journal import Journal

__all__ = ["Summary", "write_annotated"]


@dataclass
class Summary:
    """What a run did: records, alleles with scores, and alleles without by reason."""

    records: int = 0
    scored: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, annotated: Annotated) -> None:
        """Count one record."""
        self.records += 1
        self.scored += len({allele for allele, _ in annotated.effects})
        self.skipped.update(reason for _, reason in annotated.skipped)


def write_annotated(
    annotated: Iterable[tuple[VcfRecord, Annotated]],
    *,
    writer: VcfWriter,
    fields: Fields,
    table: RowWriter | None = None,
    journal: Journal | None = None,
) -> Summary:
    """Write records as they come.

    Parameters
    ----------
    annotated
        Records with their effects, in order.
    writer, fields
        The VCF and what goes into its INFO.
    table
        For rows of :func:`table_rows`; its header is written by the caller.
    journal
        Gets what it does not hold yet.
    """
    summary = Summary()
    kept = 0 if journal is None else journal.count
    for record, one in annotated:
        if journal is not None and summary.records >= kept:
            journal.add(record, one)
        summary.add(one)
        writer.write(record.line(fields.info(one)))
        if table is not None:
            for row in table_rows(record, one):
                table.write(row)
    return summary
