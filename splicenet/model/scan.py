"""The linear recurrence ``h[t] = a[t] h[t - 1] + b[t]``, in some ``2 sqrt(T)`` steps, not ``T``.

Time is cut into about ``sqrt(T)`` blocks. All of them are walked through at once, each as if it
began with nothing; then what every block hands on is carried from block to block; then it is added
to what stands inside. Only products and sums are made, so that coefficients near 0 do no harm.

That a linear recurrence can be computed in parallel, and that gated networks can be built of it, is
shown by Martin & Cundy (2018) and Feng et al. (2024).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["linear_loop", "linear_scan"]


def linear_loop(a: Tensor, b: Tensor, h0: Tensor) -> Tensor:
    """The recurrence step by step, the reference; takes and returns what the scan does."""
    h, states = h0, []
    for a_t, b_t in zip(a.unbind(1), b.unbind(1), strict=True):
        h = a_t * h + b_t
        states.append(h)
    return torch.stack(states, dim=1)


def linear_scan(a: Tensor, b: Tensor, h0: Tensor) -> Tensor:
    """All states of ``h[t] = a[t] * h[t - 1] + b[t]``, elementwise.

    Parameters
    ----------
    a, b
        Coefficients and inputs, (B, T, H).
    h0
        The state before the first step, (B, H).

    Returns
    -------
    Tensor
        States after every step, (B, T, H).
    """
    states: Tensor = _LinearScan.apply(a, b, h0)
    return states


class _LinearScan(torch.autograd.Function):
    """The scan, and its adjoint: the costate obeys the same recurrence backward in time."""

    @staticmethod
    def forward(a: Tensor, b: Tensor, h0: Tensor) -> Tensor:
        return _blockwise(a, b, h0)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:  # type: ignore[no-untyped-def]
        a, _, h0 = inputs
        ctx.save_for_backward(a, h0, output)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        a, h0, h = ctx.saved_tensors
        later = torch.cat([torch.zeros_like(a[:, :1]), a[:, 1:].flip(1)], dim=1)
        costate = linear_scan(later, grad.flip(1), torch.zeros_like(h0)).flip(1)  # dL / dh[t]
        earlier = torch.cat([h0[:, None], h[:, :-1]], dim=1)
        return costate * earlier, costate, costate[:, 0] * a[:, 0]


def _blockwise(a: Tensor, b: Tensor, h0: Tensor) -> Tensor:
    batch, steps, hidden = a.shape
    size = math.isqrt(steps - 1) + 1 if steps else 1
    padding = (0, 0, 0, -steps % size)
    shape = (batch, -1, size, hidden)  # (B, blocks, size, H)
    a, b = F.pad(a, padding).view(shape), F.pad(b, padding).view(shape)
    inside, decay = torch.empty_like(b), torch.empty_like(a)
    inside[:, :, 0], decay[:, :, 0] = b[:, :, 0], a[:, :, 0]
    keep, new, state, left = (part.unbind(2) for part in (a, b, inside, decay))
    for step in range(1, size):
        torch.addcmul(new[step], keep[step], state[step - 1], out=state[step])
        torch.mul(keep[step], left[step - 1], out=left[step])
    entering = [h0]
    for block in range(a.shape[1] - 1):
        entering.append(torch.addcmul(inside[:, block, -1], decay[:, block, -1], entering[-1]))
    carried = torch.stack(entering, dim=1)[:, :, None]  # (B, blocks, 1, H)
    return inside.addcmul_(decay, carried).view(batch, -1, hidden)[:, :steps]
