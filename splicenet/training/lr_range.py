"""The learning-rate range test (Smith 2017): how far the rate may rise before training breaks.

The rate rises by the same factor at every step. Where the loss falls, training converges; where it
falls no more, the steps are too long and it oscillates; where it is higher than it was at the
beginning, or no number, it diverges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import torch

from splicenet.exceptions import TrainingError
from splicenet.genome.species import Species
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.training.batches import Batches
from splicenet.training.descent import NotFinite, descend, make_optimizer
from splicenet.training.grounds import TrainingGround
from splicenet.training.incomplete import learned_from
from splicenet.training.parts import split_species
from splicenet.training.settings import TrainingSettings

__all__ = ["LearningRates", "RateRow", "Zone", "learning_rate_range", "lr_range", "read_range"]

Zone = Literal["converges", "oscillates", "diverges"]

_TENFOLD = 10
_STEPS_SMOOTHED = 10
"""Batches on either side whose losses are averaged; one batch says little."""
_BROKEN = 4.0
"""Times the first loss at which the test may end: training has broken."""


@dataclass(frozen=True)
class RateRow:
    """One step of the test."""

    rate: float
    loss: float
    """Smoothed, nats a kilobase; infinite at a step that had none."""
    zone: Zone


@dataclass(frozen=True)
class LearningRates:
    """What the test found.

    ``suggested`` is a tenth of the rate at which the smoothed loss was lowest: well inside the
    zone that converges, yet near its fast end.
    """

    rows: list[RateRow]
    suggested: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def learning_rate_range(
    species: Sequence[Species],
    config: NetworkConfig,
    settings: TrainingSettings,
    *,
    holdout: float | str = 0.1,
    device: str = "cpu",
    low: float = 1e-5,
    high: float = 1.0,
    steps: int = 200,
    on_step: Callable[[int], object] = lambda step: None,
) -> LearningRates:
    """As :func:`lr_range`, on the data that ``splicenet train`` would train on.

    Raises
    ------
    SplicenetError
        As :func:`lr_range` and :func:`split_species` do.
    """
    parts = split_species(species, holdout, settings)
    grounds = [
        TrainingGround.of(learned_from(one, settings.incomplete, regions), regions)
        for one, regions in parts.part("training")
    ]
    return lr_range(
        config, grounds, settings, low=low, high=high, steps=steps, device=device, on_step=on_step
    )


def lr_range(
    config: NetworkConfig,
    grounds: Sequence[TrainingGround],
    settings: TrainingSettings,
    *,
    low: float = 1e-5,
    high: float = 1.0,
    steps: int = 200,
    device: str = "cpu",
    on_step: Callable[[int], object] = lambda step: None,
) -> LearningRates:
    """Train a new network while the learning rate rises from ``low`` to ``high``.

    Parameters
    ----------
    config
        Shape of the network.
    grounds
        Where windows are drawn.
    settings
        Batches, loss, clipping and seed are those of training; its rate and budget play no part.
    low, high, steps
        First and last rate, and the number of steps; the test ends earlier if training breaks.
    on_step
        Hears of the steps made.

    Raises
    ------
    TrainingError
        If the rates do not rise, there are fewer than 20 steps, or the first step already fails.
    """
    if not 0 < low < high:
        raise TrainingError("the range of learning rates must rise from above 0")
    if steps < 2 * _STEPS_SMOOTHED:
        raise TrainingError(f"a range of learning rates needs {2 * _STEPS_SMOOTHED} steps or more")
    torch.manual_seed(settings.seed)
    network = SpliceNetwork(config).to(device)
    optimizer = make_optimizer(network, settings)
    batches = Batches(grounds, settings, config, torch.device(device))
    rates = np.geomspace(low, high, steps)
    losses: list[float] = []
    for step, rate in enumerate(rates):
        batch = batches.draw(step, step / steps)
        try:
            loss = descend(network, optimizer, batch, settings, rate=float(rate)).loss
        except NotFinite as error:
            if not losses:
                raise TrainingError(f"{error} before the first step was made") from error
            loss = np.inf
        losses.append(loss)
        on_step(step + 1)
        if loss > _BROKEN * losses[0]:
            break
    return read_range(rates[: len(losses)], np.array(losses))


def read_range(rates: np.ndarray, losses: np.ndarray) -> LearningRates:
    """Smooth the losses and part the rates into zones; both are (steps,), rates increasing."""
    smooth = _smoothed(losses)
    lowest = int(np.argmin(smooth))
    worse = smooth > smooth[0]
    worse[: lowest + 1] = False
    broken = int(np.argmax(worse)) if worse.any() else len(smooth)
    rows = [
        RateRow(float(rate), float(loss), _zone(index, lowest, broken))
        for index, (rate, loss) in enumerate(zip(rates, smooth, strict=True))
    ]
    return LearningRates(rows, float(rates[lowest]) / _TENFOLD)


def _zone(index: int, lowest: int, broken: int) -> Zone:
    if index <= lowest:
        return "converges"
    return "oscillates" if index < broken else "diverges"


def _smoothed(losses: np.ndarray) -> np.ndarray:
    """The mean of neighbouring steps, near ones weighing more; a step without a loss keeps none."""
    known = np.isfinite(losses)
    weights = np.bartlett(2 * _STEPS_SMOOTHED + 3)[1:-1]
    total = _convolved(np.where(known, losses, 0), weights)
    return np.where(
        known, total / np.maximum(_convolved(known.astype(float), weights), 1e-9), np.inf
    )


def _convolved(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """``np.convolve`` whose result is as long as ``values``, however short they are."""
    half = len(weights) // 2
    return np.convolve(values, weights)[half : half + len(values)]
