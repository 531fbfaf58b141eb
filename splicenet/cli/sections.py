"""Help in sections, for a command with more options than a newcomer wants to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from splicenet.cli.files import FileCommand

__all__ = ["SectionedCommand"]


class SectionedCommand(FileCommand):
    """A command whose help lists its options in named sections.

    Parameters
    ----------
    sections
        Names of parameters by title, both in the order of the help. What is in no section comes
        first, under *Options*, in the order in which it was declared.
    """

    def __init__(
        self, *arguments: Any, sections: Mapping[str, Sequence[str]], **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self._sections = sections

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section after the other."""
        parameters = {p.name: p for p in self.get_params(ctx)}
        placed = {name for names in self._sections.values() for name in names}
        first = [str(name) for name in parameters if name not in placed]
        for title, names in {"Options": first, **self._sections}.items():
            records = [parameters[name].get_help_record(ctx) for name in names]
            with formatter.section(title):
                formatter.write_dl([record for record in records if record is not None])
