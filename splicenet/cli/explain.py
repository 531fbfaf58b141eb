"""``splicenet explain``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from splicenet.attribution.choose import choose_sites, inside
from splicenet.attribution.explain import Explaining
from splicenet.attribution.layers import layer_names
from splicenet.attribution.sitemotif import REACH
from splicenet.attribution.windows import SiteWindows
from splicenet.cli.attribution import attribution_options
from splicenet.cli.files import FileCommand
from splicenet.cli.options import (
    choose_device,
    device_options,
    model_option,
    open_genes,
    open_regions,
    tell,
)
from splicenet.cli.reading import name_reading
from splicenet.cli.scanning import scan_genome
from splicenet.exceptions import OutputError, RegionError
from splicenet.genome.bed import read_sites
from splicenet.genome.intervals import Interval, Site, Transcript
from splicenet.genome.labels import Labels
from splicenet.genome.meme import read_motifs
from splicenet.genome.sequence import Genome, open_genome
from splicenet.genome.species import left_out, match_sites
from splicenet.inference.predictor import Predictor, call_sites
from splicenet.model.shipped import open_model
from splicenet.model.targets import find_target
from splicenet.report.explaining import Extras, explain_to_folder

__all__ = ["explain"]

_CONTEXT, _LEAST = 512, 32


@click.command(cls=FileCommand)
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
    default=100,
    show_default=True,
    help="Of more, so many are drawn at random, as many donors as acceptors.",
)
@click.option(
    "--context",
    type=click.IntRange(_LEAST),
    help="Bases on either side of a site that are read.  "
    f"[default: {_CONTEXT}, or what the model sees if that is less]",
)
@attribution_options
@click.option(
    "--layer",
    "layers",
    multiple=True,
    help="Also the saliency of this level's hidden states; `all` for all; may be repeated.",
)
@click.option("--check", is_flag=True, help="Also measure how far to trust the explanation.")
@click.option("--motifs", "database", metavar="FILE", help="Known motifs: MEME or TRANSFAC.")
@click.option(
    "-a",
    "--annotation",
    metavar="FILE",
    help="Genes, to draw beside sites and to count the sites' matrices from.",
)
@click.option("--resume", is_flag=True, help="Go on with a run that was interrupted.")
@device_options
def explain(
    fasta: str,
    model: str,
    output: str,
    sites: str | None,
    regions: str | None,
    max_sites: int,
    context: int | None,
    target: str | None,
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
    splicenet explain genome.fa -o explained --max-sites 40
    splicenet explain genome.fa -m model.splicenet --sites sites.bed -o explained --check
    splicenet explain genome.fa -r chr2:1-500,000 --method ism --context 200 -o explained
    """
    folder = _folder(output)
    device = choose_device(device, threads)
    known = read_motifs(database) if database else []
    with open_genome(fasta) as genome:
        told = name_reading(model, genome)
        loaded = open_model(told)
        aim = None if target is None else find_target(loaded.network.config, target)
        settings = Explaining(target=aim, **chosen)
        names = _layers(layers, layer_names(loaded.network.to(device)))
        where = None if regions is None else open_regions(regions, genome)
        genes = None if annotation is None else open_genes(annotation, genome).transcripts
        if sites is None:
            found = _predicted(Predictor(loaded, device=device), genome, where)
        else:
            given = read_sites(sites)
            placed = match_sites(given, genome, path=sites)
            if len(placed) < len(given):
                reason = f"sites on contigs that are not in {genome.path}"
                lost = {reason: len(given) - len(placed)}
                tell(left_out(sites, lost))
            found = inside(placed, where, path=sites)
        picked = choose_sites(found, genome.lengths, most=max_sites, seed=settings.seed)
        length = 2 * (context or max(_LEAST, min(_CONTEXT, loaded.flank)))
        windows = SiteWindows.around(picked, genome.fetch, length=length)
        annotated = None if genes is None else _annotated(genes, genome)
    with tqdm(unit="", disable=None) as bar:

        def watch(what: str, total: int) -> Any:
            bar.set_description(what, refresh=False)
            bar.reset(total)
            return bar.update

        outcome = explain_to_folder(
            loaded,
            windows,
            settings,
            folder,
            lengths=genome.lengths,
            name=Path(told).name,
            extras=Extras(
                names,
                check,
                known,
                genes,
                annotated,
                {"genome": fasta, "model": told, "sites found": len(found)},
            ),
            resume=resume,
            watch=watch,
        )
    for name, figure in outcome.figures.items():
        click.echo(f"{name}: {figure:.3g}", err=True)
    for warning in outcome.warnings:
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


def _annotated(transcripts: Sequence[Transcript], genome: Genome) -> SiteWindows:
    """All annotated sites, with as much around them as their matrices need."""
    sites = Labels.build(transcripts).sites()
    return SiteWindows.around(sites, genome.fetch, length=2 * REACH)


def _predicted(
    predictor: Predictor, genome: Genome, regions: Sequence[Interval] | None
) -> list[Site]:
    found: list[Site] = []
    for contig, scores in scan_genome(predictor, genome, regions):
        found += call_sites(contig, scores, predictor.threshold)
    if not found:
        message = "the model calls no site here; name some with --sites"
        raise RegionError(message, path=genome.path)
    return found
