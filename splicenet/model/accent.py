"""What a network that was told which species it reads has learned of each."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["Accent"]


class Accent(nn.Module):
    """A bias of its own for each species, beside the one that a layer has for all.

    Begins at zero; (B, C, L) to (B, C, L).

    Parameters
    ----------
    species
        How many.
    channels
        C.
    """

    def __init__(self, species: int, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(species, channels))

    def forward(self, x: Tensor, who: Tensor | None) -> Tensor:
        """Add to every sequence its species' bias.

        Parameters
        ----------
        x
            (B, C, L).
        who
            Indices of species, (B,), int64; -1, or ``None`` for all, where nothing is known.
        """
        if who is None:
            return x
        own = F.embedding(who.clamp(min=0), self.bias) * (who >= 0)[:, None]
        return x + own[..., None].to(x.dtype)
