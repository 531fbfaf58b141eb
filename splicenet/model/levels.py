"""The levels of the network, and what a level must know of a batch beside its bases.

In the comments ``B`` is the batch, ``L`` the length in bases, ``T`` the steps of a slower level,
``S`` its stride, ``C`` the channels of a level and ``H`` the hidden units of one direction.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from splicenet.model.accent import Accent
from splicenet.model.config import NetworkConfig
from splicenet.model.convolution import Convolution, Normalisation, from_slower, to_slower
from splicenet.model.recurrence import Recurrence, Truncation, Watch

__all__ = [
    "WHOLE",
    "CoarseLevel",
    "Reading",
    "RecurrentLevel",
    "ResidualBlock",
    "in_full",
    "make_recurrence",
    "only",
    "recur",
]


Answer = TypeVar("Answer")


class Reading(NamedTuple):
    """How a batch is read, beside its bases."""

    lengths: Tensor | None = None
    """Bases of each sequence, (B,), a multiple of the phase; ``None`` if all are whole."""
    truncation: Truncation | None = None
    recompute: int = 0
    watch: Watch | None = None
    hear: Callable[[Tensor], object] | None = None
    """Called with what the slowest level says, (B, T, W), before it joins the faster ones."""
    species: Tensor | None = None
    """Of each sequence the index of its species, (B,), -1 where it is not told."""

    def there(self, steps: int, stride: int) -> Tensor | None:
        """Which of so many steps of ``stride`` bases lie in their sequence, (B, T), bool."""
        if self.lengths is None:
            return None
        starts = torch.arange(0, steps * stride, stride, device=self.lengths.device)
        return starts < self.lengths[:, None]


WHOLE = Reading()


def make_recurrence(inputs: int, config: NetworkConfig) -> Recurrence:
    """Recurrent layers as the configuration has them, for inputs of this width."""
    return Recurrence(
        inputs,
        config.hidden,
        cell=config.cell,
        rank=config.rank,
        layers=config.layers,
        layer_stride=config.layer_stride,
        initialisation=config.first_weights,
        forget_bias=config.forget_bias,
        longest_memory=config.memory,
    )


def recur(recurrence: Recurrence, steps: Tensor, how: Reading, stride: int) -> Tensor:
    """Read steps of ``stride`` bases with the recurrent layers, (B, T, I) to (B, T, 2H)."""
    y = recurrence(
        steps,
        how.there(steps.shape[1], stride),
        truncation=how.truncation,
        recompute=how.recompute,
        watch=how.watch,
    )
    if how.hear is not None:
        how.hear(y)
    return y


def in_full(read: Callable[[Tensor], Answer], x: Tensor) -> Answer:
    """What is read of x in 32 bits where autocast takes 16 for others."""
    if not torch.is_autocast_enabled(x.device.type):
        return read(x)
    with torch.autocast(x.device.type, enabled=False):
        return read(x.float())


class ResidualBlock(nn.Module):
    """Two dilated convolutions and a way around them (He et al. 2016), (B, C, L) to (B, C, L)."""

    def __init__(self, channels: int, kernel: int, dilation: int = 1) -> None:
        super().__init__()
        padding = (kernel // 2) * dilation

        def convolution() -> Convolution:
            return Convolution(
                channels, channels, kernel, padding=padding, dilation=dilation, bias=False
            )

        self.first, self.second = convolution(), convolution()
        self.first_norm: nn.Module = Normalisation(channels)
        self.second_norm: nn.Module = Normalisation(channels)

    def forward(self, x: Tensor, there: Tensor | None = None) -> Tensor:
        """Read where the mask (B, L) says that something is; elsewhere is 0."""
        y = only(F.relu(_normalised(self.first_norm, self.first(x), there)), there)  # (B, C, L)
        return only(F.relu(x + _normalised(self.second_norm, self.second(y), there)), there)

    def fuse(self) -> None:
        """Fold the normalisations into the convolutions; for prediction only."""
        self.first = fuse_conv_bn_eval(self.first, cast(nn.BatchNorm1d, self.first_norm))
        self.second = fuse_conv_bn_eval(self.second, cast(nn.BatchNorm1d, self.second_norm))
        self.first_norm = self.second_norm = nn.Identity()


class CoarseLevel(nn.Module):
    """Residual convolutions at a slower time scale, and the recurrent level that hangs from them.

    (B, C, L) to (B, C, L), ``L`` a multiple of the phase; what is read is added back. It is told
    how far reading frames are open, (B, 2, L), if the network is; what it makes of that starts at
    zero.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width, self.stride = config.coarse_channels, config.stride
        self.down = nn.Linear(config.channels * config.stride, width)
        self.frames = nn.Linear(2 * config.stride, width, bias=False) if config.codons else None
        if self.frames is not None:
            nn.init.zeros_(self.frames.weight)
        self.accent = Accent(len(config.species), width) if config.species else None
        self.blocks = nn.Sequential(
            *(ResidualBlock(width, config.coarse_kernel, d) for d in config.coarse_dilations)
        )
        self.recurrent = RecurrentLevel(config) if config.architecture == "hybrid" else None
        self.up = nn.Linear(width, config.channels * config.stride)

    def forward(self, x: Tensor, opened: Tensor | None, how: Reading = WHOLE) -> Tensor:
        """Read the level above and add to it."""
        y = self.features(x, opened, how)  # (B, C', T)
        if self.recurrent is None and how.hear is not None:
            how.hear(y.transpose(1, 2))
        if self.recurrent is not None:
            y = in_full(partial(self.recurrent, how=how), y)
        return self.join(x, y)

    def features(self, x: Tensor, opened: Tensor | None, how: Reading = WHOLE) -> Tensor:
        """What the convolutions see, before the recurrent level: (B, C, L) to (B, C', T)."""
        y = self.steps(x, opened).transpose(1, 2)  # (B, C', T)
        y = F.relu(y if self.accent is None else self.accent(y, how.species))
        there = how.there(y.shape[-1], self.stride)
        y = only(y, there)
        for block in self.blocks:
            y = block(y, there)
        return y

    def steps(self, x: Tensor, opened: Tensor | None) -> Tensor:
        """What is read side by side of (B, C, L) and of open frames, (B, 2, L): (B, T, C')."""
        y = to_slower(self.down, x, self.stride)
        if self.frames is None:
            return y
        assert opened is not None, "a network that is told of frames"
        return y + to_slower(self.frames, opened, self.stride)

    def join(self, x: Tensor, y: Tensor) -> Tensor:
        """Add the slow level (B, C', T) to the fast one (B, C, L)."""
        return x + from_slower(self.up, y.transpose(1, 2), self.stride)


