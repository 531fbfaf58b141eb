"""The door to the labels of every task: what is known of a stretch of a species.

What is not known is marked so and never taken for a *no*: ``UNKNOWN`` for classes, NaN for numbers.
Coordinates are 0-based half-open on the plus strand; labels of the bases come in reading direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from splicenet.exceptions import TaskError
from splicenet.genome.contained import ContainedTarget
from splicenet.genome.gene_structure import RegionTarget
from splicenet.genome.intervals import Strand
from splicenet.genome.mutated import MutationTarget
from splicenet.genome.signal import TrackTarget, spread_of
from splicenet.genome.species import Species
from splicenet.genome.tasks import Task, is_file
from splicenet.genome.usage import UsageTarget

__all__ = ["SpeciesTarget", "Target", "open_target", "open_targets", "resolve_tasks"]


class Target(Protocol):
    """The labels of one task in one species."""

    def window(self, contig: str, start: int, end: int, strand: Strand) -> np.ndarray:
        """Labels of ``[start, end)`` of a contig, which may reach over its ends.

        Returns
        -------
        numpy.ndarray
            Of a local task (end - start,) in reading direction: uint8 classes, ``UNKNOWN`` where
            nothing is known; or float32 numbers, NaN there. Of a global task one uint8 class, of
            shape (), about this very stretch: give it the part of a window that is read.
        """
        ...


class SpeciesTarget:
    """Which species it is, wherever one looks."""

    def __init__(self, index: int) -> None:
        self._answer = np.array(index, np.uint8)

    def window(self, contig: str, start: int, end: int, strand: Strand) -> np.ndarray:
        """As :meth:`Target.window`."""
        return self._answer


def open_target(task: Task, species: Species) -> Target | None:
    """What a species knows about a task; None if it knows nothing.

    The source is that of the species' own ``task_sources``, under the task's name, and the task's
    own if there is none.

    Raises
    ------
    SplicenetError
        If the source cannot be read or belongs to another genome.
    """
    own = species.task_sources.get(task.name)
    source = task.source if own is None else own
    if own == "":
        return None
    match task.topic:
        case "region":
            return RegionTarget(species) if species.transcripts else None
        case "usage":
            return UsageTarget.of(species, source)
        case "mutation":
            return MutationTarget(source, species.genome) if source else None
        case "track":
            return TrackTarget(source, species.genome, task) if source else None
        case "contains":
            return ContainedTarget.of(species, source, file=is_file(task.topic, source))
        case "species":
            known = species.name in task.classes
            return SpeciesTarget(task.classes.index(species.name)) if known else None


def resolve_tasks(tasks: Sequence[Task], species: Sequence[Species]) -> tuple[Task, ...]:
    """The tasks with what only the species tell: their names, the spread of their tracks.

    Raises
    ------
    TaskError
        If there is but one species to tell apart, or several are to share one file.
    """
    return tuple(_resolved(task, species) for task in tasks)


def _resolved(task: Task, species: Sequence[Species]) -> Task:
    named = any(task.name in one.task_sources for one in species)
    if len(species) > 1 and not named and is_file(task.topic, task.source):
        raise TaskError(
            f"{task.source} cannot be of all {len(species)} species; give the samplesheet a column "
            f"{task.name} with a file for each species that has one"
        )
    if task.topic == "species":
        if len(species) < 2:
            raise TaskError("the task species needs several species to tell apart")
        return replace(task, classes=tuple(one.name for one in species))
    if task.topic == "track":
        sources = [one.task_sources.get(task.name, task.source) for one in species]
        centre, scale = spread_of([source for source in sources if source])
        return replace(task, centre=centre, scale=scale)
    return task


def open_targets(tasks: Sequence[Task], species: Sequence[Species]) -> list[dict[str, Target]]:
    """For each species the labels of those tasks that it knows something about, by name.

    Raises
    ------
    TaskError
        If no species knows anything about a task.
    SplicenetError
        As :func:`open_target`.
    """
    opened: list[Mapping[str, Target | None]] = [
        {task.name: open_target(task, one) for task in tasks} for one in species
    ]
    for task in tasks:
        if all(one[task.name] is None for one in opened):
            raise TaskError(f"no species can teach the task {task.name}: {_NEEDED[task.topic]}")
    return [{name: target for name, target in one.items() if target is not None} for one in opened]


_NEEDED = {
    "region": "it needs an annotation",
    "usage": "it needs spliced reads, as --bam or as usage:READS.bam",
    "mutation": "it needs variants, as in mutation:VARIANTS.vcf.gz",
    "track": "it needs a bigWig, as in track:SIGNAL.bw",
    "contains": "none has such a feature; give a feature of the annotation, or a BED of intervals",
    "species": "the model knows other species",
}
