"""A network that goes on from another one: what it is asked, and what it keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import nn

from splicenet.exceptions import TrainingError
from splicenet.genome.tasks import Task
from splicenet.model.heads import Pool
from splicenet.model.network import SpliceNetwork

__all__ = ["FREEZABLE", "freeze_parts", "with_tasks"]

FREEZABLE = ("trunk", "coarse", "recurrent")
"""Parts that ``--freeze`` can keep as they are, from the fastest time scale to the slowest."""


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

    Raises
    ------
    TrainingError
        If a network of this shape cannot have these heads.
    """
    try:
        config = replace(parent.config, tasks=tuple(tasks), pool=pool)
    except ValueError as error:
        raise TrainingError(str(error)) from error
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


def freeze_parts(network: SpliceNetwork, parts: Sequence[str]) -> None:
    """Freeze parts of :data:`FREEZABLE`.

    Raises
    ------
    TrainingError
        If the network has no such part.
    """
    if not parts:
        return
    if network.config.architecture == "lstm":
        raise TrainingError("a plain LSTM has no parts to freeze")
    modules: dict[str, list[nn.Module]] = {
        "trunk": [network.stem, network.trunk],
        "coarse": [network.coarse.down, network.coarse.blocks],
        "recurrent": [network.coarse.recurrent] if network.coarse.recurrent is not None else [],
    }
    for part in parts:
        if not modules[part]:
            raise TrainingError(f"a network of this architecture has no {part} level to freeze")
        network.freeze(modules[part])
