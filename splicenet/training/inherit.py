"""A network that goes on from another one and is asked something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from splicenet.genome.tasks import Task
from splicenet.model.heads import Pool
from splicenet.model.network import SpliceNetwork

__all__ = ["with_tasks"]


def with_tasks(
    parent: SpliceNetwork, tasks: Sequence[Task], pool: Pool
) -> tuple[SpliceNetwork, set[str]]:
    """A network with the weights of another and heads for these tasks.

    Returns
    -------
    network
        The same if it has them already.
    new
        Names of the tasks whose heads have learned nothing: the parent has none of the same name,
        topic and classes, or pools in another way.
    """
    config = replace(parent.config, tasks=tuple(tasks), pool=pool)
    if config == parent.config:
        return parent, set()
    network = SpliceNetwork(config)
    shared = {n: t for n, t in parent.state_dict().items() if not n.startswith("heads.")}
    network.load_state_dict(shared, strict=False)
    known = dict(zip(map(_question, parent.config.tasks), parent.heads, strict=True))
    new = set()
    for task, head in zip(config.tasks, network.heads, strict=True):
        old = known.get(_question(task))
        if old is None or (task.scope == "global" and pool != parent.config.pool):
            new.add(task.name)
        else:
            head.load_state_dict(old.state_dict())
    return network, new


def _question(task: Task) -> tuple[str, str, tuple[str, ...]]:
    return task.name, task.topic, task.classes
