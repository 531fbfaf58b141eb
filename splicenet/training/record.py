"""What a model file says about how the model came to be."""

from __future__ import annotations

import math
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from splicenet._version import __version__
from splicenet.genome.checksum import sha256
from splicenet.genome.intervals import Interval
from splicenet.genome.species import Species
from splicenet.genome.tasks import Task, is_file, split_source
from splicenet.model.network import NetworkConfig
from splicenet.model.shipped import find_model
from splicenet.training.checkpoint import RunState
from splicenet.training.parts import Parts
from splicenet.training.settings import TrainingSettings

__all__ = ["run_record", "task_record", "training_record"]


def training_record(
    settings: TrainingSettings, init: str | Path | None, freeze: Sequence[str]
) -> dict[str, Any]:
    """What was chosen, and what it began from, as JSON."""
    parent = None if init is None else _parent(init)
    return settings.to_dict() | {"init": parent, "freeze": list(freeze)}


def run_record(
    parts: Parts,
    config: NetworkConfig,
    settings: TrainingSettings,
    init: str | Path | None,
    freeze: Sequence[str],
) -> dict[str, Any]:
    """How this model comes to be, as JSON."""
    return {
        "network": config.to_dict(),
        "training": training_record(settings, init, freeze),
        "data": {
            one.name: one.sources
            | {
                "donors": one.labels.count("donor"),
                "acceptors": one.labels.count("acceptor"),
                "validation": _spans(split.validation),
                "held_out": _spans(split.held_out),
            }
            | _task_sources(one, config.tasks)
            for one, split in zip(parts.species, parts.splits, strict=True)
        },
        "versions": {
            "splicenet": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "seed": settings.seed,
    }


def task_record(tasks: Sequence[Task], state: RunState) -> dict[str, Any]:
    """The weights that the tasks of the best network had, and their shares in its gradient."""
    rows = [row for row in state.history if row["step"] == state.best_step]
    if not tasks or not rows:
        return {}
    found = {
        name: {
            key.removeprefix(f"{prefix}_"): value if math.isfinite(value) else None
            for key, value in rows[-1].items()
            if key.startswith(f"{prefix}_")
        }
        for name, prefix in (("weights", "weight"), ("shares", "share"), ("cosines", "cosine"))
    }
    return {"tasks": found}


def _task_sources(species: Species, tasks: Sequence[Task]) -> dict[str, Any]:
    """Files that the labels of tasks are read from, with their checksums."""
    files = {
        task.name: [path for path in split_source(source) if path]
        for task in tasks
        if (source := species.task_sources.get(task.name, task.source))
        and is_file(task.topic, source)
    }
    found = {
        name: [{"name": Path(path).name, "sha256": sha256(path)} for path in paths]
        for name, paths in files.items()
    }
    return {"tasks": found} if found else {}


def _parent(init: str | Path) -> dict[str, str]:
    """What a run began from: its name, without the folders of this machine, and its checksum."""
    return {"name": Path(init).name, "sha256": sha256(find_model(init)[0])}


def _spans(intervals: Sequence[Interval]) -> list[list[Any]]:
    return [[interval.contig, interval.start, interval.end] for interval in intervals]
