"""What every command that writes files makes sure of before it begins: nothing is lost by it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import click

from splicenet.genome.output import check_writable, is_same, is_stream

__all__ = ["FileCommand"]

_WRITTEN = frozenset("output clean dropped tsv plot picture reliability html json_file".split())
"""Names of the parameters that say where to write."""


class FileCommand(click.Command):
    """A command whose outputs are looked at first.

    None may be a file that another option names, and each must be such that it can be written: an
    hour of computing is not spent on what has no place to go.
    """

    def invoke(self, context: click.Context) -> Any:
        """Look, and run the command.

        Raises
        ------
        click.UsageError
            If an output is the file of another option.
        OutputError
            If it cannot be written.
        """
        named = [(option, path) for option in self.params for path in _paths(option, context)]
        for (one, here), (other, there) in combinations(named, 2):
            if not (_is_written(one) or _is_written(other)) or is_stream(here) or is_stream(there):
                continue
            both_written = _is_written(one) and _is_written(other)
            if (both_written or os.path.exists(here)) and is_same(here, there):
                raise click.UsageError(f"{_name(one)} and {_name(other)} are the same file: {here}")
        for option, path in named:
            if _is_written(option) and option.metavar != "FOLDER":
                check_writable(path)
        return super().invoke(context)


def _is_written(option: click.Parameter) -> bool:
    return option.name in _WRITTEN


def _paths(option: click.Parameter, context: click.Context) -> Iterator[str]:
    """What of an option's values may be a path."""
    given = context.params.get(option.name or "")
    for value in given if isinstance(given, tuple) else (given,):
        if isinstance(value, str) and value:
            yield value


def _name(option: click.Parameter) -> str:
    if isinstance(option, click.Argument):
        return option.metavar or option.human_readable_name
    return option.opts[-1]
