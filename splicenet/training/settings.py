"""What a training run may choose, apart from the shape of the network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from splicenet.exceptions import TrainingError
from splicenet.training.balance import Balancing
from splicenet.training.lengths import Lengths
from splicenet.training.precision import Precision

__all__ = ["TrainingSettings"]


_POSITIVE = (
    "learning_rate",
    "warmup_steps",
    "clip",
    "clip_value",
    "bptt",
    "meta",
    "site_weight",
    "validation_sites",
    "validation_bases",
    "evaluations",
    "patience",
)
_NOT_NEGATIVE = ("weight_decay", "focal", "checkpoint_minutes", "retries")


@dataclass(frozen=True)
class TrainingSettings:
    """The choices of a run; with the data and the network's shape they decide the weights.

    Exactly one of ``minutes``, ``steps`` and ``epochs`` limits the run; an epoch draws as many
    bases as both strands of the training regions hold.
    """

    minutes: float | None = None
    steps: int | None = None
    epochs: float | None = None
    length: int | str = 8192
    """Bases in a window; :class:`Lengths` tells what else may stand here."""
    batch_tokens: int = 16384
    """Bases in a batch: the number of windows is this divided by their length."""
    bptt: int | None = None
    """Bases between the cuts of the gradient's way through time; None is full BPTT."""
    checkpoint_activations: bool = False
    """Compute the recurrent level's states again in the backward pass instead of keeping them."""
    precision: Precision = "auto"
    """Of convolutions while they learn; :func:`~splicenet.training.precision.resolved` tells."""
    genes: float = 0.7
    """Share of windows drawn around annotated exons; the rest fall anywhere, on either strand."""
    untold: float = 0.125
    """Share of windows whose species a network with biases for species is not told."""
    incomplete: tuple[str, ...] = ()
    """Species whose annotation lacks genes: nothing is learned outside of those that it has."""
    learning_rate: float = 5e-3
    weight_decay: float = 0.01
    warmup_steps: int = 100
    meta: int | None = None
    """Steps on one species before the weights go a part of the way there; None is plain training.

    The steps have the full learning rate; it is the part of the way that falls from all to little.
    """
    clip: float = 1.0
    """Largest norm of the gradient of the loss in nats a kilobase."""
    clip_value: float | None = None
    """Largest value in the gradient, clipped before the norm; None leaves values alone."""
    retries: int = 2
    """Times to go back, at half the learning rate, from a loss or gradient that is not finite."""
    site_weight: float = 1.0
    """Weight of donors and acceptors in the loss; other bases weigh 1."""
    focal: float = 0.0
    """Exponent of the focal loss; 0 is plain cross-entropy."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Of the losses of tasks, by name, ``splice`` included; 1 where nothing is said."""
    balance: Balancing = "fixed"
    """What the weights are multiplied with; :class:`Balance` tells."""
    validation: float = 0.05
    """Share of the sequence not held out that stops and calibrates the training."""
    validation_sites: int | None = None
    """Donors that the validation part of a species should hold: where its share holds fewer it is
    made larger, up to a fifth. None leaves it as it is."""
    validation_bases: int = 1_000_000
    """Strand-bases scored at each evaluation; the calibration at the end reads ten times more."""
    evaluations: int = 12
    patience: int = 6
    """Evaluations without a better AUPRC after which training stops."""
    test_bases: int | None = None
    """Strand-bases of each species' held-out sequence that are scored at the end; None is all."""
    checkpoint_minutes: float = 2.0
    seed: int = 1

    def __post_init__(self) -> None:
        if sum(limit is not None for limit in (self.minutes, self.steps, self.epochs)) != 1:
            raise TrainingError("give one of --minutes, --steps and --epochs")
        for limit in (self.minutes, self.steps, self.epochs):
            if limit is not None and not 0 < limit < math.inf:
                raise TrainingError("the training budget must be a number above 0")
        if self.batch_tokens < self.lengths.longest:
            raise TrainingError(
                f"a batch of {self.batch_tokens} bases holds no window of {self.lengths.longest}; "
                "raise --batch-tokens or lower --length"
            )
        for name in _POSITIVE:
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise TrainingError(f"--{name.replace('_', '-')} must be more than 0")
        for name in _NOT_NEGATIVE:
            if not getattr(self, name) >= 0:
                raise TrainingError(f"--{name.replace('_', '-')} must not be negative")
        for name, weight in self.weights.items():
            if not 0 <= weight < math.inf:
                raise TrainingError(f"--weight {name} must be a number of at least 0")
        if self.balance not in get_args(Balancing):
            raise TrainingError(f"--balance must be one of {', '.join(get_args(Balancing))}")
        if self.precision not in get_args(Precision):
            raise TrainingError(f"--precision must be one of {', '.join(get_args(Precision))}")
        if not 0 <= self.genes < 1:
            raise TrainingError("--genes must be at least 0 and below 1")
        if not 0 <= self.untold <= 1:
            raise TrainingError("--untold must lie between 0 and 1")
        if not 0 < self.validation < 1:
            raise TrainingError("--validation must lie between 0 and 1")

    @property
    def lengths(self) -> Lengths:
        """What ``length`` says."""
        return Lengths.parse(self.length)

    @property
    def batch_size(self) -> int:
        """Windows in a batch of the longest."""
        return self.batch_tokens // self.lengths.longest

    def planned_steps(self, strand_bases: int) -> int | None:
        """Steps of the run over ``strand_bases`` of training sequence; None if time decides."""
        if self.steps is not None:
            return self.steps
        if self.epochs is not None:
            return math.ceil(
                self.epochs * strand_bases / self.lengths.mean_bases(self.batch_tokens)
            )
        return None

    def rate(self, step: int, share: float, *, setbacks: int = 0) -> float:
        """The learning rate of a step, counted from 0, when ``share`` of the budget is spent.

        Linear warm-up, then half a cosine down to a hundredth; half of it for each setback.
        """
        warm = min(1.0, (step + 1) / self.warmup_steps)
        cosine = 0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2
        return self.learning_rate * warm * cosine * 0.5**setbacks

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)
