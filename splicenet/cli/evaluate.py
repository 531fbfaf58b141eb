"""``splicenet evaluate``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import click

from splicenet.cli.files import FileCommand
from splicenet.cli.judged_tasks import judge_tasks, task_json, task_table
from splicenet.cli.options import (
    choose_device,
    device_options,
    open_data,
    share_open_regions,
    species_options,
)
from splicenet.cli.progress import bases_bar
from splicenet.cli.reading import name_reading
from splicenet.cli.scanning import count_copies
from splicenet.evaluation.judge import (
    Judgement,
    judge_baselines,
    judge_model,
    judge_sites,
)
from splicenet.evaluation.metrics import SiteMetrics, average_precision, precision_recall_curve
from splicenet.evaluation.protocol import PROTOCOLS
from splicenet.evaluation.reliability import Reliability
from splicenet.evaluation.tables import as_text, metrics_table
from splicenet.genome.bed import read_sites
from splicenet.genome.intervals import Interval, Site
from splicenet.genome.labels import KINDS
from splicenet.genome.output import STDOUT, atomic, is_stream
from splicenet.genome.species import Species, match_sites
from splicenet.model.modelfile import Model
from splicenet.model.provenance import held_out_regions, seen_bases
from splicenet.model.shipped import AUTO, open_model
from splicenet.report.pictures import canvas, precision_recall_plot, reliability_plot

__all__ = ["evaluate"]

_NAMES = ("species", "method", "where", "kind")


@click.command(cls=FileCommand)
@click.option(
    "-m",
    "--model",
    "model_file",
    metavar="MODEL",
    help="Model file, or the name of one that `splicenet models` lists; MODEL:SPECIES for one of "
    "its species, MODEL:any for none.  [default: as predict]",
)
@click.option("--sites", "sites_file", metavar="FILE", help="Or sites: BED or TSV of predict.")
@species_options
@click.option(
    "-r",
    "--regions",
    help="Evaluate here: a BED file, contig:start-end or contigs.  [default: what the model held "
    "out of this genome, else all of it]",
)
@click.option(
    "--task",
    "tasks",
    multiple=True,
    metavar="TASK",
    help="Where the labels of one of the model's tasks lie, as train has it: "
    "mutation:VARIANTS.vcf.gz.  [default: where they lay in the training]",
)
@click.option("--baselines", is_flag=True, help="Beside two classical models trained elsewhere.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Also the table: .tsv or .json; tasks have one beside it, .tasks.tsv.",
)
@click.option("--plot", metavar="PNG", help="Also the precision-recall curves.")
@click.option(
    "--reliability",
    metavar="PNG",
    help="Also how often sites called with a probability are real, over both strands.",
)
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
    tasks: tuple[str, ...],
    baselines: bool,
    output: str | None,
    plot: str | None,
    reliability: str | None,
    device: str,
    threads: int | None,
) -> None:
    """Compare predictions with an annotation.

    Judged over every base of both strands of whole regions, and on the sense strand of annotated
    genes alone: AUPRC, top-k accuracy, precision, recall and F1 at the threshold, the precision
    that probabilities promise there, and their expected calibration error from 0.1 upwards, beside
    what right ones would show by chance. The baselines are a position
    weight matrix and a maximum-entropy model, trained on the sites outside the regions. The heads
    of a model's other tasks are judged where something is known: accuracy, AUPRC and AUROC of
    classes, correlations of numbers.

    \b
    splicenet evaluate -m model.splicenet -f genome.fa -a genes.gtf --baselines
    splicenet evaluate -m model.splicenet --samplesheet species.csv -r test.bed -o table.tsv
    splicenet evaluate -m many.splicenet -f genome.fa -a genes.gtf --task track:phylop.bw
    splicenet evaluate --sites sites.bed -f genome.fa -a genes.gtf -r chr4
    """
    if model_file is not None and sites_file is not None:
        raise click.UsageError("give either --model or --sites")
    if sites_file is None:
        model_file = model_file or AUTO
    if tasks and model_file in (None, AUTO):
        raise click.UsageError("--task needs a --model that knows the task")
    place = choose_device(device, threads)
    model = None if model_file is None else open_model(model_file)
    sites = None if sites_file is None else read_sites(sites_file)
    with ExitStack() as stack:
        # What cannot be written shows now, not after an hour of scoring.
        table = None if output is None else stack.enter_context(atomic(output))
        curves, bins = (
            None if path is None else stack.enter_context(canvas(path))
            for path in (plot, reliability)
        )
        species = open_data(fasta, annotation, bam, samplesheet, min_reads)
        if model_file is not None and not samplesheet:
            model = open_model(name_reading(model_file, species[0].genome))
        if model is not None:
            model.network.to(place)
        where = _regions(regions, species, model)
        # Species of a samplesheet are read as such; a genome by itself as MODEL[:SPECIES] says,
        # or its words.
        models = [model.if_known(one.name) if samplesheet else model for one in species if model]
        judged = _judged(
            species,
            where,
            models=models,
            sites=sites,
            sites_file=sites_file,
            baselines=baselines,
        )
        heads = judge_tasks(models, species, where, tasks) if models else {}
        results: dict[tuple[str, ...], SiteMetrics] = {
            (species, judgement.method, *key): metrics
            for species, judgement in judged
            for key, metrics in judgement.metrics().items()
        }
        with atomic(STDOUT) as out:
            out.write(as_text(metrics_table(results, names=_NAMES)) + "\n")
            if heads:
                out.write("\n" + as_text(task_table(heads)) + "\n")
        if table is not None and str(output).endswith(".json"):
            json.dump(_rows(results, _bins(judged)) + task_json(heads), table, indent=1)
            table.write("\n")
        elif table is not None:
            metrics_table(results, names=_NAMES).to_csv(table, sep="\t", index=False)
            if heads and is_stream(str(output)):
                table.write("\n")
                task_table(heads).to_csv(table, sep="\t", index=False)
            elif heads:
                with atomic(f"{str(output).removesuffix('.tsv')}.tasks.tsv") as beside:
                    task_table(heads).to_csv(beside, sep="\t", index=False)
        several = samplesheet is not None
        if curves is not None:
            scored = {
                _label(species, judgement.method, kind, several): by_kind[kind]
                for species, judgement in judged
                for by_kind in [judgement.scored[PROTOCOLS[0]]]
                for kind in KINDS
            }
            precision_recall_plot(
                curves,
                {
                    f"{name} (AUPRC {average_precision(one):.3f})": precision_recall_curve(one)
                    for name, one in scored.items()
                },
            )
        if bins is not None:
            found = {
                _label(species, method, kind, several): one
                for (species, method, where, kind), one in _bins(judged).items()
                if where == PROTOCOLS[0]
            }
            reliability_plot(bins, found)


Judged = Sequence[tuple[str, Judgement]]
"""Names of species with what was found on them."""


def _judged(
    species: Sequence[Species],
    regions: Sequence[Sequence[Interval]],
    *,
    models: Sequence[Model],
    sites: Sequence[Site] | None,
    sites_file: str | None,
    baselines: bool,
) -> Judged:
    """Judge everything that was asked for; ``models`` has one for each species, or none."""
    judged: list[tuple[str, Judgement]] = []
    for index, (one, where) in enumerate(zip(species, regions, strict=True)):
        if not where:
            continue
        # First, for there may be nothing to train them on.
        classical = judge_baselines(one, where) if baselines else ()
        if models:
            if models[index].scale.marks_copies:
                count_copies(one.genome)
            with bases_bar(one.name, 2 * sum(map(len, where))) as bar:
                judgement = judge_model(models[index], one, where, on_bases=bar.update)
            judged.append((one.name, judgement))
        if sites is not None:
            placed = match_sites(sites, one.genome, path=sites_file or "")
            judged.append((one.name, judge_sites(placed, one, where)))
        judged += [(one.name, judgement) for judgement in classical]
    return judged


def _regions(
    regions: str | None, species: Sequence[Species], model: Model | None
) -> list[list[Interval]]:
    """Where to evaluate each species."""
    if regions is not None:
        found = share_open_regions(regions, [one.genome for one in species])
    else:
        found = [_unseen(one, model) for one in species]
    if model is not None:
        for one, where in zip(species, found, strict=True):
            _warn(one, where, model)
    return found


def _unseen(species: Species, model: Model | None) -> list[Interval]:
    """What the model held out of a genome, or all of it."""
    held_out = None if model is None else held_out_regions(model.record, species)
    return held_out or [
        Interval(contig, 0, length) for contig, length in species.genome.lengths.items()
    ]


def _warn(species: Species, where: Sequence[Interval], model: Model) -> None:
    """Say so if the model has seen some of it."""
    known = seen_bases(model.record, species, where)
    if known:
        click.echo(
            f"warning: {species.name}: the model was trained or calibrated on {known:,} of these "
            "bases; the figures flatter it",
            err=True,
        )


def _label(species: str, method: str, kind: str, several: bool) -> str:
    return " ".join([*[species] * several, method, kind])


def _bins(judged: Judged) -> dict[tuple[str, ...], Reliability]:
    return {
        (species, judgement.method, *key): bins
        for species, judgement in judged
        for key, bins in judgement.reliability().items()
    }


def _rows(
    results: Mapping[tuple[str, ...], SiteMetrics], bins: Mapping[tuple[str, ...], Reliability]
) -> list[dict[str, Any]]:
    """The table for JSON, with the bins of probabilities."""
    return [
        dict(zip(_NAMES, key, strict=True))
        | metrics.to_dict()
        | ({"reliability": bins[key].to_rows()} if key in bins else {})
        for key, metrics in results.items()
    ]
