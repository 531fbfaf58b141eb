"""A convolution that learns tap by tap.

On CPUs with AVX2 and no AVX-512 torch takes longer for the gradient of a convolution's weights than
for the convolution and for the gradient of what came in. Here that gradient is one product of
matrices for each tap of the kernel, what comes in against the gradient of what goes out, and the
gradient of what comes in is a convolution again.

In the comments ``B`` is the batch, ``T`` the steps, ``C`` the channels that come in, ``O`` those
that go out and ``K`` the taps.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = ["as_images", "learns_by_taps", "tapwise"]


def learns_by_taps(x: Tensor) -> bool:
    """Whether this way is the faster one to learn from what is convolved."""
    return (
        torch.is_grad_enabled()
        and x.dtype == torch.float32
        and not torch.is_autocast_enabled("cpu")
        and torch.backends.cpu.get_cpu_capability() == "AVX2"
    )


def tapwise(x: Tensor, weight: Tensor, bias: Tensor | None, padding: int, dilation: int) -> Tensor:
    """Convolve (B, C, T) with weights (O, C, K) and zeros on both sides, a stride of 1.

    Gives (B, O, T'), whose gradient is found tap by tap; that of the weights whenever they learn,
    asked for or not. There is no gradient of the gradient. No output may read zeros alone:
    ``padding`` is at most ``dilation * (K - 1)``.
    """
    convolved: Tensor = _Tapwise.apply(x, weight, bias, padding, dilation)
    return convolved


def as_images(
    x: Tensor, weight: Tensor, bias: Tensor | None, padding: int, dilation: int
) -> Tensor:
    """The same by torch's own convolution, which is shown images of one row."""
    return F.conv2d(
        x.unsqueeze(2), weight.unsqueeze(2), bias, padding=(0, padding), dilation=(1, dilation)
    ).squeeze(2)


class _Tapwise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, padding: int, dilation: int
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.padding, ctx.dilation = padding, dilation
        return as_images(x, weight, bias, padding, dilation)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        of_x = of_weight = of_bias = None
        if ctx.needs_input_grad[0]:
            turned = weight.flip(2).transpose(0, 1).contiguous()  # (C, O, K)
            around = ctx.dilation * (weight.shape[2] - 1) - ctx.padding
            of_x = as_images(gradient, turned, None, around, ctx.dilation)
        if ctx.needs_input_grad[1]:
            of_weight = _of_weight(x, gradient, weight.shape[2], ctx.padding, ctx.dilation)
        if ctx.needs_input_grad[2]:
            of_bias = gradient.sum((0, 2))
        return of_x, of_weight, of_bias, None, None


def _of_weight(x: Tensor, gradient: Tensor, taps: int, padding: int, dilation: int) -> Tensor:
    """(B, C, T) that came in and the gradient (B, O, T') of what went out, to (O, C, K).

    All sequences stand one behind the other, each with its zeros: what a shift carries over from
    one into the next meets a gradient of zero.
    """
    reach = dilation * (taps - 1)
    came_in = F.pad(x.transpose(1, 2), (0, 0, padding, padding)).flatten(0, 1)  # (N, C)
    went_out = F.pad(gradient.transpose(1, 2), (0, 0, 0, reach)).flatten(0, 1)  # (N, O)
    steps = len(came_in) - reach
    found = gradient.new_empty(taps, gradient.shape[1], x.shape[1])
    for tap in range(taps):
        shifted = came_in[tap * dilation : tap * dilation + steps]
        torch.mm(went_out[:steps].T, shifted, out=found[tap])
    return found.permute(1, 2, 0)
