"""What the commands that scan a genome with a model have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import click

from splicenet.cli.options import device_options, model_option, tell
from splicenet.cli.progress import bases_bar
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import Genome
from splicenet.inference.predictor import Predictor
from splicenet.model.scoring import BATCH_TOKENS, Scores

__all__ = ["count_copies", "scan_genome", "scanning_options"]

Command = TypeVar("Command", bound=Callable[..., Any])


def scanning_options(what: str) -> Callable[[Command], Command]:
    """The genome, ``-m``, ``-o`` for ``what``, where, how, ``--copies``, and the device's."""

    def decorate(command: Command) -> Command:
        for option in reversed(
            [
                click.argument("fasta", metavar="GENOME.FA"),
                model_option,
                click.option(
                    "-o",
                    "--output",
                    default="-",
                    show_default=True,
                    help=f"{what}; - is standard output; .gz means bgzip with a tabix index.",
                ),
                click.option(
                    "-r",
                    "--regions",
                    help="Only here: a BED file, contig:start-end or names of contigs.",
                ),
                click.option(
                    "--batch-tokens",
                    type=click.IntRange(1 << 12),
                    default=BATCH_TOKENS,
                    show_default=True,
                    help="Bases in a batch, both strands and flanks counted; memory grows "
                    "with it. A window, some 140,000, is the least.",
                ),
                click.option(
                    "--copies/--no-copies",
                    default=True,
                    show_default=True,
                    help="Mark down what stands in the genome more than once, such as "
                    "transposons, as far as the model has learned to.",
                ),
                device_options,
            ]
        ):
            command = option(command)
        return command

    return decorate


def count_copies(genome: Genome) -> None:
    """Count what stands in a genome more than once, with a progress bar."""
    with bases_bar("counting copies", sum(genome.lengths.values())) as bar:
        copies = genome.copies(bar.update)
    if (haplotypes := copies.haplotypes) > 1:
        often = "twice" if haplotypes == 2 else f"{haplotypes} times"
        tell(
            [
                f"most of {genome.path} stands in it exactly {often}, as in an assembly of "
                f"{haplotypes} haplotypes; as copies counts what stands in it more often"
            ]
        )


def scan_genome(
    predictor: Predictor,
    genome: Genome,
    regions: Sequence[Interval] | None,
    *,
    tasks: bool = False,
) -> Iterator[tuple[str, Scores]]:
    """Calibrated scores of both strands in order, with a progress bar.

    With ``tasks`` the answers to the model's local tasks follow behind.
    """
    bases = sum(genome.lengths.values() if regions is None else map(len, regions))
    if predictor.asks_for_copies:
        count_copies(genome)
    with bases_bar("predicting", 2 * bases) as bar:
        for contig, scores in predictor.scores(genome, regions, tasks=tasks):
            yield contig, scores
            bar.update(2 * (scores.end - scores.start))
