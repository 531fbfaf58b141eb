"""``splicenet pretrain``."""

from __future__ import annotations

from functools import partial
from typing import Any

import click
import pandas as pd

from splicenet.cli.genomes import genomes_argument, open_genomes
from splicenet.cli.network_options import chosen_network, network_options
from splicenet.cli.options import (
    choose_device,
    device_options,
    field_option,
    precision_option,
)
from splicenet.cli.running import Terminal, share_or_regions
from splicenet.cli.sections import SectionedCommand
from splicenet.genome.words import LONGEST
from splicenet.training.pretrain import pretrain_model
from splicenet.training.settings import TrainingSettings

__all__ = ["pretrain"]

_DEFAULT_EPOCHS = 1.0
_SETTINGS = TrainingSettings(epochs=_DEFAULT_EPOCHS, length=2048)
_WORDS = 11

_SHAPE = ("architecture", "cell", "hidden", "layers", "layer_stride")
_SECTIONS = {
    "The network": _SHAPE,
    "Learning": (
        "length",
        "batch_tokens",
        "precision",
        "learning_rate",
        "weight_decay",
        "clip",
        "retries",
        "seed",
        "device",
    ),
    "Course of the run": (
        "validation",
        "validation_bases",
        "evaluations",
        "patience",
        "checkpoint_minutes",
        "restart",
    ),
}


_setting = partial(field_option, _SETTINGS)


class _Bits(Terminal):
    """Says how many bits a base costs at every evaluation."""

    def evaluation(self, row: dict[str, float]) -> None:
        """Print a line."""
        bits = {n.removeprefix("bits_"): v for n, v in row.items() if n.startswith("bits_")}
        each = ", ".join(f"{name} {value:.3f}" for name, value in bits.items())
        self.note(
            f"step {row['step']:,.0f}, {row['minutes']:.1f} min, "
            f"{row['strand_bases'] / 1e6:.1f} Mb: {row['loss']:.4f} bits a base, validation "
            f"{sum(bits.values()) / len(bits):.4f} ({each})"
        )


@click.command(cls=SectionedCommand, sections=_SECTIONS)
@genomes_argument
@click.option(
    "-o", "--output", default="pretrained.splicenet", show_default=True, help="File to write."
)
@click.option("--minutes", type=float, help="Train for so long.")
@click.option("--steps", type=int, help="Train for so many batches; repeats exactly.")
@click.option(
    "--epochs",
    type=float,
    help="Read so many times the bases of both strands; repeats exactly.  "
    f"[default: {_DEFAULT_EPOCHS:g}]",
)
@click.option(
    "--holdout",
    default="0.1",
    show_default=True,
    help="Sequence never trained on, for the final figures: a share chosen by --seed, a BED file, "
    "contig names or contig:start-end.",
)
@click.option(
    "--words",
    default=_WORDS,
    show_default=True,
    type=click.IntRange(0, LONGEST),
    help="Bases of the longest words whose counts in the training sequence of the same genome are "
    "the first guess that the network corrects (11: 90 MiB of memory a genome; 12: 340); "
    "0: it learns from the bases alone.",
)
@click.option(
    "--markov",
    default=LONGEST,
    show_default=True,
    type=click.IntRange(0, LONGEST),
    help="Highest order of the Markov models that each genome is compared with.",
)
@click.option(
    "--test-bases",
    type=click.IntRange(1),
    help="Bases of each genome's held-out sequence that are read at the end.  [default: all]",
)
@network_options(*_SHAPE)
@_setting("--length", "length", "Bases in a window; a number, range or curriculum.", type=str)
@_setting("--batch-tokens", "batch_tokens", "Bases in a batch: windows x length.")
@_setting("--learning-rate", "learning_rate", "Highest learning rate; warm-up and cosine.")
@precision_option
@_setting("--weight-decay", "weight_decay", "AdamW's decay, of matrices only.")
@_setting("--clip", "clip", "Largest gradient norm, of the loss in bits a base.")
@_setting("--retries", "retries", "Times to go back from a loss or gradient that is not finite.")
@_setting("--validation", "validation", "Share of the rest that is watched during training.")
@_setting("--validation-bases", "validation_bases", "Bases read at an evaluation, both directions.")
@_setting("--evaluations", "evaluations", "Evaluations over the whole run.")
@_setting("--patience", "patience", "Stop after so many evaluations without fewer bits.")
@_setting("--checkpoint-minutes", "checkpoint_minutes", "Time between checkpoints.")
@_setting(
    "--seed",
    "seed",
    "Of the split, the weights and the windows.",
    type=click.IntRange(0, 2**63 - 1),
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint of a killed run.")
@click.option("--restart", is_flag=True, help="Throw the checkpoint away and begin anew.")
@device_options
def pretrain(
    genomes: tuple[str, ...],
    output: str,
    holdout: str,
    words: int,
    markov: int,
    resume: bool,
    restart: bool,
    device: str,
    threads: int | None,
    **choices: Any,
) -> None:
    """Let a network learn to tell the next base of bare genomes, from the left and from the right.

    No annotation is needed. Genomes have equal shares in what is read; each is called by its file,
    or by its folder where files have the same name. At the end stands how many bits a base costs in
    held-out sequence, beside Markov models of the same genome. `train --init` goes on from the
    result, `phylogeny` asks it which genomes are akin.

    \b
    splicenet pretrain fly.fa.gz worm.fa.gz yeast.fa -o pretrained.splicenet --minutes 30
    splicenet train -f fly.fa.gz -a fly.gtf --init pretrained.splicenet -o fly.splicenet
    """
    if resume and restart:
        raise click.UsageError("give --resume or --restart, not both")
    if all(choices[limit] is None for limit in ("minutes", "steps", "epochs")):
        choices["epochs"] = _DEFAULT_EPOCHS
    config = chosen_network(choices)
    settings = TrainingSettings(**choices)
    place = choose_device(device, threads)
    species = open_genomes(genomes)
    terminal = _Bits()
    _, table = pretrain_model(
        species,
        output,
        config=config,
        settings=settings,
        holdout=share_or_regions(holdout),
        words=words,
        markov=markov,
        device=place,
        resume=resume,
        restart=restart,
        reporter=terminal,
    )
    terminal.close()
    click.echo(_summary(table, output), err=True)


def _summary(table: pd.DataFrame, output: str) -> str:
    lines = [f"{output}: bits a base of held-out sequence, beside the best Markov model's"]
    for row in table.to_dict("records"):
        lines.append(
            f"{row['genome']}, {row['direction']}: {row['network']:.4f}, Markov of order "
            f"{row['order']} {row['markov']:.4f} ({row['bases']:,} bases)"
        )
    return "\n".join(lines)
