"""``splicenet explain``."""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import captum
import click
import pandas as pd
import torch
from tqdm import tqdm

from splicenet._version import __version__
from splicenet.attribution.choose import choose_sites, on_genome
from splicenet.attribution.explain import METHODS, Explaining, explain_sites
from splicenet.attribution.integrated import SMALL
from splicenet.attribution.layers import layer_names, layer_table
from splicenet.attribution.references import REFERENCES
from splicenet.attribution.target import BATCH_TOKENS
from splicenet.attribution.tracks import Tracks
from splicenet.attribution.windows import SiteWindows
from splicenet.attribution.write import site_table, write_attribution, write_table
from splicenet.cli.options import choose_device, device_options, model_option
from splicenet.cli.progress import bases_bar
from splicenet.exceptions import OutputError, RegionError
from splicenet.genome.bed import read_sites
from splicenet.genome.intervals import Interval, Site
from splicenet.genome.labels import KINDS
from splicenet.genome.meme import read_motifs
from splicenet.genome.output import atomic
from splicenet.genome.regions import read_regions
from splicenet.genome.sequence import Genome, open_genome
from splicenet.genome.species import open_annotation
from splicenet.inference.predictor import Predictor, call_sites
from splicenet.model.shipped import open_model
from splicenet.report.explained import find_all, trust, write_report

__all__ = ["explain"]


@click.command()
@click.argument("fasta", metavar="GENOME.FA")
@model_option
@click.option("-o", "--output", required=True, metavar="FOLDER", help="Where all results go.")
@click.option(
    "--sites",
    metavar="FILE",
    help="Sites to explain: BED or table as `splicenet predict` writes them.  "
    "[default: those it predicts]",
)
@click.option(
    "-r", "--regions", help="Only here: a BED file, contig:start-end or names of contigs."
)
@click.option(
    "--max-sites",
    type=click.IntRange(1),
    default=200,
    show_default=True,
    help="Of more, so many are drawn at random, as many donors as acceptors.",
)
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="ig",
    show_default=True,
    help="Integrated gradients, gradient times input, every single-base change, or SmoothGrad.",
)
@click.option(
    "--target",
    type=click.Choice(KINDS),
    help="Explain the log-odds of this kind.  [default: each site's own]",
)
@click.option(
    "--reference",
    type=click.Choice(REFERENCES),
    default="shuffled",
    show_default=True,
    help="What ig compares with: dinucleotide-shuffled windows, no letters, or mean composition.",
)
@click.option(
    "--shuffles",
    type=click.IntRange(1),
    default=4,
    show_default=True,
    help="Shuffled references of each site; single sites become clearer with 10 or 20.",
)
@click.option(
    "--steps",
    type=click.IntRange(2),
    default=20,
    show_default=True,
    help="Of ig, to begin with; copies of smoothgrad.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, min_open=True),
    default=0.01,
    show_default=True,
    help="Steps of ig are doubled until its scores add up but for this share.",
)
@click.option(
    "--length",
    type=click.IntRange(64),
    default=1024,
    show_default=True,
    help="Bases of the window around a site.",
)
@click.option(
    "--layer",
    "layers",
    multiple=True,
    help="Also the saliency of this level's hidden states; `all` for all; may be repeated.",
)
@click.option("--check", is_flag=True, help="Also measure how far to trust the explanation.")
@click.option("--motifs", "database", metavar="FILE", help="Known motifs: MEME or TRANSFAC.")
@click.option("-a", "--annotation", metavar="FILE", help="Genes, for the sites drawn in the page.")
@click.option("--seed", default=0, show_default=True, help="Of shuffles, noise and the draw.")
@click.option("--resume", is_flag=True, help="Go on with a run that was interrupted.")
@click.option(
    "--batch-tokens",
    type=click.IntRange(1 << 10),
    default=BATCH_TOKENS,
    show_default=True,
    help="Bases in a batch; memory grows with it.",
)
@device_options
def explain(
    fasta: str,
    model: str,
    output: str,
    sites: str | None,
    regions: str | None,
    max_sites: int,
    length: int,
    layers: tuple[str, ...],
    check: bool,
    database: str | None,
    annotation: str | None,
    resume: bool,
    device: str,
    threads: int | None,
    **chosen: Any,
) -> None:
    """Show what the network reads at splice sites, base by base, and the motifs in it.

    Scores are in nats of log-odds (before calibration): how much a base speaks for the site.
    FOLDER gets explanation.html, tracks (bigWig and bedGraph; the mean where windows overlap),
    sites.tsv, segments.tsv, distance.tsv, motifs, and ohe.npz and shap.npz for TF-MoDISco.

    \b
    splicenet explain genome.fa -o explained --max-sites 100
    splicenet explain genome.fa -m model.splicenet --sites sites.bed -o explained --check
    splicenet explain genome.fa -r chr2:1-500,000 --method ism --length 400 -o explained
    """
    began = time.monotonic()
    settings = Explaining(**chosen)
    folder = _folder(output)
    device = choose_device(device, threads)
    loaded = open_model(model)
    network = loaded.network.to(device)
    names = _layers(layers, layer_names(network))
    known = read_motifs(database) if database else []
    with open_genome(fasta) as genome:
        where = None if regions is None else read_regions(regions, genome)
        genes = None if annotation is None else open_annotation(annotation, genome).transcripts
        if sites is None:
            found = _predicted(Predictor(loaded, device=device), genome, where)
        else:
            found = on_genome(read_sites(sites), genome.lengths, where, path=sites)
        picked = choose_sites(found, genome.lengths, most=max_sites, seed=settings.seed)
        windows = SiteWindows.around(picked, genome.fetch, length=length)
    chunks = folder / "unfinished"
    with tqdm(total=len(windows), desc="explaining", unit="site", disable=None) as bar:
        attribution = explain_sites(
            network, windows, settings, folder=chunks, resume=resume, progress=bar.update
        )
    seconds = time.monotonic() - began
    actual = attribution.actual(windows.codes)
    tracks = Tracks(windows, actual)
    table = site_table(windows, attribution, tracks, loaded.calibration, settings.target)
    write_attribution(folder, windows, attribution, tracks, table, genome.lengths)
    if names:
        write_table(folder / "layers.tsv", layer_table(network, windows, settings, layers=names))
    checks = trust(network, windows, actual, settings, table) if check else ({}, {})
    run = {
        "splicenet": __version__,
        "torch": torch.__version__,
        "captum": captum.__version__,
        "genome": fasta,
        "model": model,
        "sites": len(windows),
        "sites found": len(found),
        "length": length,
        **asdict(settings),
        "seconds": round(seconds, 1),
        "peak memory, MB": _peak_memory(),
    }
    lead = f"{len(windows)} sites, read by {Path(model).name}, explained by {settings.method}."
    write_report(
        folder,
        windows,
        actual,
        table,
        find_all(network, windows, actual, settings, known),
        lead=lead,
        settings={name: str(value) for name, value in run.items() if value is not None},
        checks=checks,
        transcripts=genes,
    )
    warnings = _warnings(table, settings.tolerance)
    with atomic(folder / "run.json") as out:
        json.dump({**run, "checks": checks[1], "warnings": warnings}, out, indent=2)
        out.write("\n")
    shutil.rmtree(chunks, ignore_errors=True)
    for name, figure in checks[1].items():
        click.echo(f"{name}: {figure:.3g}", err=True)
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)


