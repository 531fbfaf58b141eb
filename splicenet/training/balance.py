"""What each task's loss weighs in the sum that is followed downhill.

*Fixed* weights are the user's. *Uncertainty* learns a variance for each task (Kendall et al. 2018),
so that a loss that stays large weighs less. *Gradnorm* lets every task pull alike, up to the user's
weights, at the last level that all tasks share: GradNorm (Chen et al. 2018) with its exponent at 0,
solved for the weights instead of followed to them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from splicenet.exceptions import TrainingError
from splicenet.genome.tasks import SPLICE, Task
from splicenet.model.network import SpliceNetwork

__all__ = ["Balance", "Balancing", "last_shared"]

Balancing = Literal["fixed", "uncertainty", "gradnorm"]

_EVERY = 10
"""Steps between two measurements of the tasks' pull, which cost a part of a backward pass each."""
_KEPT = 0.9
"""Share of the pull known so far in the new running mean."""


class Balance(nn.Module):
    """Adds the losses of the tasks up; what it learns and remembers is its state.

    Parameters
    ----------
    tasks
        Beside the splice sites.
    weights
        By name, 1 where nothing is said; a task of weight 0 teaches nothing.
    how
        What the weights are multiplied with.

    Raises
    ------
    TrainingError
        If a weight is of no task, or none is left above 0.
    """

    pull: Tensor
    age: Tensor

    def __init__(
        self,
        tasks: Sequence[Task] = (),
        weights: Mapping[str, float] | None = None,
        how: Balancing = "fixed",
    ) -> None:
        super().__init__()
        self.names = (SPLICE, *(task.name for task in tasks))
        self.how = how
        self._given = dict.fromkeys(self.names, 1.0) | dict(weights or {})
        for name in self._given:
            if name not in self.names:
                raise TrainingError(
                    f"--weight {name} is of no task here; the tasks are {', '.join(self.names)}"
                )
        if not any(self._given.values()):
            raise TrainingError("every task has --weight 0; let one be above it")
        if how == "uncertainty":
            self.log_variances = nn.Parameter(torch.zeros(len(self.names)))
        elif how == "gradnorm":
            self.register_buffer("pull", torch.zeros(len(self.names)))
            self.register_buffer("age", torch.zeros((), dtype=torch.int64))

    @property
    def weights(self) -> dict[str, float]:
        """What each task's gradient is multiplied with now."""
        factors = [1.0] * len(self.names)
        if self.how == "uncertainty":
            factors = (-self.log_variances.detach()).exp().tolist()
        elif self.how == "gradnorm":
            factors = self._alike()
        return {
            name: self._given[name] * factor
            for name, factor in zip(self.names, factors, strict=True)
        }

    def total(self, losses: Mapping[str, Tensor], network: SpliceNetwork) -> Tensor | None:
        """The loss to follow; None if no task with a weight is among them.

        Parameters
        ----------
        losses
            By task, of those of which anything is known in a batch.
        network
            Whose graph they hang from.
        """
        losses = {name: loss for name, loss in losses.items() if self._given[name]}
        if self.how == "gradnorm":
            self._measure(losses, network)
        weights = {} if self.how == "uncertainty" else self.weights
        terms = []
        for name, loss in losses.items():
            if self.how == "uncertainty":
                variance = self.log_variances[self.names.index(name)]
                terms.append(self._given[name] * (loss * (-variance).exp() + variance / 2))
            else:
                terms.append(loss if weights[name] == 1 else weights[name] * loss)
        return sum(terms[1:], terms[0]) if terms else None

    def _measure(self, losses: Mapping[str, Tensor], network: SpliceNetwork) -> None:
        """Bring the running means of the pull up to date; a task met anew is measured at once."""
        due = int(self.age) % _EVERY == 0
        self.age += 1
        shared = last_shared(network)
        for name, loss in losses.items():
            index = self.names.index(name)
            before = float(self.pull[index])
            if not due and before:
                continue
            gradients = torch.autograd.grad(loss, shared, retain_graph=True, allow_unused=True)
            norms = [torch.linalg.vector_norm(g) for g in gradients if g is not None]
            now = math.hypot(*map(float, norms))
            if math.isfinite(now) and now > 0:  # a head that is still silent pulls at nothing
                self.pull[index] = _KEPT * before + (1 - _KEPT) * now if before else now

    def _alike(self) -> list[float]:
        """Factors that make what is known of the pulls equal, 1 on average of the known tasks."""
        taught = [self._given[name] > 0 for name in self.names]
        inverse = [
            1 / pull if pull and given else 0.0
            for pull, given in zip(self.pull.tolist(), taught, strict=True)
        ]
        known = [value for value in inverse if value]
        mean = sum(known) / len(known) if known else 1.0
        return [value / mean if value else 1.0 for value in inverse]


def last_shared(network: SpliceNetwork) -> list[nn.Parameter]:
    """Weights of the last level, of those that learn, from which the errors of all heads come down.

    Raises
    ------
    TrainingError
        If all that tasks share is frozen.
    """
    if network.config.architecture == "lstm":
        assert network.recurrence is not None
        levels: list[nn.Module] = [*network.recurrence.layers]
    else:
        levels = [network.stem, *network.trunk, network.coarse.down, *network.coarse.blocks]
    for level in reversed(levels):
        weights = [p for p in level.parameters() if p.requires_grad]
        if weights:
            return weights
    raise TrainingError("--balance gradnorm needs a level that tasks share; freeze fewer parts")
