"""What ``variants`` and ``mutscan`` share: their options and the run from records to files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import click
from tqdm import tqdm

from splicenet._version import __version__
from splicenet.cli.options import choose_device, device_options, model_option
from splicenet.exceptions import SplicenetError
from splicenet.genome.checksum import sha256
from splicenet.genome.genes import Genes
from splicenet.genome.output import atomic, is_stream
from splicenet.genome.sequence import Genome
from splicenet.genome.species import open_annotation
from splicenet.genome.vcf import VcfRecord
from splicenet.genome.vcf_writer import VcfWriter, with_lines
from splicenet.inference.annotate import Annotator
from splicenet.inference.fields import Fields, is_field_name, table_header
from splicenet.inference.journal import Journal
from splicenet.inference.variants import VariantScorer
from splicenet.inference.windows import WindowReader
from splicenet.inference.write import Summary, write_annotated
from splicenet.model.shipped import find_model, open_model

__all__ = ["ScoringOptions", "read_genes", "report", "run_scoring", "scoring_options"]

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class ScoringOptions:
    """The values of :func:`scoring_options`."""

    fasta: str
    annotation: str | None
    model: str
    output: str
    tag: str
    raw: bool
    mask: bool
    distance: int
    tsv: str | None
    resume: bool
    batch_tokens: int
    device: str
    threads: int | None

    @classmethod
    def take(cls, values: dict[str, Any]) -> ScoringOptions:
        """Take one's own from all that a command was given.

        Raises
        ------
        click.UsageError
            If they do not go together.
        """
        if values["mask"] and values["annotation"] is None:
            raise click.UsageError("--mask needs the annotated sites: give --annotation")
        if values["resume"] and is_stream(values["output"]):
            raise click.UsageError("--resume needs an --output file")
        if not is_field_name(values["tag"]):
            message = "is no free name of a VCF field: letters, digits, _ and ., no digit first"
            raise click.UsageError(f"--tag {values['tag']!r} {message}")
        return cls(**{one.name: values.pop(one.name) for one in fields(cls)})


def scoring_options(command: Command) -> Command:
    """Options of :class:`ScoringOptions`."""
    for option in reversed(
        [
            click.option("-f", "--fasta", required=True, metavar="FILE", help="Genome."),
            click.option(
                "-a",
                "--annotation",
                metavar="FILE",
                help="Genes: score their strand, name them; what overlaps none is skipped."
                "  [default: score both strands]",
            ),
            model_option,
            click.option(
                "-o",
                "--output",
                default="-",
                show_default=True,
                help=".vcf, .vcf.gz or .bcf; the latter two get an index; - is standard output.",
            ),
            click.option(
                "-D",
                "--distance",
                type=click.IntRange(1, 100_000),
                default=50,
                show_default=True,
                help="Bases on either side of a variant in which changes are looked for.",
            ),
            click.option(
                "--mask",
                is_flag=True,
                help="Set gains at annotated sites and losses at all others to 0 before the largest"
                " change is chosen; SpliceAI chooses first.",
            ),
            click.option(
                "--raw", is_flag=True, help="Also the probabilities of REF and ALT, in TAGRaw."
            ),
            click.option(
                "--tag",
                default="SplicENet",
                show_default=True,
                help="Name of the INFO field; SpliceAI suits filters made for it.",
            ),
            click.option("--tsv", metavar="FILE", help="Also a table, with all digits."),
            click.option(
                "--resume", is_flag=True, help="Go on where a run with these settings was killed."
            ),
            click.option(
                "--batch-tokens",
                type=click.IntRange(1 << 12),
                default=1 << 17,
                show_default=True,
                help="Bases in a batch; memory grows with it.",
            ),
            device_options,
        ]
    ):
        command = option(command)
    return command


def read_genes(path: str | None, genome: Genome) -> Genes | None:
    """The genes of an annotation, under the genome's contig names."""
    return None if path is None else Genes(open_annotation(path, genome).transcripts)


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
    device = choose_device(options.device, options.threads)
    reader = WindowReader(
        open_model(options.model), device=device, batch_tokens=options.batch_tokens
    )
    scorer = VariantScorer(reader, genome, mask=options.mask)
    annotator = Annotator(scorer, genome, contigs, genes, options.distance, sample)
    info = Fields(options.tag, raw=options.raw)
    lengths = {name: genome.lengths.get(contigs.get(name, "")) for name in named}
    provenance = (
        f"##splicenet=<Version={__version__},Model={Path(options.model).name},"
        f"Distance={options.distance},Mask={'yes' if options.mask else 'no'}>"
    )
    lines = with_lines(header, [*info.header(__version__), provenance], lengths)
    with ExitStack() as stack:
        journal = None
        if not is_stream(options.output):
            settings = settings | _settings(options, genome)
            path = f"{options.output}.progress"
            journal = stack.enter_context(
                Journal(
                    path, settings, resume=options.resume, sample=sample, reach=options.distance
                )
            )
        writer = stack.enter_context(VcfWriter(options.output, [*lines, names]))
        table = stack.enter_context(atomic(options.tsv)) if options.tsv else None
        if table is not None:
            table.write(f"{table_header()}\n")
        stored = [] if journal is None else journal.stored(iter(records))
        bar = stack.enter_context(
            tqdm(annotator.run(records, stored), "scoring", count, unit="rec", disable=None)
        )
        try:
            summary = write_annotated(bar, writer=writer, fields=info, table=table, journal=journal)
        except (SplicenetError, KeyboardInterrupt):
            if journal is not None and journal.total:
                click.echo(
                    f"note: the scores of {journal.total:,} records are kept in {journal.path}; "
                    "go on with --resume",
                    err=True,
                )
            raise
    if not writer.is_sorted:
        click.echo("note: the records are not sorted by position: no index was made", err=True)
    return summary


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
