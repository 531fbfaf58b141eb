"""How far an explanation is to be trusted, in numbers."""

from __future__ import annotations

import copy
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import torch

from splicenet.attribution.explain import Explaining, MethodName, explain_windows
from splicenet.attribution.faithfulness import Curves, faithfulness
from splicenet.attribution.sitemotif import SPANS, counted_motif
from splicenet.attribution.target import explaining, log_odds, tensors
from splicenet.attribution.windows import SiteWindows
from splicenet.genome.alphabet import N
from splicenet.model.network import SpliceNetwork

__all__ = ["MATRIX", "curves", "methods_agree", "rank_agreement", "scrambled", "weights_control"]

MATRIX = "position weight matrix"

_COMPARED: tuple[MethodName, ...] = ("gradient", "ig", "ism")
_FAINT = 1e-6
"""Bits, less than any weight: of bases that the matrix does not know."""


def rank_agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Mean over windows, (N, L) each, of Spearman's correlation of the scores.

    Bases without a score in either, such as a shuffle has left in their place, are passed over, and
    so are windows in which all scores are alike; NaN if nothing is left.
    """
    known = (one != 0) & (other != 0)
    a, b = (pd.DataFrame(np.where(known, scores, np.nan)).T for scores in (one, other))
    return float(a.rank().corrwith(b.rank()).mean())


def methods_agree(
    network: SpliceNetwork, windows: SiteWindows, actual: np.ndarray, settings: Explaining
) -> dict[tuple[str, str], float]:
    """Rank agreement of gradient, integrated gradients, mutagenesis, and the method at hand."""
    names = dict.fromkeys((settings.method, *_COMPARED))
    found = {settings.method: actual}
    for name in names:
        if name not in found:
            other = explain_windows(network, windows, replace(settings, method=name))
            found[name] = other.actual(windows.codes)
    return {
        (one, other): rank_agreement(found[one], found[other])
        for one, other in combinations(names, 2)
    }


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
    """Deletion and insertion curves of the log-odds, the bases with the highest scores first.

    The windows are round sites of one kind. Beside the explanation stands what takes no network to
    know: the sites' position weight matrix, and beyond it the nearest bases first.
    """
    kinds = settings.kinds(windows)
    orders = {settings.method: actual, MATRIX: _by_matrix(windows)}

    with explaining(network) as reader, torch.no_grad():

        def score(codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
            bases, classes = tensors(reader, codes, kinds[rows])
            found: np.ndarray = log_odds(reader, bases, classes, windows.centre).cpu().numpy()
            return found

        return faithfulness(score, windows.codes, orders, seed=settings.seed)


def _by_matrix(windows: SiteWindows) -> np.ndarray:
    """Weights of the bases in the matrix counted from the windows, (N, L)."""
    kind = windows.sites[0].kind
    letters = np.bincount(windows.codes.ravel(), minlength=N)[:N] + 1.0
    background = letters / letters.sum()
    counted = counted_motif(windows.codes, kind=kind, centre=windows.centre, background=background)
    weights = np.append(np.log2(counted.probabilities / background), np.zeros((len(counted), 1)), 1)
    distance = np.abs(windows.offsets) / len(windows.offsets)
    importance = np.tile(-_FAINT * distance, (len(windows), 1))
    for index, offset in enumerate(range(*SPANS[kind])):
        at = windows.centre + offset
        importance[:, at] = weights[index][windows.codes[:, at]]
    return importance
