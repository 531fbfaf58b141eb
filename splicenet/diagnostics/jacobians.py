"""What one step does to the state: Jacobians of real steps, and how they stretch and shrink."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from splicenet.model.cells import Cell

__all__ = ["largest_singular_values", "spectral_radii", "state_jacobians"]


def state_jacobians(cell: Cell, inputs: Tensor, states: tuple[Tensor, ...]) -> Tensor:
    """Derive the next state from the state, all parts of it laid side by side.

    Parameters
    ----------
    cell
        In eval mode.
    inputs
        What the cell reads in this step, (K, I).
    states
        The state before, each part (K, H); sequences do not mix.

    Returns
    -------
    Tensor
        (K, S, S), ``S`` the units of all parts: entry ``i, j`` is d after_i / d before_j.
    """
    widths = [part.shape[-1] for part in states]
    before = torch.cat(states, dim=-1).detach().requires_grad_()
    parts = tuple(part.contiguous() for part in before.split(widths, dim=-1))
    with torch.backends.cudnn.flags(enabled=False), torch.enable_grad():
        _, after = cell(inputs[:, None], parts)
        rows = [
            torch.autograd.grad(unit.sum(), before, retain_graph=True)[0]
            for unit in torch.cat(after, dim=-1).unbind(dim=-1)
        ]
    return torch.stack(rows, dim=1)


def spectral_radii(jacobians: Tensor) -> np.ndarray:
    """Largest modulus of an eigenvalue, (K,): the pace at which errors grow in the long run."""
    return np.abs(np.linalg.eigvals(jacobians.double().cpu().numpy())).max(axis=-1)


def largest_singular_values(jacobians: Tensor) -> np.ndarray:
    """Norm of each matrix, (K,): the most that an error can grow in this step."""
    return np.linalg.norm(jacobians.double().cpu().numpy(), ord=2, axis=(-2, -1))
