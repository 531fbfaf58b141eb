"""Which level of the network carries the decision: saliency of the hidden states.

A state's saliency is its value times the gradient of the log-odds, summed over its channels: to
first order, what would be lost if the level were silent there. The way around a residual block
carries, too: the scores of two levels are not shares of one whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from splicenet.attribution.explain import Explaining
from splicenet.attribution.segments import by_distance
from splicenet.attribution.target import BATCH_TOKENS, batches, explaining, log_odds, tensors
from splicenet.attribution.windows import SiteWindows
from splicenet.model.cell import Cell
from splicenet.model.levels import ResidualBlock
from splicenet.model.network import SpliceNetwork

__all__ = ["layer_names", "layer_saliency", "layer_table"]


def layer_names(network: SpliceNetwork) -> list[str]:
    """Levels that can be looked at: residual blocks, and each direction of recurrent layers."""
    return [
        name for name, module in network.named_modules() if isinstance(module, ResidualBlock | Cell)
    ]


def layer_saliency(
    network: SpliceNetwork,
    codes: np.ndarray,
    kinds: np.ndarray,
    *,
    centre: int,
    layers: Sequence[str],
    batch_tokens: int = BATCH_TOKENS,
) -> dict[str, np.ndarray]:
    """Saliency of hidden states.

    Parameters
    ----------
    network
        On any device and in any mode; left as it is.
    codes, kinds, centre
        As the methods take them.
    layers
        Of :func:`layer_names`.
    batch_tokens
        Bases read at once; memory grows with it.

    Returns
    -------
    dict
        By layer, (N, T) float32: the steps of that layer from upstream to downstream, whichever
        way it reads.
    """
    parts: dict[str, list[np.ndarray]] = {name: [] for name in layers}
    with explaining(network) as reader, _states(reader, layers) as states:
        for rows in batches(codes.shape, batch_tokens):
            bases, classes = tensors(reader, codes[rows], kinds[rows])
            score = log_odds(reader, bases.requires_grad_(), classes, centre)
            read = [states[name] for name in layers]
            slopes = torch.autograd.grad(score.sum(), read, allow_unused=True)
            for name, state, slope in zip(layers, read, slopes, strict=True):
                product = torch.zeros_like(state) if slope is None else state * slope
                parts[name].append(_by_step(network, name, product.detach()))
    return {name: np.concatenate(found) for name, found in parts.items()}


def layer_table(
    network: SpliceNetwork, windows: SiteWindows, settings: Explaining, *, layers: Sequence[str]
) -> pd.DataFrame:
    """By layer and distance from the site.

    Returns
    -------
    pandas.DataFrame
        Columns layer, bases (of a step), kind, first and last (offsets of the steps' middles),
        sites, share (of the layer's absolute saliency, mean over sites), per_step (its mean, in
        nats), and total (its sum over the window, mean over sites).
    """
    saliency = layer_saliency(
        network,
        windows.codes,
        settings.kinds(windows),
        centre=windows.centre,
        layers=layers,
        batch_tokens=settings.batch_tokens,
    )
    kinds = [site.kind for site in windows.sites]
    tables = []
    for name, values in saliency.items():
        bases = -(-windows.codes.shape[1] // values.shape[1])
        offsets = np.arange(values.shape[1]) * bases + bases // 2 - windows.centre
        table = by_distance(values, offsets, kinds).rename(columns={"per_base": "per_step"})
        size = np.abs(values).sum(1)
        totals = {kind: size[[one == kind for one in kinds]].mean() for kind in set(kinds)}
        table["total"] = table["kind"].map(totals)
        table.insert(0, "layer", name)
        table.insert(1, "bases", bases)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


@contextmanager
def _states(network: SpliceNetwork, layers: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """What the layers said when the network was last read."""
    states: dict[str, Tensor] = {}

    def keep(
        name: str, module: nn.Module, given: object, said: Tensor | tuple[Tensor, ...]
    ) -> None:
        states[name] = said if isinstance(said, Tensor) else said[0]

    with ExitStack() as hooks:
        for name in layers:
            hook = network.get_submodule(name).register_forward_hook(partial(keep, name))
            hooks.callback(hook.remove)
        yield states


def _by_step(network: SpliceNetwork, name: str, product: Tensor) -> np.ndarray:
    """Sum over channels, in reading direction of the sequence."""
    if not isinstance(network.get_submodule(name), Cell):
        return product.sum(1).cpu().numpy()  # (B, C, T)
    steps = product.sum(-1)  # (B, T, H)
    backward = name.endswith("backward_cell")
    return (steps.flip(1) if backward else steps).cpu().numpy()
