"""``splicenet introns``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from splicenet._version import __version__
from splicenet.cli.files import FileCommand
from splicenet.cli.options import choose_device, open_regions, tell
from splicenet.cli.reading import name_reading
from splicenet.cli.scanning import scan_genome, scanning_options
from splicenet.genome.annotation import read_annotation
from splicenet.genome.intron_writer import IntronForm, write_introns
from splicenet.genome.introns import Chain
from splicenet.genome.sequence import open_genome
from splicenet.genome.species import left_out
from splicenet.inference.predictor import Predictor
from splicenet.model.introns import LikelySites, annotated_grammar, decode, learned_grammar

__all__ = ["introns"]


@click.command(cls=FileCommand)
@scanning_options("Introns")
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
    copies: bool,
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
    place = choose_device(device, threads)
    grammar = None
    if annotation is not None:
        learned_from = read_annotation(annotation)
        tell(left_out(annotation, learned_from.skipped))
        grammar = annotated_grammar(learned_from, longest_intron=max_intron)
    with open_genome(fasta) as genome:
        told = name_reading(model, genome)
        predictor = Predictor(told, device=place, batch_tokens=batch_tokens, copies=copies)
        header = [f"splicenet {__version__}, model {Path(told).name}, probability >= {threshold:g}"]
        where = None if regions is None else open_regions(regions, genome)
        scores = scan_genome(predictor, genome, where)

        def chains() -> Iterator[Chain]:
            sites = LikelySites(genome.lengths)
            for contig, some in scores:
                sites.add(contig, some)
            found = grammar or learned_grammar(sites, longest_intron=max_intron)
            yield from decode(sites, found, threshold=threshold)

        write_introns(output, chains(), genome.lengths, form=form, header=header)
