"""The options that ``variants`` and ``mutscan`` share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import click

from splicenet.cli.options import device_options, model_option
from splicenet.genome.output import is_same, is_stream
from splicenet.inference.fields import is_field_name

__all__ = ["ScoringOptions", "scoring_options"]

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class ScoringOptions:
    """The values of :func:`scoring_options`."""

    fasta: str
    annotation: str | None
    model: str
    output: str
    tag: str
    raw: bool
    mask: bool
    distance: int
    tsv: str | None
    resume: bool
    batch_tokens: int
    device: str
    threads: int | None

    @classmethod
    def take(cls, values: dict[str, Any]) -> ScoringOptions:
        """Take one's own from all that a command was given.

        Raises
        ------
        click.UsageError
            If they do not go together.
        """
        if values["mask"] and values["annotation"] is None:
            raise click.UsageError("--mask needs the annotated sites: give --annotation")
        if values["resume"] and is_stream(values["output"]):
            raise click.UsageError("--resume needs an --output file")
        if values["tsv"] is not None and is_same(values["output"], values["tsv"]):
            raise click.UsageError("--output and --tsv are the same file; name two")
        if not is_field_name(values["tag"]):
            message = "is no free name of a VCF field: letters, digits, _ and ., no digit first"
            raise click.UsageError(f"--tag {values['tag']!r} {message}")
        return cls(**{one.name: values.pop(one.name) for one in fields(cls)})


def scoring_options(command: Command) -> Command:
    """Options of :class:`ScoringOptions`."""
    for option in reversed(
        [
            click.option("-f", "--fasta", required=True, metavar="FILE", help="Genome."),
            click.option(
                "-a",
                "--annotation",
                metavar="FILE",
                help="Genes: score their strand, name them; what overlaps none is skipped."
                "  [default: score both strands]",
            ),
            model_option,
            click.option(
                "-o",
                "--output",
                default="-",
                show_default=True,
                help=".vcf, .vcf.gz or .bcf; the latter two get an index; - is standard output.",
            ),
            click.option(
                "-D",
                "--distance",
                type=click.IntRange(1, 100_000),
                default=50,
                show_default=True,
                help="Bases on either side of a variant in which changes are looked for.",
            ),
            click.option(
                "--mask",
                is_flag=True,
                help="Set gains at annotated sites and losses at all others to 0 before the largest"
                " change is chosen; SpliceAI chooses first.",
            ),
            click.option(
                "--raw", is_flag=True, help="Also the probabilities of REF and ALT, in TAGRaw."
            ),
            click.option(
                "--tag",
                default="SplicENet",
                show_default=True,
                help="Name of the INFO field; SpliceAI suits filters made for it.",
            ),
            click.option(
                "--tsv", metavar="FILE", help="Also a table, with all digits; .gz means bgzip."
            ),
            click.option(
                "--resume", is_flag=True, help="Go on where a run with these settings was killed."
            ),
            click.option(
                "--batch-tokens",
                type=click.IntRange(1 << 12),
                default=1 << 17,
                show_default=True,
                help="Bases in a batch; memory grows with it.",
            ),
            device_options,
        ]
    ):
        command = option(command)
    return command
