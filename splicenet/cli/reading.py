"""A note of which model reads a genome, and as which species, where the user left that open."""

from __future__ import annotations

import click

from splicenet.genome.sequence import Genome
from splicenet.model.kin import ENOUGH, choose_reading
from splicenet.model.modelfile import ANY

__all__ = ["name_reading"]


def name_reading(model: str, genome: Genome) -> str:
    """As :func:`choose_reading`; what was found is told."""
    told, kin = choose_reading(model, genome)
    if kin is not None and kin.alike:
        click.echo(
            f"note: {genome.path}: its words are those of {kin.name} (distance {kin.distance:.3f});"
            f" read with -m {told} (as any genome: -m {told.removesuffix(kin.name)}{ANY})",
            err=True,
        )
    elif kin is not None:
        short = sum(genome.lengths.values()) < ENOUGH
        why = (
            "it is too short to tell whose it is"
            if short
            else f"its words are not those of a species of {told}"
        )
        click.echo(
            f"note: {genome.path}: {why}; read as any (if it is of one that 'splicenet models' "
            "lists, or of its genus, -m MODEL:SPECIES says so)",
            err=True,
        )
    return told
