"""``splicenet mutate``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pandas as pd
from tqdm import tqdm

from splicenet.cli.options import choose_device, device_options, model_option
from splicenet.exceptions import RegionError, VariantError
from splicenet.genome.alphabet import decode
from splicenet.genome.changes import is_vcf, read_changes, read_constructs, read_table
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.genome.output import atomic
from splicenet.genome.regions import read_regions
from splicenet.genome.sequence import Genome, open_genome
from splicenet.inference.mutate import (
    Edits,
    Effects,
    Place,
    all_pairs,
    all_singles,
    epistasis,
    score_changes,
    score_constructs,
    strongest_site,
)
from splicenet.inference.variants import VariantScorer
from splicenet.inference.windows import WindowReader
from splicenet.model.shipped import open_model
from splicenet.report.mutation_rows import Row, edit_cells, effect_cells
from splicenet.report.mutations import agreement, epistasis_map, measured_plot

__all__ = ["mutate"]

_MOST_SINGLES, _MOST_PAIRED = 100_000, 64
_PLACE = re.compile(r"(?P<contig>.+):(?P<position>[\d,]+):(?P<strand>[+-])")


@click.command()
@click.argument("changes", required=False, metavar="[CHANGES]")
@click.option("-f", "--fasta", metavar="FILE", help="Genome; not needed for sequences.")
@click.option("-r", "--region", help="contig:start-end: try every single-base change in it.")
@click.option(
    "--pairs", is_flag=True, help=f"With -r, also every pair; up to {_MOST_PAIRED} bases."
)
@model_option
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
    if measured is not None and (changes is None or is_vcf(changes)):
        raise click.UsageError("--measured needs a table of changes")
    if picture is not None and not (pairs or measured):
        raise click.UsageError("--picture needs --pairs or --measured")
    reader = WindowReader(open_model(model), device=choose_device(device, threads))
    if changes is not None and not is_vcf(changes) and "sequence" in read_table(changes)[0][1]:
        rows = _constructs(reader, changes, at)
    elif fasta is None:
        raise click.UsageError("changes of a genome need the genome: give --fasta")
    else:
        with open_genome(fasta) as genome:
            scorer = VariantScorer(reader, genome)
            if region is not None:
                where = _region(region, genome, pairs)
                rows = _region_rows(scorer, genome, where, pairs, at, distance, picture)
            else:
                rows = _changes(scorer, genome, changes or "", at, distance)
    table = pd.DataFrame(rows)
    with atomic(output) as out:
        table.to_csv(out, sep="\t", index=False, float_format="%.6g", lineterminator="\n")
    if measured is not None:
        _compare(table, measured.lower(), picture, changes or "")


def _changes(
    scorer: VariantScorer, genome: Genome, path: str, at: str | None, distance: int
) -> list[Row]:
    given = read_changes(path, genome)
    edits = [(one.variant,) for one in given]
    place = _place(at, {one.variant.contig for one in given}, genome)
    scored = score_changes(scorer, genome, edits, at=place, distance=distance)
    return [
        dict(zip(("contig", "pos", "ref", "alt"), one.name, strict=True))
        | effect_cells(effects)
        | dict(one.values)
        for one, effects in zip(given, _watched(scored, len(edits)), strict=True)
    ]


def _constructs(reader: WindowReader, path: str, at: str | None) -> list[Row]:
    given = read_constructs(path)
    index = None
    if at is not None:
        if not at.isdecimal() or not 0 < int(at) <= len(given[0].codes):
            raise RegionError(f"--at must be a position in the sequences, not {at!r}")
        index = int(at) - 1
    scored = score_constructs(reader, [one.codes for one in given], at=index)
    return [
        {"sequence": decode(one.codes)} | effect_cells(effects) | dict(one.values)
        for one, effects in zip(given, scored, strict=True)
    ]


def _region_rows(
    scorer: VariantScorer,
    genome: Genome,
    region: Interval,
    pairs: bool,
    at: str | None,
    distance: int,
    picture: str | None,
) -> list[Row]:
    place = _place(at, {region.contig}, genome)
    kind = None
    if pairs:
        site = strongest_site(scorer, region, distance=distance)
        if place is None:
            place = Place(site.position, site.strand)
            kind = KINDS.index(site.kind)
            words = f"{site.contig}:{site.position + 1}:{site.strand}"
            click.echo(
                f"looking at the {site.kind} {words}, probability {site.score:.3f}", err=True
            )
    singles = all_singles(genome, region)
    tried = singles + (all_pairs(singles) if pairs else [])
    scored = score_changes(scorer, genome, tried, at=place, distance=distance)
    effects = dict(zip(tried, _watched(scored, len(tried)), strict=True))
    if picture is not None:
        kind = _stronger(effects) if kind is None else kind
        deltas = {edits: heads[kind].delta_log_odds for edits, heads in effects.items()}
        epistasis_map(
            picture,
            epistasis(region, deltas),
            bases=decode(genome.fetch(region.contig, region.start, region.end)),
            first=region.start,
            title=f"{KINDS[kind]} head, {region}",
        )
    return [edit_cells(edits) | effect_cells(heads) for edits, heads in effects.items()]


def _stronger(effects: Mapping[Edits, Effects]) -> int:
    """The head that is the surer of the place before any change."""
    heads = next(iter(effects.values()))
    return int(heads[1].ref > heads[0].ref)


def _watched(scored: Iterator[Effects], total: int) -> Iterator[Effects]:
    return iter(tqdm(scored, total=total, desc="changes", unit="", disable=None))


def _place(text: str | None, contigs: set[str], genome: Genome) -> Place | None:
    if text is None:
        return None
    match = _PLACE.fullmatch(text)
    if match is None or contigs != {match["contig"]}:
        raise RegionError(
            f"--at must be contig:position:strand on the changes' contig, not {text!r}"
        )
    position = int(match["position"].replace(",", "")) - 1
    if not 0 <= position < genome.lengths[match["contig"]]:
        raise RegionError(f"--at {text!r} lies outside the contig")
    return Place(position, "-" if match["strand"] == "-" else "+")


def _region(text: str, genome: Genome, pairs: bool) -> Interval:
    regions = read_regions(text, genome)
    most = _MOST_PAIRED if pairs else _MOST_SINGLES
    if len(regions) != 1 or len(regions[0]) > most:
        raise RegionError(f"--region must be one stretch of at most {most:,} bases, not {text!r}")
    return regions[0]


def _compare(table: pd.DataFrame, column: str, picture: str | None, path: str) -> None:
    """Print correlations with the measured column for both heads, and draw the better one."""
    if column not in table:
        raise VariantError(f"the table has no column {column!r}", path=path)
    found = {kind: agreement(table[f"{kind}_delta_log_odds"], table[column]) for kind in KINDS}
    for kind, one in found.items():
        click.echo(
            f"{kind}: Pearson {one.pearson:.3f}, Spearman {one.spearman:.3f}, {one.rows:,} changes",
            err=True,
        )
    if picture is not None:
        best = max(KINDS, key=lambda kind: abs(found[kind].spearman))
        predicted = table[f"{best}_delta_log_odds"]
        up = f"predicted change of the {best}'s log-odds"
        measured_plot(picture, predicted, table[column], across=column, up=up)
        click.echo(f"{Path(picture)}: the {best} head", err=True)
