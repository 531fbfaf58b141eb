"""``splicenet mutscan``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from splicenet.cli.files import FileCommand
from splicenet.cli.options import open_regions
from splicenet.cli.scoring import read_genes, report, run_scoring
from splicenet.cli.scoring_options import ScoringOptions, scoring_options
from splicenet.genome.genes import Genes
from splicenet.genome.interval_sets import merge
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import Genome, open_genome
from splicenet.inference.saturation import Saturation

__all__ = ["mutscan"]

_NAMES = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"


@click.command(cls=FileCommand)
@scoring_options
@click.option("-r", "--regions", help="A BED file, contig:start-end or names of contigs.")
@click.option("--genes", "names", help="Names of annotated genes, with commas between them.")
def mutscan(regions: str | None, names: str | None, **values: Any) -> None:
    """Score every single-base change of regions or genes.

    Writes what `splicenet variants` would write for a VCF with all of them.

    \b
    splicenet mutscan -f genome.fa -m model.splicenet -r chr4:10,000-20,000 -o scores.vcf.gz
    splicenet mutscan -f genome.fa -a genes.gtf -m model.splicenet --genes ci,ey -o scores.vcf.gz
    """
    options = ScoringOptions.take(values)
    if (regions is None) == (names is None):
        raise click.UsageError("give either --regions or --genes")
    with open_genome(options.fasta) as genome:
        genes = read_genes(options.annotation, genome)
        if names is not None:
            scanned = _spans(names, genes, genome)
        else:
            scanned = open_regions(regions or "", genome)
        saturation = Saturation(genome, scanned)
        contigs = dict.fromkeys(region.contig for region in scanned)
        summary = run_scoring(
            options,
            saturation,
            count=saturation.count(),
            header=["##fileformat=VCFv4.2"],
            names=_NAMES,
            named=contigs,
            contigs={name: name for name in contigs},
            genome=genome,
            genes=genes,
            settings={"regions": [str(region) for region in scanned]},
        )
    report(summary)


def _spans(names: str, genes: Genes | None, genome: Genome) -> list[Interval]:
    if genes is None:
        raise click.UsageError("--genes needs an --annotation to find them in")
    spans = []
    for name in names.split(","):
        found = genes.named(name.strip())
        if not found:
            raise click.UsageError(f"the annotation has no gene {name.strip()!r}")
        spans += [replace(gene.span, strand=".") for gene in found]
    order = {contig: rank for rank, contig in enumerate(genome.lengths)}
    return sorted(merge(spans), key=lambda span: (order[span.contig], span.start))
