"""What the network reads at one step, and how: windows, their lengths, where the gradient is cut.

Apart from the windows themselves, whose sampler has a state, every choice is a function of seed
and step, so that a run that was killed goes on as if it had not been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isqrt
from typing import Any

import numpy as np
import torch
from torch import Tensor

from splicenet.exceptions import TrainingError
from splicenet.genome.unknown import is_known
from splicenet.model.network import NetworkConfig
from splicenet.model.recurrence import Truncation
from splicenet.training.grounds import TrainingGround
from splicenet.training.settings import TrainingSettings
from splicenet.training.windows import WindowSampler

__all__ = ["Batch", "Batches", "stagger"]

_LENGTHS, _CUTS, _PROBE, _SPECIES, _UNTOLD = 1, 2, 3, 4, 5
"""Streams of random numbers."""
_PROBES = 32
"""Batches that are looked at for one in which every task has something to learn from."""


@dataclass(frozen=True)
class Batch:
    """One step's input, on its device."""

    codes: Tensor
    """(B, L), uint8, in the direction of transcription, padded with N."""
    labels: Tensor
    """(B, L), uint8, UNKNOWN where nothing is to be learned."""
    bases: int
    """Without padding."""
    lengths: Tensor | None = None
    """(B,) bases; None if all windows are whole."""
    truncation: Truncation | None = None
    recompute: int = 0
    """Recurrent steps of the pieces that are computed again in the backward pass; 0 for none."""
    targets: dict[str, Tensor] = field(default_factory=dict)
    """Labels of those tasks of which anything is known here, as :class:`Windows` has them."""
    grounds: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    """(B,), which of the species each window is from, by index."""
    species: Tensor | None = None
    """(B,), int64, the same by index of the network's species, -1 where it is not told which."""


class Batches:
    """Draws the batches of a run.

    Parameters
    ----------
    grounds
        Where windows are drawn.
    settings
        The choices of the run.
    config
        Shape of the network.
    device
        Where batches are put.

    Raises
    ------
    TrainingError
        If the gradient's way through time is to be cut in a network that has none, or one species
        is all there is to learn to learn from.
    """

    def __init__(
        self,
        grounds: Sequence[TrainingGround],
        settings: TrainingSettings,
        config: NetworkConfig,
        device: torch.device,
    ) -> None:
        if config.architecture == "conv" and (settings.bptt or settings.checkpoint_activations):
            raise TrainingError(
                "--bptt and --checkpoint-activations are for the recurrent level, which "
                "--architecture conv leaves out"
            )
        if settings.meta and len(grounds) < 2:
            raise TrainingError("--meta learns from one species after the other; name several")
        self._settings = settings
        self._step = config.step
        self._device = device
        self._names = config.species
        self._sampler = WindowSampler(
            grounds,
            length=settings.lengths.longest,
            batch_size=settings.batch_size,
            genes=settings.genes,
            margin=config.margin,
            seed=settings.seed,
            tasks=config.tasks,
        )

    @property
    def state(self) -> dict[str, Any]:
        """All that the coming windows depend on, for JSON."""
        return self._sampler.state

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self._sampler.state = state

    def draw(self, step: int, share: float) -> Batch:
        """The batch of a step, counted from 0; ``share`` of the budget is spent."""
        settings = self._settings
        lengths = settings.lengths.draw(
            settings.batch_tokens, share, _generator(settings.seed, step, _LENGTHS)
        )
        windows = self._sampler.draw(lengths, self._ground(step))
        codes, labels = (
            torch.from_numpy(array).to(self._device) for array in (windows.codes, windows.labels)
        )
        steps = -(-codes.shape[1] // self._step)
        every = None if settings.bptt is None else max(1, round(settings.bptt / self._step))
        return Batch(
            codes,
            labels,
            sum(lengths),
            None if len(set(lengths)) == 1 else torch.tensor(lengths, device=self._device),
            None if every is None or every >= steps else stagger(every, settings.seed, step),
            isqrt(steps) if settings.checkpoint_activations else 0,
            {
                name: torch.from_numpy(answers).to(self._device)
                for name, answers in windows.targets.items()
                if is_known(answers).any()
            },
            windows.grounds,
            self._tell(windows.grounds, step) if self._names else None,
        )

    def _tell(self, grounds: np.ndarray, step: int) -> Tensor:
        """The species of some windows, -1 of some that are not to be told."""
        chances = _generator(self._settings.seed, step, _UNTOLD).random(len(grounds))
        untold = chances < self._settings.untold
        drawn = [self._sampler.grounds[ground].species.name for ground in grounds]
        told = [self._names.index(name) if name in self._names else -1 for name in drawn]
        return torch.from_numpy(np.where(untold, -1, told)).to(self._device)

    def _ground(self, step: int) -> int | None:
        """The one that a step learns from: each in its turn, in an order drawn anew every time."""
        if not self._settings.meta:
            return None
        turn, place = divmod(step // self._settings.meta, len(self._sampler.grounds))
        order = _generator(self._settings.seed, turn, _SPECIES).permutation
        return int(order(len(self._sampler.grounds))[place])

    def probe(self) -> Batch:
        """The same batch whenever it is asked for, apart from those that are trained on.

        The first of some in which most tasks have something to learn from.
        """
        kept = self.state
        self.state = dict(_generator(self._settings.seed, 0, _PROBE).bit_generator.state)
        try:
            drawn: list[Batch] = []
            while len(drawn) < _PROBES:
                drawn.append(self.draw(0, 1.0))
                if len(drawn[-1].targets) == len(self._sampler.tasks):
                    break
        finally:
            self.state = kept
        return max(drawn, key=lambda batch: len(batch.targets))

    def base_rates(self) -> dict[str, list[float]]:
        """By task the share of every class, or the mean of a number, in some batches."""
        kept = self.state
        self.state = dict(_generator(self._settings.seed, 1, _PROBE).bit_generator.state)
        try:
            drawn = [self._sampler.draw() for _ in range(_PROBES)]
        finally:
            self.state = kept
        rates = {}
        for task in self._sampler.tasks:
            answers = np.concatenate([windows.targets[task.name].ravel() for windows in drawn])
            answers = answers[is_known(answers)]
            if not len(answers):
                continue
            if task.classes:
                counts = np.bincount(answers, minlength=len(task.classes))
                # A class that was not met in so many draws is rare, not impossible.
                rates[task.name] = ((counts + 0.5) / (counts + 0.5).sum()).tolist()
            else:
                rates[task.name] = [float(answers.mean())]
        return rates


def stagger(every: int, seed: int, step: int) -> Truncation:
    """Cuts ``every`` recurrent steps whose place is drawn anew for each batch.

    Where cuts always lie in the same place, what they part is never learned to belong together.
    """
    return Truncation(every, int(_generator(seed, step, _CUTS).integers(every)))


def _generator(seed: int, step: int, stream: int) -> np.random.Generator:
    return np.random.default_rng((seed, step, stream))
