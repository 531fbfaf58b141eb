"""``splicenet evaluate``."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from splicenet.cli.options import choose_device, device_options, open_data, species_options
from splicenet.cli.progress import bases_bar
from splicenet.evaluation.judge import (
    Judgement,
    judge_baselines,
    judge_model,
    judge_sites,
)
from splicenet.evaluation.metrics import SiteMetrics, precision_recall_curve
from splicenet.evaluation.protocol import PROTOCOLS
from splicenet.evaluation.tables import as_text, metrics_table
from splicenet.genome.bed import read_sites
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.genome.output import STDOUT, atomic
from splicenet.genome.regions import read_regions
from splicenet.genome.species import Species
from splicenet.model.modelfile import Model, load_model
from splicenet.model.provenance import held_out_regions, seen_bases
from splicenet.model.shipped import model_path
from splicenet.report.pictures import precision_recall_plot

__all__ = ["evaluate"]

_NAMES = ("species", "method", "where", "kind")


@click.command()
@click.option("-m", "--model", "model_file", metavar="FILE", help="Model file or name.")
@click.option("--sites", "sites_file", metavar="FILE", help="Or sites: BED or TSV of predict.")
@species_options
@click.option(
    "-r",
    "--regions",
    help="Evaluate here: a BED file, contig:start-end or contigs.  [default: what the model held "
    "out of this genome, else all of it]",
)
@click.option("--baselines", is_flag=True, help="Beside two classical models trained elsewhere.")
@click.option("-o", "--output", metavar="FILE", help="Also the table: .tsv or .json.")
@click.option("--plot", metavar="PNG", help="Also the precision-recall curves.")
@device_options
def evaluate(
    model_file: str | None,
    sites_file: str | None,
    fasta: str | None,
    annotation: str | None,
    bam: str | None,
    samplesheet: str | None,
    min_reads: int,
    regions: str | None,
    baselines: bool,
    output: str | None,
    plot: str | None,
    device: str,
    threads: int | None,
) -> None:
    """Compare predictions with an annotation.

    Judged over every base of both strands of whole regions, and on the sense strand of annotated
    genes alone: AUPRC, top-k accuracy, precision, recall and F1 at the threshold, and the
    expected calibration error of probabilities from 0.1 upwards. The baselines are a position
    weight matrix and a maximum-entropy model, trained on the sites outside the regions.

    \b
    splicenet evaluate -m model.splicenet -f genome.fa -a genes.gtf --baselines
    splicenet evaluate -m model.splicenet --samplesheet species.csv -r test.bed -o table.tsv
    splicenet evaluate --sites sites.bed -f genome.fa -a genes.gtf -r chr4
    """
    if (model_file is None) == (sites_file is None):
        raise click.UsageError("give either --model or --sites")
    place = choose_device(device, threads)
    model = None if model_file is None else load_model(model_path(model_file))
    sites = None if sites_file is None else read_sites(sites_file)
    results: dict[tuple[str, ...], SiteMetrics] = {}
    curves = {}
    several = samplesheet is not None
    for species in open_data(fasta, annotation, bam, samplesheet, min_reads):
        where = _regions(regions, species, model, several)
        if not where:
            continue
        judgements: list[Judgement] = []
        if model is not None:
            with bases_bar(species.name, 2 * sum(map(len, where))) as bar:
                judgements.append(
                    judge_model(model, species, where, device=place, on_bases=bar.update)
                )
        if sites is not None:
            judgements.append(judge_sites(sites, species, where))
        if baselines:
            judgements += judge_baselines(species, where)
        for judgement in judgements:
            for key, metrics in judgement.metrics().items():
                results[(species.name, *key)] = metrics
            for kind in KINDS:
                name = " ".join([*[species.name] * several, judgement.method, kind])
                curves[name] = precision_recall_curve(judgement.scored[PROTOCOLS[0]][kind])
    table = metrics_table(results, names=_NAMES)
    with atomic(STDOUT) as out:
        out.write(as_text(table) + "\n")
    if output is not None:
        _write(results, output)
    if plot is not None:
        precision_recall_plot(curves, plot)


def _regions(
    regions: str | None, species: Species, model: Model | None, several: bool
) -> Sequence[Interval]:
    """Where to evaluate one species, with a warning if the model has seen some of it."""
    held_out = None if model is None else held_out_regions(model.record, species)
    if regions is not None:
        where = read_regions(regions, species.genome.lengths, required=not several)
    elif held_out:
        where = held_out
    else:
        where = [Interval(contig, 0, length) for contig, length in species.genome.lengths.items()]
    known = 0 if model is None else seen_bases(model.record, species, where)
    if known:
        click.echo(
            f"warning: {species.name}: the model was trained or calibrated on {known:,} of these "
            "bases; the figures flatter it",
            err=True,
        )
    return where


def _write(results: dict[tuple[str, ...], SiteMetrics], output: str) -> None:
    with atomic(output) as file:
        if output.endswith(".json"):
            rows = [
                dict(zip(_NAMES, key, strict=True)) | metrics.to_dict()
                for key, metrics in results.items()
            ]
            json.dump(rows, file, indent=1)
            file.write("\n")
        else:
            metrics_table(results, names=_NAMES).to_csv(file, sep="\t", index=False)
