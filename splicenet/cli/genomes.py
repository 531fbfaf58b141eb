"""Genomes that a command takes one beside the other, and what they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from splicenet.exceptions import SplicenetError
from splicenet.genome.species import Species, open_bare

__all__ = ["genome_names", "genomes_argument", "open_genomes"]


def genomes_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """``GENOMES...``, for :func:`open_genomes`."""
    return click.argument("genomes", nargs=-1, required=True, metavar="GENOMES...")(command)


def genome_names(paths: Sequence[str]) -> list[str]:
    """A name for each: its file's up to the first dot.

    Where files are namesakes so, their names without the endings of FASTA and of compression, and
    where these are alike, the names of their folders.

    Raises
    ------
    SplicenetError
        If two still have the same name.
    """
    names = [Path(path).name.partition(".")[0] for path in paths]
    if len(set(names)) < len(names):
        names = [Path(Path(path).name.removesuffix(".gz")).stem for path in paths]
    if len(set(names)) < len(names):
        names = [Path(path).resolve().parent.name for path in paths]
    for name, count in Counter(names).items():
        if count > 1:
            raise SplicenetError(
                f"{count} genomes would be called {name}; give their files, or the folders that "
                "these lie in, names of their own"
            )
    return names


def open_genomes(paths: Sequence[str]) -> list[Species]:
    """Bare genomes under their names, open until the command ends.

    Raises
    ------
    SplicenetError
        If one cannot be read, or two have the same name.
    """
    context = click.get_current_context()
    return [
        context.with_resource(open_bare(name, path))
        for name, path in zip(genome_names(paths), paths, strict=True)
    ]
