"""``splicenet introns``."""

from __future__ import annotations

from pathlib import Path

import click

from splicenet._version import __version__
from splicenet.cli.options import choose_device, device_options, model_option
from splicenet.cli.progress import bases_bar
from splicenet.genome.intron_writer import IntronForm, write_introns
from splicenet.genome.regions import read_regions
from splicenet.genome.sequence import open_genome
from splicenet.genome.species import open_annotation
from splicenet.inference.introns import LikelySites, annotated_grammar, decode, learned_grammar
from splicenet.inference.predictor import Predictor
from splicenet.model.scoring import BATCH_TOKENS

__all__ = ["introns"]


@click.command()
@click.argument("fasta", metavar="GENOME.FA")
@model_option
@click.option(
    "-o",
    "--output",
    default="-",
    show_default=True,
    help="Introns; - is standard output; .gz means bgzip with a tabix index.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["bed", "bed12", "gff3"]),
    default="bed",
    show_default=True,
    help="bed: one line an intron; bed12 and gff3: introns chained to transcripts, whose outer "
    "exons are drawn 50 bases long.",
)
@click.option(
    "-a",
    "--annotation",
    metavar="FILE",
    help="Genes of this genome or of a relative, to learn the lengths of introns and exons from.  "
    "[default: learned from the predictions themselves]",
)
@click.option(
    "-t",
    "--threshold",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Lowest probability of an intron.",
)
@click.option(
    "--max-intron",
    type=click.IntRange(1),
    help="Bases.  [default: half as long again as nearly all of those seen]",
)
@click.option(
    "-r", "--regions", help="Only here: a BED file, contig:start-end or names of contigs."
)
@click.option(
    "--batch-tokens",
    type=click.IntRange(1 << 12),
    default=BATCH_TOKENS,
    show_default=True,
    help="Bases in a batch; memory grows with it.",
)
@device_options
def introns(
    fasta: str,
    model: str,
    output: str,
    form: IntronForm,
    annotation: str | None,
    threshold: float,
    max_intron: int | None,
    regions: str | None,
    batch_tokens: int,
    device: str,
    threads: int | None,
) -> None:
    """Write the introns of a genome, both strands.

    The likeliest way to read each strand as exons, introns and the rest, by dynamic programming
    over the probable sites and how long introns and exons are. An intron's score is its
    probability over all ways to read the strand. One reading a place: of alternative introns the
    likeliest is written.

    \b
    splicenet introns genome.fa -o introns.bed
    splicenet introns genome.fa -m model.splicenet -a genes.gtf --format gff3 -o introns.gff3.gz
    splicenet introns genome.fa -r chr2:1-500,000 --format bed12 | bedtools bed12tobed6 -i -
    """
    predictor = Predictor(model, device=choose_device(device, threads), batch_tokens=batch_tokens)
    with open_genome(fasta) as genome:
        whole = 2 * sum(genome.lengths.values())
        grammar = None
        if annotation is not None:
            genes = open_annotation(annotation, genome)
            grammar = annotated_grammar(genes, longest_intron=max_intron)
        intervals = None if regions is None else read_regions(regions, genome.lengths)
        bases = whole if intervals is None else 2 * sum(map(len, intervals))
        sites = LikelySites(genome.lengths)
        with bases_bar("predicting", bases) as bar:
            for contig, scores in predictor.scores(genome, intervals):
                sites.add(contig, scores)
                bar.update(scores.values[0].size)
        if grammar is None:
            grammar = learned_grammar(sites, longest_intron=max_intron)
        chains = list(decode(sites, grammar, threshold=threshold))
        header = [
            f"splicenet {__version__}, model {Path(model).name}, probability >= {threshold:g}"
        ]
        write_introns(output, chains, genome.lengths, form=form, header=header)