def _folder(output: str) -> Path:
    folder = Path(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise OutputError(f"cannot be made a folder ({cause.strerror})", path=output) from cause
    return folder


def _layers(asked: Sequence[str], there: list[str]) -> list[str]:
    if "all" in asked:
        return there
    for name in asked:
        if name not in there:
            raise click.BadParameter(f"there is no {name!r}; there are {', '.join(there)} and all")
    return list(dict.fromkeys(asked))


def _predicted(
    predictor: Predictor, genome: Genome, regions: Sequence[Interval] | None
) -> list[Site]:
    spans = genome.lengths.values() if regions is None else map(len, regions)
    found: list[Site] = []
    with bases_bar("predicting", 2 * sum(spans)) as bar:
        for contig, scores in predictor.scores(genome, regions):
            found += call_sites(contig, scores, predictor.threshold)
            bar.update(scores.values[0].size)
    if not found:
        message = "the model calls no site here; name some with --sites"
        raise RegionError(message, path=genome.path)
    return found


def _warnings(table: pd.DataFrame, tolerance: float) -> list[str]:
    """Sentences on the sites whose scores do not add up."""
    off = (table["delta"] > SMALL) & (table["relative_error"] > tolerance)
    if not off.any():
        return []
    worst = table["relative_error"][off].max()
    return [
        f"the scores of {off.sum()} of {len(table)} sites fail to add up by more than "
        f"{tolerance:g} of the difference from the reference, at worst by {worst:.2g} "
        "(relative_error in sites.tsv); give more --steps"
    ]


def _peak_memory() -> int:
    """Of the process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))
