"""What the levels of a network hold in mind over whole windows of a strand and of the other."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from splicenet.genome.alphabet import reverse_complement
from splicenet.model.language import LanguageNetwork
from splicenet.model.network import SpliceNetwork
from splicenet.model.states import mean_states

__all__ = ["mean_side_states", "window_states"]

_TOKENS = 1 << 15
"""Bases in a batch: what fits a cache is read faster."""


def window_states(network: SpliceNetwork, codes: np.ndarray) -> dict[str, np.ndarray]:
    """The mean of each level's states over every window, and over both strands of it.

    Which strand a file holds says nothing.

    Parameters
    ----------
    network
        In eval mode; a language model reads as :func:`mean_side_states` has it.
    codes
        Windows, (N, L), uint8.

    Returns
    -------
    dict
        By level, the fastest last, (N, numbers) float32.
    """

    def read(strand: np.ndarray) -> dict[str, np.ndarray]:
        if isinstance(network, LanguageNetwork):
            return mean_side_states(network, strand)
        return mean_states(network, strand)

    strands = [read(codes), read(np.ascontiguousarray(reverse_complement(codes)))]
    return {level: (strands[0][level] + strands[1][level]) / 2 for level in strands[0]}


@torch.inference_mode()
def mean_side_states(network: LanguageNetwork, codes: np.ndarray) -> dict[str, np.ndarray]:
    """The mean of each level's states over every window, of both readings side by side.

    Takes and returns what :func:`window_states` does, of one strand.
    """
    device = next(network.parameters()).device
    rows = max(1, _TOKENS // codes.shape[1])
    found: dict[str, list[np.ndarray]] = {}

    def hear(level: str, states: Tensor) -> None:
        means = states.float().mean(-1).flatten(1)  # (B, 2 * C)
        found.setdefault(level, []).append(means.cpu().numpy())

    for first in range(0, len(codes), rows):
        batch = torch.from_numpy(codes[first : first + rows]).to(device)
        network.read_sides(batch, hear)
    return {level: np.concatenate(parts) for level, parts in found.items()}
