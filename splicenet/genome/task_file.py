"""Tasks in a TOML file: a table for each, under its name.

    [splice]
    weight = 1.0

    [region]

    [risk]
    task = "mutation:variants.vcf.gz:callable.bed"
    weight = 0.3

``task`` is what a command line would have; without it the name is the task. Paths are relative to
the file. ``splice`` has nothing but a weight.
"""

from __future__ import annotations

import sys
from math import isfinite
from pathlib import Path
from typing import Any

from splicenet.exceptions import TaskError
from splicenet.genome.streams import reading
from splicenet.genome.tasks import SPLICE, Task

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["read_task_file"]

_KEYS = {"task", "weight"}


def read_task_file(path: str | Path) -> tuple[tuple[Task, ...], dict[str, float]]:
    """Read the tasks of a file, in its order, and the weights that it gives, by name.

    Raises
    ------
    TaskError
        If it cannot be read, or a task in it makes no sense.
    """
    try:
        with reading(path, error=TaskError), open(path, "rb") as file:
            tables = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise TaskError(f"this is no TOML ({cause})", path=path) from cause
    if not tables:
        raise TaskError("it names no task; give each a table, as in [region]", path=path)
    tasks: list[Task] = []
    weights: dict[str, float] = {}
    for name, table in tables.items():
        try:
            if not isinstance(table, dict):
                raise TaskError(f"{name} stands outside a task; put it below [{SPLICE}] or so")
            _check(name, table)
            if "weight" in table:
                weights[name] = float(table["weight"])
            if name != SPLICE:
                text = str(table.get("task", name))
                tasks.append(Task.parse(text, name=name, folder=Path(path).parent))
        except TaskError as error:
            missing = "" if error.path is None else f" ({error.path})"
            raise TaskError(error.message + missing, path=path) from error
    return tuple(tasks), weights


def _check(name: str, table: dict[str, Any]) -> None:
    unknown = sorted(set(table) - (_KEYS - {"task"} if name == SPLICE else _KEYS))
    if unknown:
        raise TaskError(f"[{name}] cannot have {', '.join(unknown)}; it may have a task and weight")
    weight = table.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not isfinite(weight):
        raise TaskError(f"the weight of [{name}] must be a number")
    if weight < 0:
        raise TaskError(f"the weight of [{name}] must not be negative")
    if not isinstance(table.get("task", ""), str):
        raise TaskError(f'the task of [{name}] must be a text, such as "contains:gene"')
