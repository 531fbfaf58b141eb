"""``splicenet adapt``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
from splicenet.training.self_training import ROUNDS
from splicenet.training.self_training import self_train as teach_itself
from splicenet.training.settings import TrainingSettings

__all__ = ["adapt"]

_STEPS = 300
_RATE, _SELF_RATE = 1e-3, 2e-3
_EVALUATIONS = 10


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
@click.option(
    "--self-train",
    is_flag=True,
    help="Learn from introns that the model finds itself, and find more.",
)
@click.option(
    "--rounds",
    default=ROUNDS,
    show_default=True,
    type=click.IntRange(1),
    help="With --self-train: times to find introns and to learn them.",
)
@model_option
@click.option("-o", "--output", default="adapted.splicenet", show_default=True, help="Model file.")
@click.option("--genes", type=click.IntRange(2), help="Learn from so many genes.  [default: all]")
@click.option(
    "--holdout",
    metavar="REGIONS",
    help="Sequence for the final metrics, annotated completely: a BED file or regions. With "
    "--self-train it is left unread.  [default: none]",
)
@click.option(
    "--freeze", type=click.Choice(FREEZABLE), multiple=True, help="Keep these weights as they are."
)
@click.option(
    "--steps",
    default=_STEPS,
    show_default=True,
    help="At most so many batches; with --self-train so many in each round.",
)
@click.option(
    "--learning-rate",
    type=float,
    help=f"Highest learning rate.  [default: {_RATE:g}; {_SELF_RATE:g} with --self-train]",
)
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
    rounds: int,
    model: str,
    output: str,
    genes: int | None,
    holdout: str | None,
    freeze: tuple[str, ...],
    steps: int,
    learning_rate: float | None,
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

    Without either, --self-train finds introns, takes for known those that are likely and that a
    reading frame goes through once they are spliced, learns them, and does so again.

    \b
    splicenet adapt -f genome.fa -a few_genes.gff3 -o mine.splicenet
    splicenet adapt -f genome.fa -b rnaseq.bam --min-reads 5
    splicenet adapt -f genome.fa --self-train
    splicenet adapt -f genome.fa -a genes.gtf --genes 30 --holdout chr4
    """
    if self_train == (annotation is not None or bam is not None):
        raise click.UsageError("give --annotation, --bam or both; or --self-train alone")
    if self_train and genes:
        raise click.UsageError("--genes draws from an annotation or reads; leave out --self-train")
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
    if learning_rate is None:
        learning_rate = _SELF_RATE if self_train else _RATE
    terminal = Terminal()
    if parent.network.config.tasks:
        lost = ", ".join(task.name for task in parent.network.config.tasks)
        terminal.note(f"only donors and acceptors are taught; the heads of {lost} are left out")
    settings = TrainingSettings(
        steps=steps,
        genes=0.7 if self_train else 0.9,  # whole blocks are known there, or genes alone
        learning_rate=learning_rate,
        warmup_steps=max(1, steps // 10),
        evaluations=_EVALUATIONS,
        patience=patience,
        seed=seed,
        precision=precision,
    )
    run: dict[str, Any] = {
        "device": place,
        "resume": resume,
        "restart": restart,
        "freeze": freeze,
        "reporter": terminal,
    }
    if self_train:
        adapted = teach_itself(
            model, species, output, settings=settings, rounds=rounds, outside=held_out, **run
        )
    else:
        loci = choose_loci(
            find_loci(species, min_reads=min_reads), genes, outside=held_out, seed=seed
        )
        terminal.note(f"{species.name}: {len(loci):,} stretches to learn from")
        narrow, parts = locus_parts(species, loci, held_out=held_out, seed=seed)
        adapted = train_model(
            [narrow],
            output,
            # A few genes are too few to learn what reading frames say: told if it is told.
            config=NetworkConfig(frames=parent.network.config.codons),
            settings=settings,
            parts=parts,
            scale=parent.scale,
            init=model,
            **run,
        )
    terminal.close()
    click.echo(summary(adapted.record, output), err=True)
