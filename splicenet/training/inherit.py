"""A network that goes on from another one: what it is asked, and what it keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from splicenet.exceptions import TrainingError
from splicenet.genome.tasks import Task
from splicenet.model.accent import Accent
from splicenet.model.config import NetworkConfig
from splicenet.model.heads import Pool
from splicenet.model.network import SpliceNetwork
from splicenet.model.pretrained import is_pretrained, load_pretrained
from splicenet.model.shipped import open_model

__all__ = [
    "FREEZABLE",
    "Parent",
    "freeze_parts",
    "open_parent",
    "with_frames",
    "with_species",
    "with_tasks",
]

FREEZABLE = ("trunk", "coarse", "recurrent")
"""Parts that ``--freeze`` can keep as they are, from the fastest time scale to the slowest."""


class Parent(NamedTuple):
    """What a run begins from."""

    network: SpliceNetwork
    new: set[str]
    """Names of the tasks whose heads have learned nothing."""
    record: Mapping[str, Any]
    taken: str = ""
    """Of a pretrained file, what was taken of it, in a sentence."""


def open_parent(name: str | Path, tasks: Sequence[Task], pool: Pool | None = None) -> Parent:
    """A model or a pretrained file as a network with heads for these tasks.

    Raises
    ------
    ModelFileError, TrainingError
        If it cannot be read, or a network of this shape cannot have these heads.
    """
    if not is_pretrained(name):
        model = open_model(name)
        return Parent(*with_tasks(model.network, tasks, pool), model.record)
    pretrained = load_pretrained(name)
    shape = pretrained.network.config
    network, new = with_tasks(SpliceNetwork(shape), tasks, pool)
    theirs = pretrained.network.state_dict()
    ours = [key for key, _ in network.named_parameters() if not key.startswith(("head.", "heads."))]
    network.load_state_dict({**network.state_dict(), **{key: theirs[key] for key in ours}})
    count = sum(theirs[key].numel() for key in ours)
    levels = ", ".join(dict.fromkeys(key.partition(".")[0] for key in ours))
    taken = f"{name}: {count:,} pretrained weights taken ({levels}); the heads begin anew"
    return Parent(network, {task.name for task in tasks}, pretrained.record, taken)


def with_tasks(
    parent: SpliceNetwork, tasks: Sequence[Task], pool: Pool | None = None
) -> tuple[SpliceNetwork, set[str]]:
    """A network with the weights of another and heads for these tasks.

    Parameters
    ----------
    pool
        What heads of whole windows read; by default what the parent's read, if it has some.

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
    if pool is None and parent.config.of_windows:
        pool = parent.config.pool
    try:
        config = replace(parent.config, tasks=tuple(tasks), pool=pool)
    except ValueError as error:
        raise TrainingError(str(error)) from error
    if config.tasks == parent.config.tasks and (
        not config.of_windows or config.pooling == parent.config.pooling
    ):
        return parent, set()
    network = SpliceNetwork(config)
    shared = {n: t for n, t in parent.state_dict().items() if not n.startswith("heads.")}
    network.load_state_dict(shared, strict=False)
    known = dict(zip(map(_question, parent.config.tasks), parent.heads, strict=True))
    new = set()
    for task, head in zip(config.tasks, network.heads, strict=True):
        old = known.get(_question(task))
        pooled = task in config.of_windows
        if old is None or (pooled and config.pooling != parent.config.pooling):
            new.add(task.name)
        else:
            head.load_state_dict(old.state_dict())
    return network, new


def _question(task: Task) -> tuple[str, str, tuple[str, ...], bool]:
    return task.name, task.topic, task.classes, task.against > 0


def with_frames(
    parent: SpliceNetwork, asked: int | None, freeze: Sequence[str] = ()
) -> SpliceNetwork:
    """A network that reads as another, and is told of open reading frames even if that is not.

    Parameters
    ----------
    parent
        The other one.
    asked
        Up to how many codons, as the configuration has it; 0 leaves a network untold, and so does
        freezing the level that would learn of them where nothing is asked.
    freeze
        Parts that are to learn nothing.

    Returns
    -------
    SpliceNetwork
        The parent if it is as asked; else a new one, what it makes of frames zero.

    Raises
    ------
    TrainingError
        If the parent is told up to another number, or cannot be told.
    """
    config = parent.config
    if asked and config.architecture == "lstm":
        raise TrainingError("a plain LSTM is not told of reading frames; leave --frames out")
    if config.codons and asked not in (None, config.codons):
        raise TrainingError(
            f"what --init names is told of reading frames up to {config.codons} codons, which is "
            "part of its shape; leave --frames out"
        )
    if asked and not config.codons and "coarse" in freeze:
        raise TrainingError(
            "--freeze coarse keeps what --frames is to teach; leave one of them out"
        )
    codons = NetworkConfig(frames=asked).codons
    if config.codons or not codons or config.architecture == "lstm" or "coarse" in freeze:
        return parent
    network = SpliceNetwork(replace(config, frames=codons))
    network.load_state_dict(parent.state_dict(), strict=False)
    return network


def with_species(parent: SpliceNetwork, names: Sequence[str]) -> SpliceNetwork:
    """A network that reads as another, with biases for these species: its own, or new ones at zero.

    Raises
    ------
    TrainingError
        If a network of this shape cannot have them.
    """
    theirs = parent.config.species
    if tuple(names) == theirs:
        return parent
    plain = parent.for_species(None)
    try:
        network = SpliceNetwork(replace(plain.config, species=tuple(names)))
    except ValueError as error:
        raise TrainingError(str(error)) from error
    network.load_state_dict(plain.state_dict(), strict=False)
    with torch.no_grad():
        for row, name in enumerate(names):
            if name in theirs:
                for ours, others in zip(_biases(network), _biases(parent), strict=True):
                    ours[row] = others[theirs.index(name)]
    return network


def _biases(network: SpliceNetwork) -> list[Tensor]:
    """Those of species, (species, channels), of the levels that have some."""
    return [one.bias for one in network.modules() if isinstance(one, Accent)]


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
        "trunk": [network.stem, network.trunk, *_there(network.accent)],
        "coarse": [
            network.coarse.down,
            network.coarse.blocks,
            *_there(network.coarse.frames),
            *_there(network.coarse.accent),
        ],
        "recurrent": _there(network.coarse.recurrent),
    }
    for part in parts:
        if not modules[part]:
            raise TrainingError(f"a network of this architecture has no {part} level to freeze")
        network.freeze(modules[part])


def _there(module: nn.Module | None) -> list[nn.Module]:
    return [] if module is None else [module]
