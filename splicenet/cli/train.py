"""``splicenet train``."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from splicenet.cli.network_options import chosen_network, network_options
from splicenet.cli.options import (
    check_untold,
    choose_device,
    device_options,
    field_option,
    incomplete_option,
    open_data,
    precision_option,
    species_options,
)
from splicenet.cli.running import Terminal, share_or_regions, summary
from splicenet.cli.sections import SectionedCommand
from splicenet.cli.task_options import (
    TASK_OPTIONS,
    read_tasks,
    task_options,
)
from splicenet.exceptions import SamplesheetError
from splicenet.genome.samplesheet import read_samplesheet
from splicenet.model.heads import Pool
from splicenet.training.run import FREEZABLE, train_model
from splicenet.training.settings import TrainingSettings

__all__ = ["train"]

_DEFAULT_EPOCHS = 10.0
_SETTINGS = TrainingSettings(epochs=_DEFAULT_EPOCHS)


_SECTIONS = {
    "The network": (
        "architecture",
        "cell",
        "frames",
        "hidden",
        "species_bias",
        "untold",
        "layers",
        "layer_stride",
        "rank",
        "initialisation",
        "longest_memory",
        "forget_bias",
        "freeze",
    ),
    "More tasks than splice sites": TASK_OPTIONS,
    "Batches and memory": (
        "length",
        "batch_tokens",
        "genes",
        "bptt",
        "checkpoint_activations",
        "precision",
        "device",
    ),
    "Learning": (
        "learning_rate",
        "weight_decay",
        "clip",
        "clip_value",
        "retries",
        "site_weight",
        "focal",
        "meta",
        "seed",
    ),
    "Data and course of the run": (
        "min_reads",
        "name",
        "incomplete",
        "validation",
        "validation_sites",
        "validation_bases",
        "evaluations",
        "patience",
        "test_bases",
        "checkpoint_minutes",
        "restart",
    ),
}


_setting = partial(field_option, _SETTINGS)


@click.command(cls=SectionedCommand, sections=_SECTIONS)
@species_options
@click.option("-o", "--output", default="model.splicenet", show_default=True, help="Model file.")
@click.option("--species", "name", help="Name of the species in --fasta.  [default: file name]")
@click.option("--minutes", type=float, help="Train for so long.")
@click.option("--steps", type=int, help="Train for so many batches; repeats exactly.")
@click.option(
    "--epochs",
    type=float,
    help="Train on so many times the bases of both strands; repeats exactly.  "
    f"[default: {_DEFAULT_EPOCHS:g}]",
)
@click.option(
    "--holdout",
    default="0.1",
    show_default=True,
    help="Sequence never trained on, for the final metrics: a share chosen by --seed, a BED file, "
    "contig names or contig:start-end.",
)
@_setting("--validation", "validation", "Share of the rest that stops and calibrates training.")
@click.option(
    "--validation-sites",
    type=click.IntRange(1),
    help="Donors that the validation sequence of a species should hold: of a genome with fewer "
    "genes a larger share is kept for it, up to a fifth.  [default: any number]",
)
@click.option(
    "--test-bases",
    type=click.IntRange(1),
    help="Bases of each species' held-out sequence, both strands counted, that are scored at the "
    "end, in stretches at equal distances.  [default: all]",
)
@network_options()
@click.option(
    "--species-bias",
    is_flag=True,
    help="Tell the network which species of the samplesheet it reads, by biases of its own for "
    "each. MODEL:SPECIES reads a genome as that species; MODEL:any as none of them, MODEL "
    "alone as the one whose words it has. --init keeps them only if this is given again.",
)
@_setting(
    "--untold",
    "untold",
    "With --species-bias: share of windows whose species it is not told, to learn to read any.",
)
@incomplete_option
@_setting(
    "--length",
    "length",
    "Bases in a window: a number; a range such as 2048-16384, drawn anew for each batch; or a "
    "curriculum such as 2048:16384, from short to long.",
    type=str,
)
@_setting("--batch-tokens", "batch_tokens", "Bases in a batch: windows x length.")
@click.option(
    "--bptt",
    type=click.IntRange(1),
    metavar="BASES",
    help="Truncated BPTT: cut the gradient's way through time every so many bases, elsewhere in "
    "each batch; rounded to steps of the recurrent level (8 bases in the default network). The "
    "state itself is carried on.  [default: never cut]",
)
@click.option(
    "--checkpoint-activations",
    is_flag=True,
    help="Compute recurrent states again in the backward pass: less memory, more time, the same "
    "gradient.",
)
@precision_option
@_setting("--genes", "genes", "Share of windows drawn around genes; the rest fall anywhere.")
@_setting("--learning-rate", "learning_rate", "Highest learning rate; warm-up and cosine.")
@_setting("--weight-decay", "weight_decay", "AdamW's decay, of matrices only.")
@_setting("--clip", "clip", "Largest gradient norm.")
@click.option(
    "--clip-value",
    type=float,
    help="Largest single value in the gradient, clipped before the norm.  [default: any]",
)
@_setting(
    "--retries",
    "retries",
    "Times to go back to the last evaluation, and on at half the learning rate, when the loss or "
    "its gradient is not finite; 0 stops.",
)
@_setting("--site-weight", "site_weight", "Weight of donors and acceptors in the loss.")
@_setting("--focal", "focal", "Exponent of the focal loss; 0 is cross-entropy.")
@click.option(
    "--meta",
    type=click.IntRange(1),
    metavar="STEPS",
    help="Learn to be adapted (Reptile): so many steps on one species of the samplesheet, then a "
    "part of the way there, which falls over the run.  [default: learn from all at once]",
)
@_setting("--patience", "patience", "Stop after so many evaluations without a better AUPRC.")
@_setting("--evaluations", "evaluations", "Evaluations over the whole run.")
@_setting(
    "--validation-bases",
    "validation_bases",
    "Strand-bases that an evaluation scores, shared by all species. At the end each of them is "
    "calibrated on up to ten times as many.",
)
@_setting("--checkpoint-minutes", "checkpoint_minutes", "Time between checkpoints.")
@_setting(
    "--seed",
    "seed",
    "Of the split, the weights and the windows.",
    type=click.IntRange(0, 2**63 - 1),
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint of a killed run.")
@click.option("--restart", is_flag=True, help="Throw the checkpoint away and begin anew.")
@click.option(
    "--init",
    metavar="MODEL",
    help="Continue from this model, or from what pretrain wrote; its shape is kept (transfer "
    "learning).",
)
@click.option(
    "--freeze",
    type=click.Choice(FREEZABLE),
    multiple=True,
    help="With --init: keep these weights as they are; may be repeated.",
)
@task_options
@device_options
def train(
    fasta: str | None,
    annotation: str | None,
    bam: str | None,
    samplesheet: str | None,
    min_reads: int,
    output: str,
    name: str | None,
    species_bias: bool,
    holdout: str,
    resume: bool,
    restart: bool,
    init: str | None,
    freeze: tuple[str, ...],
    task: tuple[str, ...],
    tasks_file: str | None,
    weight: tuple[str, ...],
    against_species: float | None,
    pool: Pool | None,
    device: str,
    threads: int | None,
    **choices: Any,
) -> None:
    """Train a model on a genome with its annotation, its spliced reads, or both.

    A tenth of the genome is held out and scored once, at the end. Beside the model stands
    .metrics.tsv with the course of the training. A killed run goes on with --resume.

    \b
    splicenet train -f genome.fa.gz -a genes.gff3.gz -o model.splicenet --minutes 20
    splicenet train -f genome.fa -b rnaseq.bam --min-reads 5
    splicenet train --samplesheet species.csv --holdout test.bed -o all.splicenet
    splicenet train -f genome.fa -a genes.gtf --init all.splicenet --freeze trunk --epochs 2
    splicenet train -f genome.fa -a genes.gtf --task region --task contains:gene --weight region=0.3
    """
    if freeze and not init:
        raise click.UsageError("--freeze keeps the weights of --init; name that model too")
    check_untold(choices["untold"], species_bias)
    if resume and restart:
        raise click.UsageError("give --resume or --restart, not both")
    if all(choices[limit] is None for limit in ("minutes", "steps", "epochs")):
        choices["epochs"] = _DEFAULT_EPOCHS
    if species_bias and against_species:
        raise click.UsageError(
            "--species-bias tells the network what --against-species is to hide from it; give one"
        )
    tasks, weights = read_tasks(task, tasks_file, weight, against_species)
    named = _names(samplesheet) if species_bias else ()
    config = chosen_network(choices, tasks=tasks, pool=pool, species=named)
    settings = TrainingSettings(**choices, weights=weights)
    place = choose_device(device, threads)
    species = open_data(fasta, annotation, bam, samplesheet, min_reads, name=name)
    terminal = Terminal()
    model = train_model(
        species,
        output,
        config=config,
        settings=settings,
        holdout=share_or_regions(holdout),
        device=place,
        resume=resume,
        restart=restart,
        init=init,
        freeze=freeze,
        reporter=terminal,
    )
    terminal.close()
    click.echo(summary(model.record, output), err=True)


def _names(samplesheet: str | None) -> tuple[str, ...]:
    """The species that have biases of their own."""
    if samplesheet is None:
        raise click.UsageError("--species-bias tells species apart; name several in --samplesheet")
    names = tuple(row.species for row in read_samplesheet(samplesheet))
    if len(names) < 2:
        raise SamplesheetError(
            "--species-bias tells species apart; name at least two", path=samplesheet
        )
    return names
