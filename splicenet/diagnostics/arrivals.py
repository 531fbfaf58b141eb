"""Where the error of each task arrives: its gradient at every level, along the sequence.

The error of a local task enters at every base of which something is known, that of a global one
where its head reads: at every step, or where it pools last states at the two ends alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from splicenet.diagnostics.traces import DIRECTIONS
from splicenet.diagnostics.windows import SiteWindows
from splicenet.genome.labels import UNKNOWN
from splicenet.genome.tasks import SPLICE, Task
from splicenet.genome.unknown import is_known
from splicenet.model.cells import State
from splicenet.model.network import SpliceNetwork
from splicenet.model.task_loss import task_loss

__all__ = ["Arrival", "measure_arrivals"]

_BINS = 64
"""Stretches of a window over which the gradient is averaged."""
_KILOBASE = 1000
_EVERY_BASE = "every base"


@dataclass(frozen=True)
class Arrival:
    """The gradient of one task's loss at one level.

    Attributes
    ----------
    task, level
        Names.
    windows
        Windows of which something was known.
    length
        Bases in a window.
    norms
        Root mean square of |dL/dx_t| over windows and the steps of a stretch, (stretches,), from
        the left in reading direction, whatever the direction of the level. ``L`` is the loss of a
        window as training has it, unweighted.
    """

    task: str
    level: str
    windows: int
    length: int
    norms: np.ndarray

    @property
    def places(self) -> np.ndarray:
        """Middles of the stretches, bases from the beginning of the window, (stretches,)."""
        return (np.arange(len(self.norms)) + 0.5) * self.length / len(self.norms)

    @property
    def parts(self) -> tuple[float, float, float]:
        """The gradient in the first tenth, the middle tenth and the last tenth of a window."""
        tenth, middle = max(1, len(self.norms) // 10), len(self.norms) // 2
        first = middle - tenth // 2
        pieces = (slice(tenth), slice(first, first + tenth), slice(-tenth, None))
        begin, half, end = (float(np.sqrt(np.mean(self.norms[p] ** 2))) for p in pieces)
        return begin, half, end

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "task": self.task,
            "level": self.level,
            "windows": self.windows,
            "place_bases": self.places.tolist(),
            "norm": self.norms.tolist(),
        }


@dataclass
class _Gradients:
    """Squared norms of one batch and task, by level and step, (B,) each or (B, T)."""

    steps: dict[str, dict[int, Tensor]] = field(default_factory=dict)
    rows: dict[str, Tensor] = field(default_factory=dict)

    def add_step(self, level: str, t: int, gradient: Tensor) -> None:
        """Of one part of a state, (B, H)."""
        told = self.steps.setdefault(level, {})
        told[t] = told.get(t, 0) + gradient.square().sum(1)

    def add_level(self, level: str, gradient: Tensor) -> None:
        """Of a level of convolutions, (B, C, T)."""
        self.rows[level] = gradient.square().sum(1)

    def levels(self, steps: int) -> dict[str, Tensor]:
        """All of them as (B, T)."""
        found = dict(self.rows)
        for level, told in self.steps.items():
            silent = torch.zeros_like(next(iter(told.values())))
            found[level] = torch.stack([told.get(t, silent) for t in range(steps)], dim=1)
        return found


def measure_arrivals(
    network: SpliceNetwork, windows: SiteWindows, *, batch: int = 8
) -> tuple[Arrival, ...]:
    """Follow the loss of every task back to every level, on windows whose answers are known.

    Parameters
    ----------
    network
        In eval mode.
    windows
        At least one.
    batch
        Windows at once: memory grows with it.
    """
    sums: dict[tuple[str, str], np.ndarray] = {}
    known: dict[str, int] = {}
    for first in range(0, len(windows), batch):
        part = windows.part(slice(first, first + batch))
        for task, rows, gradients in _followed(network, part):
            known[task] = known.get(task, 0) + rows
            for level, squares in gradients.items():
                binned = _binned(squares.double().sum(0).cpu().numpy())
                sums[task, level] = sums.get((task, level), 0) + binned
    length = windows.codes.shape[1]
    return tuple(
        Arrival(task, level, known[task], length, np.sqrt(total / known[task]))
        for (task, level), total in sorted(sums.items(), key=lambda one: _order(network, *one[0]))
    )


def _order(network: SpliceNetwork, task: str, level: str) -> tuple[int, int, str, bool]:
    """Tasks as they were given; levels from the fastest up, forward before backward."""
    tasks = [SPLICE, *(one.name for one in network.config.tasks)]
    pace = 2 if level.startswith("layer") else int(level != _EVERY_BASE)
    layer, _, direction = level.rpartition(" ")
    return tasks.index(task), pace, layer, direction == DIRECTIONS[1]


def _followed(
    network: SpliceNetwork, windows: SiteWindows
) -> Iterator[tuple[str, int, dict[str, Tensor]]]:
    """By task: its name, the windows with an answer, and squared norms by level, (B, T)."""
    device = next(network.parameters()).device
    gradients = _Gradients()
    steps = 0

    def watch(layer: int, direction: int, t: int, state: State) -> None:
        nonlocal steps
        steps = max(steps, t + 1)
        level = f"layer {layer + 1} {DIRECTIONS[direction]}"
        for part in state:
            part.register_hook(partial(_tell_step, lambda: gradients, level, t))

    with (
        _levels(network, lambda: gradients),
        torch.backends.cudnn.flags(enabled=False),
        parametrize.cached(),
        torch.enable_grad(),
    ):
        answers = network.read_all(torch.from_numpy(windows.codes).to(device), watch=watch)
        for task, losses in _losses(network.config.tasks, answers, windows).items():
            gradients = _Gradients()
            sum(losses[1:], losses[0]).backward(retain_graph=True)
            yield task, len(losses), gradients.levels(steps)
    network.zero_grad(set_to_none=True)


def _tell_step(gradients: Any, level: str, t: int, gradient: Tensor) -> None:
    gradients().add_step(level, t, gradient)


@contextmanager
def _levels(network: SpliceNetwork, gradients: Any) -> Iterator[None]:
    """Listen to the gradients at the convolutions' levels, if the network has any."""
    levels: dict[str, nn.Module] = {}
    if network.config.architecture != "lstm":
        levels[_EVERY_BASE] = network.last
        if len(network.coarse.blocks):
            levels[f"every {network.config.stride} bases"] = network.coarse.blocks[-1]

    def listen(level: str, module: nn.Module, given: object, said: Tensor) -> None:
        said.register_hook(lambda gradient: gradients().add_level(level, gradient))

    with ExitStack() as hooks:
        for level, module in levels.items():
            handle = module.register_forward_hook(partial(listen, level))
            hooks.callback(handle.remove)
        yield


def _losses(
    tasks: Sequence[Task], answers: Mapping[str, Tensor], windows: SiteWindows
) -> dict[str, list[Tensor]]:
    """By task the loss of each window of which something is known."""
    device = answers[SPLICE].device
    labels = torch.from_numpy(windows.labels).long().to(device)
    losses = {
        SPLICE: [
            _KILOBASE * F.cross_entropy(said[None], truth[None], ignore_index=UNKNOWN)
            for said, truth in zip(answers[SPLICE], labels, strict=True)
            if (truth != UNKNOWN).any()
        ]
    }
    for task in tasks:
        truths = windows.targets.get(task.name)
        if truths is not None:
            losses[task.name] = [
                task_loss(task, said[None], torch.from_numpy(truth[None]).to(device))
                for said, truth in zip(answers[task.name], truths, strict=True)
                if is_known(truth).any()
            ]
    return {name: each for name, each in losses.items() if each}


def _binned(squares: np.ndarray) -> np.ndarray:
    """Means of the squared norms, (T,), over at most :data:`_BINS` stretches."""
    edges = np.linspace(0, len(squares), min(_BINS, len(squares)) + 1).round().astype(int)
    return np.add.reduceat(squares, edges[:-1]) / np.diff(edges)
