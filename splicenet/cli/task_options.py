"""Options that say what a network is asked beside splice sites, and what each answer weighs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isnan
from typing import Any, TypeVar, get_args

import click

from splicenet.exceptions import TrainingError
from splicenet.genome.task_file import read_task_file
from splicenet.genome.tasks import Task, parse_tasks
from splicenet.model.heads import Pool
from splicenet.training.balance import Balancing

__all__ = ["TASK_OPTIONS", "read_tasks", "task_lines", "task_losses", "task_options"]

Command = TypeVar("Command", bound=Callable[..., Any])

TASK_OPTIONS = ("task", "tasks_file", "against_species", "weight", "balance", "pool")
"""Names of their parameters, for a section of the help."""


def task_options(command: Command) -> Command:
    """``--task``, ``--tasks``, ``--against-species``, ``--weight``, for :func:`read_tasks`.

    And ``--balance`` and ``--pool``.
    """
    for option in reversed(
        [
            click.option(
                "--task",
                multiple=True,
                metavar="TASK",
                help="Also learn this; may be repeated. Of every base: region, usage, "
                "mutation:VARIANTS.vcf.gz, track:SIGNAL.bw; of whole windows: contains:gene, "
                "contains:INTERVALS.bed, species. NAME=TASK gives it a name.",
            ),
            click.option(
                "--tasks",
                "tasks_file",
                metavar="FILE",
                help="TOML file of tasks and their weights.",
            ),
            click.option(
                "--against-species",
                type=click.FloatRange(0, min_open=True),
                metavar="WEIGHT",
                help="Unlearn, so strongly, what tells the species of the samplesheet apart: draw "
                "together what sites are told from in each. Needs many windows a batch, as "
                "--length 1024 gives.",
            ),
            click.option(
                "--weight",
                multiple=True,
                metavar="TASK=NUMBER",
                help="Weight of a task's loss; 0 teaches nothing; may be repeated.  [default: 1]",
            ),
            click.option(
                "--balance",
                type=click.Choice(get_args(Balancing)),
                default="fixed",
                show_default=True,
                help="What weights are multiplied with: nothing; learned uncertainties; or what "
                "lets all tasks pull alike at the last level they share.",
            ),
            click.option(
                "--pool",
                type=click.Choice(get_args(Pool)),
                help="What tasks of whole windows read: the last state of either direction, the "
                "mean of all steps, or a mean with learned weights.  [default: mean; with --init "
                "as its heads do]",
            ),
        ]
    ):
        command = option(command)
    return command


def read_tasks(
    task: tuple[str, ...],
    tasks_file: str | None,
    weight: tuple[str, ...],
    against_species: float | None = None,
) -> tuple[tuple[Task, ...], dict[str, float]]:
    """The tasks, and the weights that were given; those of ``--weight`` outdo the file's.

    Raises
    ------
    TaskError
        If a task cannot be read.
    TrainingError
        If a weight is no number.
    """
    others: tuple[Task, ...] = ()
    weights: dict[str, float] = {}
    if tasks_file is not None:
        others, weights = read_task_file(tasks_file)
    if against_species is not None:
        others = (*others, Task("species", "species", against=against_species))
    return parse_tasks(task, others=others), weights | dict(map(_weight, weight))


def _weight(text: str) -> tuple[str, float]:
    name, _, number = text.rpartition("=")
    try:
        if not name:
            raise ValueError
        return name.strip(), float(number)
    except ValueError as error:
        raise TrainingError(
            f"--weight must be a task and a number, as in mutation=0.3, not {text!r}"
        ) from error


def task_losses(row: Mapping[str, float]) -> str:
    """What an evaluation says of the tasks that came up, for the end of its line."""
    said = ""
    for key, loss in row.items():
        if key.startswith("loss_") and not isnan(loss):
            name = key.removeprefix("loss_")
            share = row[f"share_{name}"]
            said += f"; {name}: loss {loss:.3f}"
            said += "" if isnan(share) else f", {share:.0%} of the gradient"
    return said


def task_lines(metrics: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    """A line for each species and task: the figures that it has."""
    figures = ("accuracy", "auprc", "auroc", "pearson", "spearman")
    lines = []
    for species, tasks in metrics.items():
        for task, found in tasks.items():
            known = [
                f"{_TITLES.get(name, name)} {found[name]:.3f}"
                for name in figures
                if found.get(name) is not None
            ]
            said = ", ".join(known) or "all answers are alike, so there is nothing to tell apart"
            lines.append(f"{species}, held out, {task}: {said}")
    return lines


_TITLES = {"auprc": "AUPRC", "auroc": "AUROC", "pearson": "Pearson", "spearman": "Spearman"}
