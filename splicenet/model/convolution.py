"""Convolutions over steps that lie one behind the other in memory.

Activations are (B, C, T), as torch's own layers have them, but in memory what is known of one step
lies together, as in (B, T, C). torch convolves and normalises such tensors some two times as fast
on a CPU, if it is shown them as images of one row, and neighbouring steps are read side by side
without a copy.

In the comments ``B`` is the batch, ``T`` the steps, ``S`` of them to one of a slower level, and
``C`` the channels.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["Convolution", "Normalisation", "from_slower", "to_slower"]


class Convolution(nn.Conv1d):
    """torch's Conv1d, (B, C, T) to (B, C', T), for tensors of any layout; it keeps theirs."""

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        return F.conv2d(
            x.unsqueeze(2),
            self.weight.unsqueeze(2),
            self.bias,
            stride=(1, *self.stride),
            padding=(0, *self.padding),
            dilation=(1, *self.dilation),
            groups=self.groups,
        ).squeeze(2)


class Normalisation(nn.BatchNorm1d):
    """torch's BatchNorm1d, for (B, C, T) of any layout, which it keeps, or (N, C)."""

    def _check_input_dim(self, x: Tensor) -> None:
        """Images of one row are as good."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise."""
        return super().forward(x) if x.ndim == 2 else super().forward(x.unsqueeze(2)).squeeze(2)


def to_slower(layer: nn.Linear, x: Tensor, stride: int) -> Tensor:
    """Read ``stride`` steps side by side: (B, C, T) to (B, T / S, C').

    The layer's inputs are in the order of the channels, and in each in that of the steps.
    """
    weight = layer.weight.unflatten(1, (-1, stride)).transpose(1, 2).flatten(1)
    return F.linear(x.transpose(1, 2).unflatten(1, (-1, stride)).flatten(2), weight, layer.bias)


def from_slower(layer: nn.Linear, y: Tensor, stride: int) -> Tensor:
    """Undo the strides of :func:`to_slower`: (B, T / S, C') to (B, C, T)."""
    weight = layer.weight.unflatten(0, (-1, stride)).transpose(0, 1).flatten(0, 1)
    bias = layer.bias.unflatten(0, (-1, stride)).T.flatten()
    steps = F.linear(y, weight, bias).unflatten(2, (stride, -1)).flatten(1, 2)  # (B, T, C)
    return steps.transpose(1, 2)
