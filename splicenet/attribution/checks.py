"""How far an explanation is to be trusted, in numbers."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import torch

from splicenet.attribution.explain import Explaining, explain_windows
from splicenet.attribution.faithfulness import Curves, faithfulness
from splicenet.attribution.target import explaining, log_odds, tensors
from splicenet.attribution.windows import SiteWindows
from splicenet.model.network import SpliceNetwork

__all__ = ["curves", "rank_agreement", "scrambled", "weights_control"]


def rank_agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Mean over windows, (N, L) each, of Spearman's correlation of absolute scores."""
    ranks = [np.abs(scores).argsort(1).argsort(1).astype(np.float64) for scores in (one, other)]
    return float(
        np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(ranks[0], ranks[1], strict=True)])
    )


def scrambled(network: SpliceNetwork, *, seed: int = 0) -> SpliceNetwork:
    """A copy whose weights stand in random order, tensor by tensor (Adebayo et al. 2018)."""
    copied = copy.deepcopy(network)
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in copied.parameters():
            order = torch.randperm(weight.numel(), generator=random).to(weight.device)
            weight.copy_(weight.flatten()[order].view_as(weight))
    return copied


def weights_control(
    network: SpliceNetwork, windows: SiteWindows, actual: np.ndarray, settings: Explaining
) -> float:
    """Rank agreement of the explanation with that of a network of scrambled weights.

    Near 0 if the explanation tells of what was learned, and not of the sequence alone.
    """
    rough = replace(settings, tolerance=np.inf)
    control = explain_windows(scrambled(network, seed=settings.seed), windows, rough)
    return rank_agreement(actual, control.actual(windows.codes))


def curves(
    network: SpliceNetwork, windows: SiteWindows, actual: np.ndarray, settings: Explaining
) -> Curves:
    """Deletion and insertion curves of the log-odds, the bases with the highest scores first."""
    kinds = settings.kinds(windows)

    def score(codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
        bases, classes = tensors(network, codes, kinds[rows])
        found: np.ndarray = log_odds(network, bases, classes, windows.centre).cpu().numpy()
        return found

    with explaining(network), torch.no_grad():
        return faithfulness(score, windows.codes, {settings.method: actual}, seed=settings.seed)
