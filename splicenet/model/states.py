"""What the levels of a network say of whole windows: the means of their states."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from splicenet.model.network import SpliceNetwork
from splicenet.model.scoring import BATCH_TOKENS

__all__ = ["level_names", "mean_states"]


def level_names(network: SpliceNetwork) -> list[str]:
    """The levels that :func:`mean_states` reads, in the order in which they are computed."""
    return list(_levels(network))


def _levels(network: SpliceNetwork) -> dict[str, nn.Module]:
    """``coarse``, ``recurrent`` and ``last``, which the splice head reads; those that are there."""
    found: dict[str, nn.Module] = {}
    if network.config.architecture != "lstm":
        found["coarse"] = network.coarse.blocks[-1]
    if network.recurrence is not None:
        found["recurrent"] = network.recurrence
    if network.config.architecture != "lstm":
        found["last"] = network.last
    return found


@torch.inference_mode()
def mean_states(
    network: SpliceNetwork, codes: np.ndarray, *, batch_tokens: int = BATCH_TOKENS
) -> dict[str, np.ndarray]:
    """The mean of each level's states over every window.

    Parameters
    ----------
    network
        In eval mode.
    codes
        Windows in the direction of transcription, (N, L), uint8.
    batch_tokens
        Bases read at once.

    Returns
    -------
    dict
        By level, (N, W) float32, ``W`` being the level's width.
    """
    device = next(network.parameters()).device
    found: dict[str, list[np.ndarray]] = {name: [] for name in level_names(network)}

    def keep(name: str, module: nn.Module, given: object, said: Tensor) -> None:
        steps = 1 if name == "recurrent" else 2  # (B, T, W), or (B, C, T)
        found[name].append(said.mean(steps).float().cpu().numpy())

    rows = max(1, batch_tokens // codes.shape[1])
    with ExitStack() as hooks:
        for name, level in _levels(network).items():
            hooks.callback(level.register_forward_hook(partial(keep, name)).remove)
        for first in range(0, len(codes), rows):
            network(torch.from_numpy(codes[first : first + rows]).to(device))
    return {name: np.concatenate(parts) for name, parts in found.items()}
