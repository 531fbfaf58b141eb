"""All of a running training, in one file that can be killed at any moment.

Tensors are safetensors, the rest is JSON in their header: nothing is unpickled.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim import Optimizer

from splicenet.exceptions import TrainingError
from splicenet.genome.output import atomic

__all__ = [
    "RunState",
    "Tensors",
    "load_checkpoint",
    "read_history",
    "restore",
    "save_checkpoint",
    "snapshot",
]

Tensors = dict[str, Tensor]

_KEY = "splicenet_checkpoint"


@dataclass
class RunState:
    """Where a run stands, apart from its tensors."""

    step: int = 0
    bases: int = 0
    """Strand-bases read in these steps."""
    seconds: float = 0.0
    evaluations: int = 0
    best_score: float = -math.inf
    best_step: int = 0
    losses: list[float] = field(default_factory=list)
    """Losses since the last evaluation, in nats a kilobase."""
    task_losses: dict[str, list[float]] = field(default_factory=dict)
    """Those of other tasks, by name, of the steps that knew anything of them."""
    norms: list[float] = field(default_factory=list)
    """Gradient norms since the last evaluation, before they were clipped."""
    clipped: int = 0
    """Steps since the last evaluation whose gradient was clipped."""
    good_step: int = 0
    good_bases: int = 0
    """``step`` and ``bases`` to go back to from what is not finite."""
    setbacks: list[dict[str, Any]] = field(default_factory=list)
    """For each time it did: the ``step`` that failed, the ``cause``, and the step ``back_to``."""
    history: list[dict[str, float]] = field(default_factory=list)
    finished: bool = False


def snapshot(network: nn.Module, optimizer: Optimizer) -> Tensors:
    """Copies of all tensors of network and optimizer, for :func:`restore`."""
    tensors = {f"network/{name}": tensor for name, tensor in network.state_dict().items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{index}/{name}": tensor for name, tensor in values.items()}
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def restore(tensors: Tensors, network: nn.Module, optimizer: Optimizer) -> None:
    """Bring network and optimizer back to a :func:`snapshot`."""
    network.load_state_dict(_under(tensors, "network/"))
    moments: dict[int, Tensors] = {}
    for name, tensor in _under(tensors, "optimizer/").items():
        index, _, key = name.partition("/")
        moments.setdefault(int(index), {})[key] = tensor.clone()
    optimizer.load_state_dict(
        {"state": moments, "param_groups": optimizer.state_dict()["param_groups"]}
    )


_OF_NO_WEIGHT = {"training.checkpoint_minutes", "training.test_bases"}
"""Settings that may change half-way: the weights do not depend on them."""


def save_checkpoint(
    path: str | Path,
    *,
    identity: dict[str, Any],
    state: RunState,
    sampler: dict[str, Any],
    network: nn.Module,
    optimizer: Optimizer,
    kept: Mapping[str, Tensors],
) -> None:
    """Write everything that the rest of the run depends on.

    Parameters
    ----------
    identity
        Settings and data of the run as JSON; :func:`load_checkpoint` compares what of it decides
        the weights.
    kept
        More tensors, by a name for each set of them.
    """
    tensors = snapshot(network, optimizer)
    for group, members in kept.items():
        tensors |= {f"{group}/{name}": tensor for name, tensor in members.items()}
    tensors["torch_random_state"] = torch.get_rng_state()
    header = {"identity": identity, "state": asdict(state), "sampler": sampler}
    data = save(
        {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()},
        metadata={_KEY: json.dumps(header)},
    )
    with atomic(path, mode="wb") as file:
        file.write(data)


def read_history(path: str | Path) -> list[dict[str, float]]:
    """Evaluations of the run so far, a row each, while it runs or after it was killed.

    Raises
    ------
    TrainingError
        If the file is no checkpoint.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})[_KEY])
        return list(header["state"]["history"])
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise TrainingError("this checkpoint cannot be read", path=path) from error


def load_checkpoint(
    path: str | Path,
    *,
    identity: dict[str, Any],
    network: nn.Module,
    optimizer: Optimizer,
    kept: Sequence[str],
) -> tuple[RunState, dict[str, Any], list[Tensors]]:
    """Bring network and optimizer back to where they were.

    Returns
    -------
    state, sampler, kept
        The run's state, the sampler's, and the sets of tensors of the names in ``kept``.

    Raises
    ------
    TrainingError
        If the file is no checkpoint, or one of a run with other settings or data.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})[_KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise TrainingError(
            "this checkpoint cannot be read; start anew with --restart", path=path
        ) from error
    differences = _differences(header.get("identity", {}), json.loads(json.dumps(identity)))
    changed = [name for name in differences if name not in _OF_NO_WEIGHT]
    if changed:
        raise TrainingError(
            f"this checkpoint is of a run with another {', '.join(changed)}; "
            "repeat the command that began it, with the splicenet that began it, or start anew "
            "with --restart",
            path=path,
        )
    try:
        restore(tensors, network, optimizer)
        torch.set_rng_state(tensors["torch_random_state"])
        state, sampler = RunState(**header["state"]), header["sampler"]
        return state, sampler, [_under(tensors, f"{group}/") for group in kept]
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise TrainingError(
            "this checkpoint is damaged, or of another version of splicenet; start anew with "
            "--restart",
            path=path,
        ) from error


def _under(tensors: Tensors, prefix: str) -> Tensors:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def _differences(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> list[str]:
    """Names of the settings that differ, such as ``settings.seed``."""
    names = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            names += _differences(before, after, f"{prefix}{key}.")
        elif before != after:
            names.append(f"{prefix}{key}")
    return names
