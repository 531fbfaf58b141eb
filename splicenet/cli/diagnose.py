"""``splicenet diagnose``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pandas as pd

from splicenet.cli.options import choose_device, device_options, open_data, species_options
from splicenet.cli.progress import percent_bar
from splicenet.diagnostics.curves import read_metrics
from splicenet.diagnostics.evidence import Evidence
from splicenet.diagnostics.examine import STEPS, examine
from splicenet.diagnostics.verdict import Finding, judge
from splicenet.evaluation.tables import as_text
from splicenet.genome.bed import read_sites
from splicenet.genome.output import STDOUT, atomic
from splicenet.genome.species import Species
from splicenet.model.modelfile import SUFFIX, Model
from splicenet.model.network import NetworkConfig
from splicenet.model.provenance import held_out_regions
from splicenet.model.shipped import open_model
from splicenet.report.diagnosis import (
    LEGEND,
    diagnosis_page,
    diagnosis_plots,
    flow_table,
    gate_table,
)
from splicenet.report.diagnosis_plots import plot_rates
from splicenet.report.pictures import canvas
from splicenet.training.lr_range import LearningRates, learning_rate_range
from splicenet.training.settings import TrainingSettings

__all__ = ["diagnose"]


@click.command()
@click.option("-m", "--model", "model_file", metavar="MODEL", help="Model file or name.")
@species_options
@click.option(
    "--metrics",
    "metrics_file",
    metavar="TSV",
    help="Course of the training; alone, it is all that is judged.  [default: the .metrics.tsv "
    "beside the model]",
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
    splicenet diagnose --metrics model.metrics.tsv
    splicenet diagnose --lr-range -f genome.fa -a genes.gtf --plots rates
    """
    place = choose_device(device, threads)
    model = None if model_file is None else open_model(model_file)
    has_data = fasta is not None or samplesheet is not None
    if lr_range:
        species = open_data(fasta, annotation, bam, samplesheet, min_reads)
        _report_rates(_test_rates(model, species, place), plots, json_file)
        return
    metrics = _metrics(metrics_file, model_file)
    if has_data and model is not None:
        with percent_bar("following sites") as bar:
            evidence = examine(
                model,
                open_data(fasta, annotation, bam, samplesheet, min_reads),
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
        _write_json(values, json_file)
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


def _test_rates(model: Model | None, species: list[Species], device: str) -> LearningRates:
    """As the model was trained, or as one would be by default."""
    config, settings = NetworkConfig(), TrainingSettings(epochs=1)
    holdout: float | str = 0.1
    if model is not None:
        config = model.network.config
        chosen = model.record.get("training", {})
        settings = TrainingSettings(
            **{name: chosen[name] for name in settings.to_dict() if name in chosen}
        )
        regions = [one for each in species for one in held_out_regions(model.record, each) or []]
        holdout = ",".join(f"{r.contig}:{r.start + 1}-{r.end}" for r in regions) or 0.0
    with percent_bar("raising the rate") as bar:
        return learning_rate_range(
            species,
            config,
            settings,
            holdout=holdout,
            device=device,
            steps=_RATE_STEPS,
            on_step=lambda step: bar.update(100 * step / _RATE_STEPS - bar.n),
        )


_RATE_STEPS = 200


def _report_rates(rates: LearningRates, plots: str | None, json_file: str | None) -> None:
    rows = pd.DataFrame(rates.to_dict()["rows"])
    if plots is not None:
        with canvas(f"{plots}.lr_range.png", width=8, height=4.2) as figure:
            plot_rates(figure, rows, rates.suggested)
        click.echo(f"{plots}.lr_range.png", err=True)
    if json_file is not None:
        _write_json(rates.to_dict(), json_file)
    if json_file != STDOUT:
        zones = rows.groupby("zone", sort=False)["rate"].agg(["min", "max"])
        lines = [
            f"{zone:<10}  {low:.2g} - {high:.2g}"
            for zone, (low, high) in zip(zones.index, zones.to_numpy(), strict=True)
        ]
        lines.append(f"to try next with splicenet train: --learning-rate {rates.suggested:.2g}")
        with atomic(STDOUT) as out:
            out.write("\n".join(lines) + "\n")


def _write_json(values: dict[str, Any], path: str) -> None:
    with atomic(path) as file:
        json.dump(values, file, indent=1)
        file.write("\n")
