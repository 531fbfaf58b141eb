"""Which model reads a genome, and as which species, where nobody says so."""

from __future__ import annotations

import click

from splicenet.genome.sequence import Genome
from splicenet.model.kin import nearest_kin
from splicenet.model.modelfile import load_model
from splicenet.model.shipped import AUTO, DEFAULT, find_model, narrowest_model

__all__ = ["name_reading"]


def name_reading(model: str, genome: Genome) -> str:
    """The model with the species that it is to read the genome as; a note says so if it was found.

    What the user says after the colon holds. Otherwise it is the species whose words the genome
    has, or none; and of the shipped models, if the choice is left open, the narrowest that knows
    the species.

    Raises
    ------
    ModelFileError
        If there is no such model.
    """
    path, species = find_model(model)
    kin = None if species else nearest_kin(load_model(path).words, genome)
    if kin is None:
        return DEFAULT if model == AUTO else model
    if model == AUTO:
        model = narrowest_model(kin.name)
    click.echo(
        f"note: {genome.path}: its words are those of {kin.name} (distance {kin.distance:.3f}); "
        f"read with -m {model}:{kin.name} (as any genome: -m {model}:any)",
        err=True,
    )
    return f"{model}:{kin.name}"
