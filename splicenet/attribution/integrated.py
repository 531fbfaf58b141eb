"""Integrated gradients (Sundararajan et al. 2017): what leads from a reference to the sequence.

The gradient is averaged along the straight path from a reference without meaning to the sequence,
so the scores add up to the difference between the two, exactly in the limit of many steps. How far
they do not, the completeness error, is reported for every site.
"""

from __future__ import annotations

import numpy as np
import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from splicenet.attribution.references import Reference, references
from splicenet.attribution.target import (
    BATCH_TOKENS,
    Attribution,
    batches,
    explaining,
    log_odds,
    tensors,
)
from splicenet.model.network import SpliceNetwork

__all__ = ["SMALL", "integrated_gradients"]

SMALL = 1e-3
"""A completeness error, in nats, that is no error however small the difference."""
_DOUBLINGS = 5


def integrated_gradients(
    network: SpliceNetwork,
    codes: np.ndarray,
    kinds: np.ndarray,
    *,
    centre: int,
    reference: Reference = "shuffled",
    shuffles: int = 1,
    steps: int = 20,
    tolerance: float = 0.01,
    seed: int = 0,
    batch_tokens: int = BATCH_TOKENS,
) -> Attribution:
    """Explain by integrated gradients.

    Parameters
    ----------
    network
        On any device and in any mode, both as before afterwards.
    codes
        Windows in reading direction, (N, L), uint8.
    kinds
        Classes explained, (N,).
    centre
        Index of the site in every window.
    reference, shuffles, seed
        See :func:`~splicenet.attribution.references.references`; the mean over shuffles is taken.
        Where a shuffle leaves a letter in its place, that letter scores 0 against it: with few
        shuffles single sites have holes.
    steps
        Steps on the path at first, two or more, read in their middles: rectified units leave kinks
        all along it, of which rules of higher order make no better. They are doubled, five times
        at most, for the sequences that need it.
    tolerance
        Completeness error wanted, as a share of the difference from the reference.
    batch_tokens
        Bases read at once; memory grows with it.

    Returns
    -------
    Attribution
        ``delta`` is the absolute completeness error of the mean over references.
    """
    starts = references(codes, reference, count=shuffles, seed=seed)
    hypothetical = np.zeros((*codes.shape, 4), np.float32)
    delta, score, base = (np.zeros(len(codes)) for _ in range(3))
    with explaining(network):
        for rows in batches(codes.shape, batch_tokens):
            bases, classes = tensors(network, codes[rows], kinds[rows])
            start = torch.from_numpy(starts[rows]).to(bases)
            paths = _Paths(network, start, bases, classes, centre)
            scores, errors = paths.integrate(steps, tolerance, batch_tokens)
            hypothetical[rows], delta[rows] = scores.cpu().numpy(), errors.cpu().numpy()
            score[rows] = paths.score.cpu().numpy()
            base[rows] = paths.base.mean(1).cpu().numpy()
    return Attribution.of(hypothetical, codes, score, delta, base)


class _Paths:
    """From some references each, (B, R, L, 4), to sequences, (B, L, 4)."""

    def __init__(
        self, network: SpliceNetwork, start: Tensor, end: Tensor, kinds: Tensor, centre: int
    ) -> None:
        self._network, self._centre = network, centre
        self._start, self._end, self._kinds = start, end, kinds
        with torch.no_grad():
            self.score = self._target(end, kinds)  # (B,)
            of_each = [self._target(one, kinds) for one in start.unbind(1)]
            self.base = torch.stack(of_each, dim=1)  # (B, R)

    def _target(self, bases: Tensor, kinds: Tensor) -> Tensor:
        return log_odds(self._network, bases, kinds, self._centre)

    def integrate(self, steps: int, tolerance: float, tokens: int) -> tuple[Tensor, Tensor]:
        """Scores (B, L, 4), means over references, and their errors (B,), in as many steps."""
        difference = self.score - self.base.mean(1)
        allowed = (tolerance * difference.abs()).clamp(min=SMALL)
        scores = torch.zeros_like(self._end)
        errors = torch.full_like(difference, torch.inf)
        for doubling in range(_DOUBLINGS + 1):
            rows = (errors > allowed).nonzero()[:, 0]
            if not len(rows):
                break
            found = torch.stack(
                [
                    self._scores(rows, start, steps << doubling, tokens)
                    for start in self._start[rows].unbind(1)
                ]
            ).mean(0)
            total = (found * self._end[rows]).sum((1, 2))
            scores[rows], errors[rows] = found, (total - difference[rows]).abs()
        return scores, errors

    def _scores(self, rows: Tensor, start: Tensor, steps: int, tokens: int) -> Tensor:
        """What every letter would bring, against one reference of each row."""
        method = IntegratedGradients(self._target, multiply_by_inputs=False)
        mean: Tensor = method.attribute(
            self._end[rows],
            start,
            additional_forward_args=(self._kinds[rows],),
            method="riemann_middle",
            n_steps=steps,
            internal_batch_size=max(len(rows), tokens // self._end.shape[1]),
        ).detach()
        return mean - (mean * start).sum(-1, keepdim=True)
