"""``splicenet draw``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from splicenet.cli.files import FileCommand
from splicenet.cli.options import choose_device, device_options, model_option, open_regions, tell
from splicenet.cli.reading import name_reading
from splicenet.cli.scanning import scan_genome
from splicenet.exceptions import RegionError
from splicenet.genome.intervals import Interval, Transcript
from splicenet.genome.species import Species, open_species
from splicenet.inference.predictor import Predictor, call_sites
from splicenet.model.provenance import held_out_regions
from splicenet.report.gene import gene_picture

__all__ = ["draw"]

_ROOM = 0.03
"""Share of the gene's length shown on either side of it."""


@click.command(cls=FileCommand)
@model_option
@click.option("-f", "--fasta", required=True, metavar="FILE", help="Genome.")
@click.option("-a", "--annotation", required=True, metavar="FILE", help="Genes.")
@click.option(
    "-r",
    "--region",
    help="What to draw: contig:start-end.  [default: the gene with the most introns among those "
    "the model never saw]",
)
@click.option(
    "-o", "--output", default="gene.png", show_default=True, help="Picture: .png, .pdf or .svg."
)
@device_options
def draw(
    model: str,
    fasta: str,
    annotation: str,
    region: str | None,
    output: str,
    device: str,
    threads: int | None,
) -> None:
    """Draw a gene with its annotated transcripts and its predicted sites.

    \b
    splicenet draw -m model.splicenet -f genome.fa -a genes.gtf -o gene.png
    splicenet draw -m model.splicenet -f genome.fa -a genes.gtf -r chr2:10,000-25,000
    """
    place = choose_device(device, threads)
    species = click.get_current_context().with_resource(open_species("genome", fasta, annotation))
    tell(species.notes)
    told = name_reading(model, species.genome)
    predictor = Predictor(told, device=place)
    if region is not None:
        regions = open_regions(region, species.genome)
        if len(regions) != 1:
            raise RegionError(f"--region must be one stretch, not {region!r}")
        shown = regions[0]
    else:
        shown = _richest_gene(species, held_out_regions(predictor.model.record, species))
    sites = [
        site
        for contig, scores in scan_genome(predictor, species.genome, [shown])
        for site in call_sites(contig, scores, predictor.threshold)
    ]
    calls = ", ".join(f"{kind} >= {value:g}" for kind, value in predictor.threshold.items())
    gene_picture(
        output,
        transcripts=species.transcripts,
        sites=sites,
        region=shown,
        title=f"{shown}   sites by {Path(told).name}, {calls}",
    )
    click.echo(f"{output}: {shown}, {len(sites)} predicted sites", err=True)


def _richest_gene(species: Species, where: Sequence[Interval] | None) -> Interval:
    """The transcript with the most introns, with some room; inside ``where`` if that is given."""

    def inside(one: Transcript) -> bool:
        return where is None or any(
            region.contig == one.contig and region.start <= one.start and one.end <= region.end
            for region in where
        )

    candidates = [one for one in species.transcripts if inside(one)]
    if not candidates:
        raise RegionError("no gene lies in the held-out sequence; name a --region")
    gene = max(candidates, key=lambda one: (len(one.introns), -one.start))
    room = round(_ROOM * (gene.end - gene.start)) + 1
    end = min(gene.end + room, species.genome.lengths[gene.contig])
    return Interval(gene.contig, max(gene.start - room, 0), end)
