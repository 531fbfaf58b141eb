"""How ``splicenet evaluate`` judges the heads of tasks, beside that of the splice sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
import pandas as pd

from splicenet.cli.progress import bases_bar
from splicenet.evaluation.tasks import task_metrics, task_rows
from splicenet.exceptions import SplicenetError, TaskError
from splicenet.genome.intervals import Interval
from splicenet.genome.species import Species
from splicenet.genome.targets import Target, open_target
from splicenet.genome.tasks import Task, parse_tasks
from splicenet.model.modelfile import Model

__all__ = ["judge_tasks", "task_json", "task_table"]

Found = Mapping[str, Mapping[str, Any]]
"""Figures of tasks by species."""


def judge_tasks(
    models: Sequence[Model],
    species: Sequence[Species],
    regions: Sequence[Sequence[Interval]],
    sources: Sequence[str],
) -> dict[str, dict[str, Any]]:
    """Figures of all heads by species; those of which nothing is known are left out with a note.

    Parameters
    ----------
    models, species, regions
        What is judged, the model as it reads each of the species, and where; one at least.
    sources
        Tasks as a command line has them, where their labels lie elsewhere than in the training.

    Raises
    ------
    TaskError
        If the model has no such task, or one of another topic, or one file is given for several
        species.
    SplicenetError
        If a source that was given here cannot be read.
    """
    tasks = models[0].network.config.tasks
    given = _given(tasks, sources)
    if given and len(species) > 1:
        raise TaskError("name the files of several species in columns of the samplesheet")
    found = {}
    for model, one, where in zip(models, species, regions, strict=True):
        if not (tasks and where):
            continue
        one.task_sources = {**one.task_sources, **given}
        targets = _known(model, one)
        if targets:
            with bases_bar(f"tasks of {one.name}", 2 * sum(map(len, where))) as bar:
                found[one.name] = task_metrics(model, one, where, targets, on_bases=bar.update)
    return found


def _given(tasks: Sequence[Task], sources: Sequence[str]) -> dict[str, str]:
    """Sources by the names of tasks; a task that is named without one stays where it lay."""
    topics = {task.name: task.topic for task in tasks}
    given = {}
    for task in parse_tasks(sources):
        if task.name not in topics:
            known = ", ".join(topics) or "none but splice"
            raise TaskError(f"the model has no task {task.name}; it has {known}")
        if task.topic != topics[task.name]:
            raise TaskError(
                f"the model's task {task.name} is {topics[task.name]} and cannot be judged by "
                f"{task.topic}"
            )
        if task.source:
            given[task.name] = task.source
    return given


def _known(model: Model, species: Species) -> dict[str, Target]:
    targets = {}
    for task in model.network.config.tasks:
        reason = "nothing is known of it here"
        target = None
        try:
            target = open_target(task, species)
        except SplicenetError as error:
            if task.name in species.task_sources:
                raise
            reason = str(error)  # what the model was trained with need not fit this genome
        if target is None:
            click.echo(f"note: {species.name}: {task.name} is not judged: {reason}", err=True)
        else:
            targets[task.name] = target
    return targets


def task_table(found: Found) -> pd.DataFrame:
    """All figures as one table."""
    parts = []
    for name, metrics in found.items():
        part = task_rows(metrics)
        part.insert(0, "species", name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True).dropna(axis="columns", how="all")


def task_json(found: Found) -> list[dict[str, Any]]:
    """All figures as rows for JSON."""
    return [
        {"species": name, "method": "splicenet", "where": "task", "kind": task, **figures}
        for name, metrics in found.items()
        for task, figures in metrics.items()
    ]
