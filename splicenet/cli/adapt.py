"""``splicenet adapt``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from splicenet.cli.files import FileCommand
from splicenet.cli.options import (
    choose_device,
    device_options,
    model_option,
    open_regions,
    precision_option,
    tell,
)
from splicenet.cli.reading import name_reading
from splicenet.cli.running import Terminal, summary
from splicenet.genome.intervals import Interval
from splicenet.genome.species import open_bare, open_species
from splicenet.model.network import NetworkConfig
from splicenet.model.shipped import open_model
from splicenet.training.loci import choose_loci, find_loci, locus_parts
from splicenet.training.precision import Precision
from splicenet.training.run import FREEZABLE, train_model
from splicenet.training.self_training import self_labelled
from splicenet.training.settings import TrainingSettings

__all__ = ["adapt"]

_STEPS = 300
_EVALUATIONS = 10
_SELF_BASES = 20_000_000
_INSTEAD = {
    False: "without an annotation or reads use --self-train",
    True: "the model is sure of too few sites to learn from them: annotate some genes",
}


@click.command(cls=FileCommand)
@click.option(
    "-f", "--fasta", required=True, metavar="FILE", help="Genome: FASTA, GenBank or EMBL."
)
@click.option(
    "-a",
    "--annotation",
    metavar="FILE",
    help="Some of its genes; need not be complete. It may be the GenBank file itself.",
)
@click.option("-b", "--bam", metavar="FILE", help="Spliced alignments, or their junctions.")
@click.option(
    "--min-reads", default=3, show_default=True, help="Reads that make a junction a label."
)
@click.option("--self-train", is_flag=True, help="Learn from the model's own confident calls.")
@model_option
@click.option("-o", "--output", default="adapted.splicenet", show_default=True, help="Model file.")
@click.option("--genes", type=click.IntRange(2), help="Learn from so many genes.  [default: all]")
@click.option(
    "--holdout",
    metavar="REGIONS",
    help="Sequence for the final metrics, annotated completely: a BED file or regions.  "
    "[default: none]",
)
@click.option(
    "--freeze", type=click.Choice(FREEZABLE), multiple=True, help="Keep these weights as they are."
)
@click.option("--steps", default=_STEPS, show_default=True, help="At most so many batches.")
@click.option("--learning-rate", default=1e-3, show_default=True, help="Highest learning rate.")
@click.option(
    "--patience", default=4, show_default=True, help="Evaluations without a better AUPRC."
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0), help="Of all choices."
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint of a killed run.")
@click.option("--restart", is_flag=True, help="Throw the checkpoint away and begin anew.")
@precision_option
@device_options
def adapt(
    fasta: str,
    annotation: str | None,
    bam: str | None,
    min_reads: int,
    self_train: bool,
    model: str,
    output: str,
    genes: int | None,
    holdout: str | None,
    freeze: tuple[str, ...],
    steps: int,
    learning_rate: float,
    patience: int,
    seed: int,
    precision: Precision,
    resume: bool,
    restart: bool,
    device: str,
    threads: int | None,
) -> None:
    """Teach a model a species of which little is known: some genes, spliced reads, or nothing.

    Only what lies in the annotated genes, or between spliced reads, is taken for known: the rest
    of the genome may hold genes that nobody has found. A fifth of the genes stop the training. With
    an annotation of the whole genome, `splicenet train --init` learns more.

    \b
    splicenet adapt -f genome.fa -a few_genes.gff3 -o mine.splicenet
    splicenet adapt -f genome.fa -b rnaseq.bam --min-reads 5
    splicenet adapt -f genome.fa --self-train --freeze trunk
    splicenet adapt -f genome.fa -a genes.gtf --genes 30 --holdout chr4
    """
    if self_train == (annotation is not None or bam is not None):
        raise click.UsageError("give --annotation, --bam or both; or --self-train alone")
    place = choose_device(device, threads)
    name = Path(fasta).name.partition(".")[0]
    context = click.get_current_context()
    if self_train:
        species = context.with_resource(open_bare(name, fasta))
    else:
        opened = open_species(name, fasta, annotation, bam, min_reads=min_reads)
        species = context.with_resource(opened)
        tell(species.notes)
    model = name_reading(model, species.genome)
    parent = open_model(model)
    held_out: Sequence[Interval] = open_regions(holdout, species.genome) if holdout else ()
    if self_train:
        parent.network.to(place)
        species, found = self_labelled(
            parent, species, bases=_SELF_BASES, outside=held_out, seed=seed
        )
    else:
        found = find_loci(species, min_reads=min_reads)
    loci = choose_loci(found, genes, outside=held_out, seed=seed, instead=_INSTEAD[self_train])
    terminal = Terminal()
    if parent.network.config.tasks:
        lost = ", ".join(task.name for task in parent.network.config.tasks)
        terminal.note(f"only donors and acceptors are taught; the heads of {lost} are left out")
    terminal.note(f"{species.name}: {len(loci):,} stretches to learn from")
    narrow, parts = locus_parts(species, loci, held_out=held_out, seed=seed)
    adapted = train_model(
        [narrow],
        output,
        # A few genes are too few to learn what reading frames say: told if it is told.
        config=NetworkConfig(frames=parent.network.config.codons),
        settings=TrainingSettings(
            steps=steps,
            genes=0.9,
            learning_rate=learning_rate,
            warmup_steps=max(1, steps // 10),
            evaluations=_EVALUATIONS,
            patience=patience,
            seed=seed,
            precision=precision,
        ),
        parts=parts,
        scale=parent.scale,
        device=place,
        resume=resume,
        restart=restart,
        init=model,
        freeze=freeze,
        reporter=terminal,
    )
    terminal.close()
    click.echo(summary(adapted.record, output), err=True)
