"""Convolutions over steps that lie one behind the other in memory.

Activations are (B, C, T), as torch's own layers have them, but in memory what is known of one step
lies together, as in (B, T, C). On a CPU torch convolves such tensors up to twice as fast, if it is
shown them as images of one row, and neighbouring steps are read side by side without a copy. On
other devices, where nothing of this has been measured, the layers are torch's own.

In the comments ``B`` is the batch, ``T`` the steps, ``S`` of them to one of a slower level, and
``C`` the channels.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from splicenet.model.taps import as_images, learns_by_taps, tapwise

__all__ = [
    "Convolution",
    "Normalisation",
    "faster_weights",
    "from_slower",
    "slower_weight",
    "to_slower",
]


class Convolution(nn.Conv1d):
    """torch's Conv1d with zeros for padding, (B, C, T) to (B, C', T); on a CPU it keeps the layout.

    Raises
    ------
    ValueError
        If a tensor has not these three dimensions.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        if x.ndim != 3:
            raise ValueError(f"(B, C, T) is convolved here, not a tensor of {x.ndim} dimensions")
        if x.device.type != "cpu":
            return super().forward(x.contiguous())
        convolve = tapwise if self.weight.requires_grad and learns_by_taps(x) else as_images
        return convolve(x, self.weight, self.bias, int(self.padding[0]), self.dilation[0])


class Normalisation(nn.BatchNorm1d):
    """torch's BatchNorm1d, of (B, C, T), whose layout it keeps on a CPU, or of (N, C)."""

    def _check_input_dim(self, x: Tensor) -> None:
        """Images of one row are as good."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise."""
        if x.ndim == 2 or x.device.type != "cpu":
            return super().forward(x.contiguous())
        return super().forward(x.unsqueeze(2)).squeeze(2)


def to_slower(layer: nn.Linear, x: Tensor, stride: int) -> Tensor:
    """Read ``stride`` steps side by side: (B, C, T) to (B, T / S, C')."""
    beside = x.transpose(1, 2).unflatten(1, (-1, stride)).flatten(2)
    return F.linear(beside, slower_weight(layer, stride), layer.bias)


def from_slower(layer: nn.Linear, y: Tensor, stride: int) -> Tensor:
    """Lay the strides of :func:`to_slower` one behind the other: (B, T / S, C') to (B, C, T)."""
    steps = F.linear(y, *faster_weights(layer, stride)).unflatten(2, (stride, -1)).flatten(1, 2)
    return steps.transpose(1, 2)


def slower_weight(layer: nn.Linear, stride: int) -> Tensor:
    """The weights of the layer for inputs step by step; its own go channel by channel."""
    return layer.weight.unflatten(1, (-1, stride)).transpose(1, 2).flatten(1)


def faster_weights(layer: nn.Linear, stride: int) -> tuple[Tensor, Tensor]:
    """The weights and biases for outputs step by step; the layer's own go channel by channel."""
    weight = layer.weight.unflatten(0, (-1, stride)).transpose(0, 1).flatten(0, 1)
    return weight, layer.bias.unflatten(0, (-1, stride)).T.flatten()
