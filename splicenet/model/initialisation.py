"""How a recurrent cell begins: what it is inclined to keep before it has learned anything."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

from splicenet.model.cell import Cell

__all__ = ["Initialisation", "initialise"]

Initialisation = Literal["torch", "orthogonal", "chrono"]


@torch.no_grad()
def initialise(
    cell: Cell,
    initialisation: Initialisation,
    *,
    forget_bias: float | None = None,
    longest_memory: int = 1024,
) -> None:
    """Give a cell its first weights, in place.

    Parameters
    ----------
    cell
        As it was made.
    initialisation
        ``torch`` leaves it so. ``orthogonal`` makes each gate's recurrent matrix orthogonal (Saxe
        et al. 2014). ``chrono`` spreads the gates that keep the state so that the units' memories
        reach up to ``longest_memory`` steps (Tallec & Ollivier 2018).
    forget_bias
        Log-odds at which the gate that keeps the state begins; ``None`` leaves it.
    longest_memory
        Steps, at least 3; read by ``chrono`` alone.

    Raises
    ------
    ValueError
        If the cell has no such gate.
    """
    if initialisation == "orthogonal":
        for matrix in cell.recurrent_matrices():
            nn.init.orthogonal_(matrix)
    if initialisation == "chrono":
        memory = torch.empty(cell.hidden).uniform_(1, longest_memory - 1)
        cell.remember(memory.log(), exclusive=True)
    if forget_bias is not None:
        cell.remember(torch.full((cell.hidden,), float(forget_bias)), exclusive=False)
