"""What can be asked of a network at a base: a kind of site, or an answer of a local task."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import cast

from splicenet.exceptions import TaskError
from splicenet.genome.labels import KINDS, NEITHER
from splicenet.genome.tasks import Task
from splicenet.model.answers import LocalLayout
from splicenet.model.config import NetworkConfig
from splicenet.model.heads import LocalHead
from splicenet.model.network import SpliceNetwork

__all__ = ["SITES", "Target", "asked", "every_target", "find_target", "target_row"]


@dataclass(frozen=True)
class Target:
    """What is asked of the network at a base.

    Parameters
    ----------
    name
        As the user says it: ``donor``, ``usage``, ``region:intron``.
    answer
        Its row among the logits of its head.
    task
        The task whose head it is; empty for splice sites.
    odds
        Whether the answer is the log-odds of a probability; a number of any size is not.
    """

    name: str
    answer: int
    task: str = ""
    odds: bool = True


SITES = tuple(Target(kind, answer) for answer, kind in enumerate(KINDS, NEITHER + 1))


def find_target(config: NetworkConfig, text: str) -> Target:
    """What ``donor``, ``acceptor``, ``TASK`` or ``TASK:CLASS`` means to a network.

    Raises
    ------
    TaskError
        If it has no such head, or none that answers at every base, or the head no such class.
    """
    if text in KINDS:
        return SITES[KINDS.index(text)]
    name, _, answer = text.partition(":")
    local = {task.name: task for task in _local(config)}
    if name not in local:
        known = ", ".join([*KINDS, *local])
        raise TaskError(f"{text!r} cannot be asked for; at a base this model answers {known}")
    task = local[name]
    if task.binary and not answer:
        return Target(text, len(task.classes) - 1, name)
    targets = {target.name: target for target in _targets(task)}
    if text not in targets:
        raise TaskError(f"{text!r} is no answer of this task; there is {', '.join(targets)}")
    return targets[text]


def every_target(config: NetworkConfig) -> list[Target]:
    """Donor and acceptor, then every answer of the local tasks; of *no* and *yes* the latter."""
    targets = list(SITES)
    for task in _local(config):
        targets += [find_target(config, task.name)] if task.binary else _targets(task)
    return targets


def target_row(config: NetworkConfig, target: Target) -> int:
    """Where its number stands among those of a base, as :class:`LocalLayout` has them."""
    if not target.task:
        return SITES.index(target)
    return LocalLayout(_local(config)).slices[target.task].start + target.answer


def _local(config: NetworkConfig) -> list[Task]:
    return [task for task in config.tasks if task.scope == "local"]


def _targets(task: Task) -> list[Target]:
    if not task.classes:
        return [Target(task.name, 0, task.name, odds=task.bounded)]
    return [
        Target(f"{task.name}:{label}", answer, task.name)
        for answer, label in enumerate(task.classes)
    ]


def asked(network: SpliceNetwork, target: Target | None) -> SpliceNetwork:
    """The network; or a copy whose answers at every base are those of the target's task."""
    if target is None or not target.task:
        return network
    copied = copy.deepcopy(network)
    names = [task.name for task in copied.config.tasks]
    copied.head = cast(LocalHead, copied.heads[names.index(target.task)]).answer
    return copied
