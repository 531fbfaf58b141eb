"""``splicenet mutate``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import click
import pandas as pd

from splicenet.cli.experiments import (
    MOST_PAIRED,
    Question,
    change_rows,
    construct_rows,
    one_region,
    region_rows,
)
from splicenet.cli.files import FileCommand
from splicenet.cli.options import choose_device, device_options, model_option
from splicenet.cli.reading import name_reading
from splicenet.exceptions import VariantError
from splicenet.genome.changes import is_vcf, read_table
from splicenet.genome.output import atomic
from splicenet.genome.sequence import open_genome
from splicenet.inference.answers import AnswerReader
from splicenet.inference.variants import VariantScorer
from splicenet.inference.windows import WindowReader
from splicenet.model.shipped import open_model
from splicenet.model.targets import Target, every_target, find_target, target_row
from splicenet.report.mutations import agreement, measured_plot

__all__ = ["mutate"]


@click.command(cls=FileCommand)
@click.argument("changes", required=False, metavar="[CHANGES]")
@click.option("-f", "--fasta", metavar="FILE", help="Genome; not needed for sequences.")
@click.option("-r", "--region", help="contig:start-end: try every single-base change in it.")
@click.option("--pairs", is_flag=True, help=f"With -r, also every pair; up to {MOST_PAIRED} bases.")
@model_option
@click.option(
    "--target",
    "asked",
    metavar="ANSWER",
    multiple=True,
    help="Ask this head: donor, acceptor, or a task of the model, as usage or region:intron; may be"
    " repeated.  [default: all that answer at every base]",
)
@click.option(
    "--at",
    help="Where to look: contig:position:strand, or a position in the sequences, counted from 1."
    "  [default: where each head changes most; with --pairs, the strongest site]",
)
@click.option(
    "-D", "--distance", type=click.IntRange(1, 10_000), default=50, show_default=True,
    help="Without --at: bases on either side of a change in which to look.",
)  # fmt: skip
@click.option("-o", "--output", default="-", show_default=True, help="Table; - is standard output.")
@click.option("--measured", metavar="COLUMN", help="Compare with this column of CHANGES.")
@click.option("--picture", metavar="FILE", help="Epistasis map or scatter plot: .png, .pdf, .svg.")
@device_options
def mutate(
    changes: str | None,
    fasta: str | None,
    region: str | None,
    pairs: bool,
    model: str,
    asked: tuple[str, ...],
    at: str | None,
    distance: int,
    output: str,
    measured: str | None,
    picture: str | None,
    device: str,
    threads: int | None,
) -> None:
    """Apply changes to a sequence and report what each head makes of them.

    CHANGES is a VCF, or a table with the columns contig, pos, ref and alt, or with the column
    sequence, whose first row is what the others are compared with.

    \b
    splicenet mutate changes.tsv -f genome.fa --measured psi --picture scatter.png
    splicenet mutate -f genome.fa -r chr4:1,201-1,230 --pairs --picture map.png -o pairs.tsv
    """
    if (changes is None) == (region is None):
        raise click.UsageError("give either CHANGES or --region")
    if pairs and region is None:
        raise click.UsageError("--pairs needs a --region")
    if measured is not None and changes is None:
        raise click.UsageError("--measured needs a table of changes")
    if picture is not None and not (pairs or measured):
        raise click.UsageError("--picture needs --pairs or --measured")
    columns = _columns(changes, measured)
    device = choose_device(device, threads)
    constructs = changes is not None and "sequence" in columns
    if not constructs and fasta is None:
        raise click.UsageError("changes of a genome need the genome: give --fasta")
    with nullcontext() if constructs else open_genome(fasta or "") as genome:
        loaded = open_model(model if genome is None else name_reading(model, genome))
        config = loaded.network.config
        targets = [find_target(config, one) for one in asked] or every_target(config)
        question = Question({one: target_row(config, one) for one in targets}, at, distance)
        several = any(one.task for one in targets)
        reader = (AnswerReader if several else WindowReader)(loaded, device=device)
        if genome is None:
            rows = construct_rows(reader, changes or "", question)
        elif region is not None:
            where = one_region(region, genome, pairs)
            scorer = VariantScorer(reader, genome)
            rows = region_rows(scorer, genome, where, pairs, question, picture)
        else:
            rows = change_rows(VariantScorer(reader, genome), genome, changes or "", question)
    table = pd.DataFrame(rows)
    with atomic(output) as out:
        table.to_csv(out, sep="\t", index=False, float_format="%.6g", lineterminator="\n")
    if measured is not None:
        _compare(table, targets, measured.lower(), picture)


def _columns(changes: str | None, measured: str | None) -> set[str]:
    """Columns of a table of changes, looked at before anything is computed; a VCF has none."""
    if changes is None:
        return set()
    path = Path(changes)
    if changes == "-" or (path.exists() and not (path.is_file() or path.is_dir())):
        raise click.UsageError("CHANGES is read more than once: give a file and not a pipe")
    columns = set() if is_vcf(changes) else set(read_table(changes)[0][1])
    if measured is not None and measured.lower() not in columns:
        raise VariantError(f"there is no column {measured!r}", path=changes)
    return columns


def _compare(
    table: pd.DataFrame, targets: Sequence[Target], column: str, picture: str | None
) -> None:
    """Print correlations with the measured column for every head, and draw the best one."""
    best, most = "", -1.0
    for target in targets:
        changes = f"{target.name}_{'delta_log_odds' if target.odds else 'delta'}"
        found = agreement(table[changes], table[column])
        click.echo(
            f"{target.name}: Pearson {found.pearson:.3f}, Spearman {found.spearman:.3f}, "
            f"{found.rows:,} changes",
            err=True,
        )
        if not best or abs(found.spearman) > most:
            best, most = changes, abs(found.spearman) if found.spearman == found.spearman else -1.0
            words = f"predicted change of {target.name}" + (", log-odds" if target.odds else "")
            name = target.name
    if picture is not None:
        measured_plot(picture, table[best], table[column], across=column, up=words)
        click.echo(f"{Path(picture)}: the {name} head", err=True)