class RecurrentLevel(nn.Module):
    """Recurrent layers at the slowest time scale, added back to the level they were read from.

    (B, C, T) to (B, C, T). The way back starts at zero: the level joins in as far as it lowers the
    loss.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width, self.stride = config.coarse_channels, config.recurrent_stride
        self.step, both = config.step, 2 * config.hidden
        self.down = nn.Linear(width * self.stride, both)
        self.norm = nn.LayerNorm(both) if config.recurrent_norm else nn.Identity()
        self.recurrence = make_recurrence(both, config)
        self.up = nn.Linear(both, width * self.stride)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor, how: Reading = WHOLE) -> Tensor:
        """Read the level above and add to it."""
        y = recur(self.recurrence, self.steps(x), how, self.step)  # (B, T', 2H)
        return self.join(x, y)

    def steps(self, x: Tensor) -> Tensor:
        """What the recurrent layers read: (B, C, T) to (B, T', 2H).

        There is no rectifier before the norm: with one most units die in training, a single large
        one decides the norm, and every step reads alike.
        """
        return self.norm(to_slower(self.down, x, self.stride))

    def join(self, x: Tensor, y: Tensor) -> Tensor:
        """Add what they say, (B, T', 2H), to the level above, (B, C, T)."""
        return x + from_slower(self.up, y, self.stride)


def only(x: Tensor, there: Tensor | None) -> Tensor:
    """(B, C, T), 0 where nothing is by the mask (B, T)."""
    if there is None:
        return x
    # A tensor filled as it stands would lie channel by channel.
    return x.transpose(1, 2).masked_fill(~there[..., None], 0).transpose(1, 2)


def _normalised(norm: nn.Module, x: Tensor, there: Tensor | None) -> Tensor:
    """Normalise (B, C, T); in training, what the mask leaves out counts in no average."""
    if there is None or not norm.training:
        return norm(x)
    steps = x.transpose(1, 2)  # (B, T, C)
    normalised = torch.zeros_like(steps).masked_scatter(there[..., None], norm(steps[there]))
    return normalised.transpose(1, 2)
