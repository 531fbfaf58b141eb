"""``splicenet diagnose``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pandas as pd

from splicenet.cli.files import FileCommand
from splicenet.cli.options import choose_device, device_options, open_data, species_options
from splicenet.cli.progress import percent_bar
from splicenet.cli.rates import measure_rates, report_rates
from splicenet.cli.reading import name_reading
from splicenet.diagnostics.curves import as_course, read_metrics
from splicenet.diagnostics.evidence import Evidence
from splicenet.diagnostics.examine import STEPS, examine
from splicenet.diagnostics.verdict import Finding, judge
from splicenet.evaluation.tables import as_text
from splicenet.genome.bed import read_sites
from splicenet.genome.output import STDOUT, atomic
from splicenet.model.modelfile import SUFFIX, Model
from splicenet.model.shipped import open_model
from splicenet.report.arrivals import ARRIVALS, arrival_table
from splicenet.report.diagnosis import (
    LEGEND,
    diagnosis_page,
    diagnosis_plots,
    flow_table,
    gate_table,
    write_json,
)
from splicenet.training.checkpoint import read_history

__all__ = ["diagnose"]


@click.command(cls=FileCommand)
@click.option("-m", "--model", "model_file", metavar="MODEL", help="Model file or name.")
@species_options
@click.option(
    "--metrics",
    "metrics_file",
    metavar="FILE",
    help="Course of the training: a .metrics.tsv, or the .checkpoint of a run that goes on; alone, "
    "it is all that is judged.  [default: the .metrics.tsv beside the model]",
)
@click.option("--sites", "sites_file", metavar="FILE", help="Follow these: BED or TSV of predict.")
@click.option(
    "--number",
    default=32,
    show_default=True,
    type=click.IntRange(1),
    help="Sites to follow, drawn from what the model held out.",
)
@click.option(
    "--length",
    type=click.IntRange(64),
    help=f"Bases around a site.  [default: {STEPS:,} recurrent steps]",
)
@click.option(
    "--lr-range",
    is_flag=True,
    help="Instead: raise the learning rate step by step and see where training converges, "
    "oscillates and diverges.",
)
@click.option("--html", metavar="FILE", help="Also a page with tables and pictures.")
@click.option("--plots", metavar="PREFIX", help="Also the pictures: PREFIX.gradient.png, ...")
@click.option("--json", "json_file", metavar="FILE", help="Also everything as JSON; - prints it.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Of the sites.")
@device_options
def diagnose(
    model_file: str | None,
    fasta: str | None,
    annotation: str | None,
    bam: str | None,
    samplesheet: str | None,
    min_reads: int,
    metrics_file: str | None,
    sites_file: str | None,
    number: int,
    length: int | None,
    lr_range: bool,
    html: str | None,
    plots: str | None,
    json_file: str | None,
    seed: int,
    device: str,
    threads: int | None,
) -> None:
    """Say what keeps a model from learning, how one knows, and what to try next.

    The loss at splice sites is followed back through every recurrent layer: how far the gradient
    reaches, whether a step stretches or shrinks it, which gates are stuck. With the fit to
    sequence seen and unseen and the course of the training this gives a verdict.

    \b
    splicenet diagnose -m model.splicenet -f genome.fa -a genes.gtf --html page.html
    splicenet diagnose --metrics model.splicenet.checkpoint
    splicenet diagnose --lr-range -f genome.fa -a genes.gtf --plots rates
    """
    place = choose_device(device, threads)
    model = None if model_file is None else open_model(model_file)
    has_data = fasta is not None or samplesheet is not None
    if lr_range:
        species = open_data(fasta, annotation, bam, samplesheet, min_reads)
        report_rates(measure_rates(model, species, place), plots, json_file)
        return
    metrics = _metrics(metrics_file, model_file)
    if has_data and model_file is not None:
        species = open_data(fasta, annotation, bam, samplesheet, min_reads)
        if not samplesheet:
            model_file = name_reading(model_file, species[0].genome)
        with percent_bar("following sites") as bar:
            evidence = examine(
                open_model(model_file),
                species,
                number=number,
                length=length,
                sites=None if sites_file is None else read_sites(sites_file),
                metrics=metrics,
                device=place,
                seed=seed,
                on_sites=lambda sites: bar.update(100 * sites / number),
            )
    elif metrics is not None and not has_data:
        evidence = Evidence(metrics=metrics, **({} if model is None else _known(model)))
    else:
        raise click.UsageError("give --model with --fasta and its labels, or --metrics alone")
    title = model_file or metrics_file or ""
    _report(evidence, judge(evidence), f"Diagnosis of {title}", html, plots, json_file)


def _metrics(metrics_file: str | None, model_file: str | None) -> pd.DataFrame | None:
    """Those asked for, or those beside the model if there are any."""
    if metrics_file is not None and metrics_file.endswith(".checkpoint"):
        return as_course(pd.DataFrame(read_history(metrics_file)), path=metrics_file)
    if metrics_file is not None:
        return read_metrics(metrics_file)
    beside = f"{str(model_file).removesuffix(SUFFIX)}.metrics.tsv"
    return read_metrics(beside) if model_file and Path(beside).exists() else None


def _known(model: Model) -> dict[str, Any]:
    return {"config": model.network.config, "training": model.record.get("training", {})}


def _report(
    evidence: Evidence,
    findings: Sequence[Finding],
    title: str,
    html: str | None,
    plots: str | None,
    json_file: str | None,
) -> None:
    if html is not None:
        diagnosis_page(html, title, evidence, findings)
    if plots is not None:
        for path in diagnosis_plots(plots, evidence):
            click.echo(str(path), err=True)
    if json_file is not None:
        values = {
            "verdict": findings[0].name,
            "findings": [finding.to_dict() for finding in findings],
        } | evidence.to_dict()
        write_json(values, json_file)
    if json_file != STDOUT:
        with atomic(STDOUT) as out:
            out.write(_text(evidence, findings))


def _text(evidence: Evidence, findings: Sequence[Finding]) -> str:
    parts = [_finding(finding) for finding in findings]
    if evidence.flows:
        parts.append(f"{as_text(flow_table(evidence.flows))}\n{click.wrap_text(LEGEND, 100)}")
    gates = gate_table(evidence.flows)
    if len(gates):
        parts.append(as_text(gates))
    if evidence.arrivals:
        table = as_text(arrival_table(evidence.arrivals))
        parts.append(f"{table}\n{click.wrap_text(ARRIVALS, 100)}")
    return "\n\n".join(parts) + "\n"


def _finding(finding: Finding) -> str:
    lines = [f"VERDICT: {finding.name}"]
    lines += [
        click.wrap_text(sign, 100, initial_indent="  - ", subsequent_indent="    ")
        for sign in finding.evidence
    ]
    if finding.remedies:
        lines.append("  to try next with splicenet train:")
        width = max(len(remedy.switch) for remedy in finding.remedies)
        lines += [f"    {one.switch.ljust(width)}  {one.why}" for one in finding.remedies]
    return "\n".join(lines)
