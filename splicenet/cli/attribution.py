"""How sites are explained: the options of all methods, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from splicenet.attribution.explain import METHODS, Explaining
from splicenet.attribution.references import REFERENCES
from splicenet.attribution.target import BATCH_TOKENS

__all__ = ["attribution_options"]

Command = TypeVar("Command", bound=Callable[..., Any])


def attribution_options(command: Command) -> Command:
    """What :class:`~splicenet.attribution.explain.Explaining` takes, by the same names."""
    for option in reversed(
        [
            click.option(
                "--method",
                type=click.Choice(METHODS),
                default=Explaining.method,
                show_default=True,
                help="Integrated gradients, gradient times input, every single-base change, or "
                "SmoothGrad.",
            ),
            click.option(
                "--target",
                metavar="ANSWER",
                help="Explain this at every site: donor, acceptor, or a task of the model, as "
                "usage or region:intron.  [default: each site's own kind]",
            ),
            click.option(
                "--reference",
                type=click.Choice(REFERENCES),
                default=Explaining.reference,
                show_default=True,
                help="What ig compares with: dinucleotide-shuffled windows, no letters, or mean "
                "composition.",
            ),
            click.option(
                "--shuffles",
                type=click.IntRange(1),
                default=Explaining.shuffles,
                show_default=True,
                help="Shuffled references of each site; single sites become clearer with 10 or 20.",
            ),
            click.option(
                "--steps",
                type=click.IntRange(2),
                default=Explaining.steps,
                show_default=True,
                help="Of ig, to begin with; copies of smoothgrad.",
            ),
            click.option(
                "--tolerance",
                type=click.FloatRange(0, min_open=True),
                default=Explaining.tolerance,
                show_default=True,
                help="Steps of ig are halved until its scores add up but for this share.",
            ),
            click.option(
                "--seed",
                default=Explaining.seed,
                show_default=True,
                help="Of shuffles, noise and the draw.",
            ),
            click.option(
                "--batch-tokens",
                type=click.IntRange(1 << 10),
                default=BATCH_TOKENS,
                show_default=True,
                help="Bases in a batch; memory grows with it.",
            ),
        ]
    ):
        command = option(command)
    return command
