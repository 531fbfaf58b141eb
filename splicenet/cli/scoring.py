"""What ``variants`` and ``mutscan`` share: the run from records to files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from splicenet._version import __version__
from splicenet.cli.options import choose_device, open_genes
from splicenet.cli.reading import name_reading
from splicenet.cli.scoring_options import ScoringOptions
from splicenet.exceptions import SplicenetError
from splicenet.genome.checksum import sha256
from splicenet.genome.genes import Genes
from splicenet.genome.output import is_stream
from splicenet.genome.rows import RowWriter
from splicenet.genome.sequence import Genome
from splicenet.genome.vcf import VcfRecord
from splicenet.genome.vcf_writer import VcfWriter, with_lines
from splicenet.inference.annotate import Annotator
from splicenet.inference.fields import Fields, table_header
from splicenet.inference.journal import Journal
from splicenet.inference.variants import VariantScorer
from splicenet.inference.windows import WindowReader
from splicenet.inference.write import Summary, write_annotated
from splicenet.model.shipped import find_model, open_model

__all__ = ["read_genes", "report", "run_scoring"]


def read_genes(path: str | None, genome: Genome) -> Genes | None:
    """The genes of an annotation, under the genome's contig names; what is left out is told."""
    if path is None:
        return None
    return Genes(open_genes(path, genome).transcripts)


def run_scoring(
    options: ScoringOptions,
    records: Iterable[VcfRecord],
    *,
    count: int,
    header: Sequence[str],
    names: str,
    named: Iterable[str],
    contigs: dict[str, str],
    genome: Genome,
    genes: Genes | None,
    sample: int | None = None,
    settings: dict[str, Any],
) -> Summary:
    """Score records and write them.

    Parameters
    ----------
    records
        Gone through a second time when a run goes on.
    count
        How many, for the bar.
    header, names
        ``##`` lines and the line of column names.
    named
        The records' contigs, all of which the header is to declare.
    contigs
        The records' contig names to the genome's.
    sample
        Column of the sample whose phased neighbours count.
    settings
        What else must be alike for a run to go on with another's results.
    """
    options = replace(options, model=name_reading(options.model, genome))
    device = choose_device(options.device, options.threads)
    reader = WindowReader(
        open_model(options.model), device=device, batch_tokens=options.batch_tokens
    )
    scorer = VariantScorer(reader, genome, mask=options.mask)
    annotator = Annotator(scorer, genome, contigs, genes, options.distance, sample)
    info = Fields(options.tag, raw=options.raw)
    lengths = {name: genome.lengths.get(contigs.get(name, "")) for name in named}
    provenance = (
        f'##splicenet=<ID={options.tag},Version={__version__},Model="{Path(options.model).name}",'
        f"Distance={options.distance},Mask={'yes' if options.mask else 'no'},"
        f"Phase={'no' if sample is None else 'yes'}>"
    )
    lines = with_lines(header, [*info.header(__version__), provenance], lengths)
    with ExitStack() as stack:
        journal = None
        if not is_stream(options.output):
            settings = settings | _settings(options, genome)
            path = f"{options.output}.progress"
            journal = Journal(
                path, settings, resume=options.resume, sample=sample, reach=options.distance
            )
            stack.enter_context(_told(journal))
            stack.enter_context(journal)
        writer = stack.enter_context(VcfWriter(options.output, [*lines, names]))
        table = None
        if options.tsv is not None:
            table = stack.enter_context(RowWriter(options.tsv, indexed=False))
            table.write(table_header())
        stored = [] if journal is None else journal.stored(iter(records))
        bar = stack.enter_context(
            tqdm(annotator.run(records, stored), "scoring", count, unit="rec", disable=None)
        )
        summary = write_annotated(bar, writer=writer, fields=info, table=table, journal=journal)
    if not writer.is_sorted:
        click.echo("note: the records are not sorted by position: no index was made", err=True)
    if writer.is_out_of_reach:
        click.echo("note: a position is too large for an index: none was made", err=True)
    return summary


@contextmanager
def _told(journal: Journal) -> Iterator[None]:
    """Say of a run that ends early that what was scored is kept."""
    try:
        yield
    except (SplicenetError, KeyboardInterrupt):
        if journal.total:
            click.echo(
                f"note: the scores of {journal.total:,} records are kept in {journal.path}; "
                "go on with --resume",
                err=True,
            )
        raise


def report(summary: Summary) -> None:
    """Say on standard error what was done and what was not."""
    skipped = ", ".join(f"{reason} {count:,}" for reason, count in summary.skipped.most_common())
    click.echo(
        f"{summary.records:,} records, {summary.scored:,} alleles scored, "
        f"{summary.skipped.total():,} skipped" + (f": {skipped}" if skipped else ""),
        err=True,
    )


def _settings(options: ScoringOptions, genome: Genome) -> dict[str, Any]:
    model, species = find_model(options.model)
    return {
        "version": __version__,
        "model": sha256(model),
        "species": species,
        "genome": genome.checksum(),
        "annotation": None if options.annotation is None else sha256(options.annotation),
        "distance": options.distance,
        "mask": options.mask,
    }
