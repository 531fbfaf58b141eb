"""Whether scores foretell what changes of the sequence do, and stay what they are under small ones.

Changes are other letters at some bases drawn at random, as the network may meet them: what noise
added to letters does was never trained.
"""

from __future__ import annotations

import numpy as np
import torch
from captum.metrics import infidelity as captum_infidelity
from captum.metrics import sensitivity_max
from torch import Tensor

from splicenet.attribution.explain import Explaining, explain_codes
from splicenet.attribution.target import Attribution, explaining, log_odds, tensors
from splicenet.attribution.windows import SiteWindows
from splicenet.genome.alphabet import N
from splicenet.model.network import SpliceNetwork

__all__ = ["infidelity", "sensitivity"]


def infidelity(
    network: SpliceNetwork,
    windows: SiteWindows,
    attribution: Attribution,
    settings: Explaining,
    *,
    share: float = 0.05,
    draws: int = 16,
) -> float:
    """How badly the scores of the letters foretell what changes do (Yeh et al. 2019).

    Parameters
    ----------
    network, windows, attribution, settings
        What was explained, and how.
    share
        Of the bases, changed at once.
    draws
        Changed sequences of each window.

    Returns
    -------
    float
        Mean squared error of the change of the log-odds, as a share of the mean squared change: 0
        is perfect, 1 no better than to foretell that nothing changes.
    """
    count, length = windows.codes.shape
    at_once = min(max(settings.batch_tokens // length, count), count * draws)
    with explaining(network) as reader:
        bases, classes = tensors(reader, windows.codes, settings.kinds(windows))

        def score(bases: Tensor, classes: Tensor) -> Tensor:
            return log_odds(reader, bases, classes, windows.centre)

        def error(scores: Tensor) -> float:
            random = torch.Generator().manual_seed(settings.seed)

            def perturb(bases: Tensor) -> tuple[Tensor, Tensor]:
                changed = _changed(bases, share, random)
                return bases - changed, changed

            found: Tensor = captum_infidelity(
                score,
                perturb,
                bases,
                scores,
                additional_forward_args=classes,
                n_perturb_samples=draws,
                max_examples_per_batch=at_once,
            )
            return float(found.sum())

        said = torch.from_numpy(attribution.hypothetical).to(bases)
        with torch.no_grad():
            return error(said) / max(error(torch.zeros_like(said)), np.finfo(float).tiny)


def sensitivity(
    network: SpliceNetwork,
    windows: SiteWindows,
    settings: Explaining,
    *,
    share: float = 0.01,
    draws: int = 3,
) -> float:
    """How far an explanation moves when a few letters change (Yeh et al. 2019).

    Parameters
    ----------
    network, windows, settings
        What to explain, and how.
    share
        Of the bases, changed at once.
    draws
        Changed sequences of each window.

    Returns
    -------
    float
        The length of the largest difference from a window's own scores, as a share of their
        length; mean over windows.
    """
    random = torch.Generator().manual_seed(settings.seed)
    kinds = settings.kinds(windows)
    bases, _ = tensors(network, windows.codes, kinds)

    def explain(inputs: tuple[Tensor]) -> tuple[Tensor]:
        (bases,) = inputs
        known = bases.sum(-1).bool()
        codes = torch.where(known, bases.argmax(-1), N).to(torch.uint8).cpu().numpy()
        each = np.repeat(kinds, len(codes) // len(kinds))
        found = explain_codes(network, codes, each, windows.centre, settings)
        return (torch.from_numpy(found.actual(codes)).to(bases),)

    found: Tensor = sensitivity_max(
        explain,
        bases,
        perturb_func=lambda bases: (_changed(bases, share, random),),
        n_perturb_samples=draws,
    )
    return float(found.mean())


def _changed(bases: Tensor, share: float, random: torch.Generator) -> Tensor:
    """With another letter at so many bases, (B, L, 4); unknown bases stay unknown."""
    shape = bases.shape[:2]
    chosen = torch.rand(shape, generator=random) < share
    shift = torch.randint(1, N, shape, generator=random) * chosen
    letters = (torch.arange(N) - shift[..., None]) % N
    return bases.gather(-1, letters.to(bases.device))
