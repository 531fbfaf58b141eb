"""What is explained: the log-odds of a class at a base, and the shape of every explanation.

The log-odds (natural logarithm) are the network's own, before calibration: a probability near 1
hardly moves whatever is changed, log-odds do. Of a task that answers with a number, the number as
it was learned is explained instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from splicenet.attribution.centre import centre_logits
from splicenet.attribution.windows import one_hot
from splicenet.genome.alphabet import N
from splicenet.model.network import SpliceNetwork

__all__ = [
    "BATCH_TOKENS",
    "Attribution",
    "Method",
    "batches",
    "explaining",
    "log_odds",
    "odds",
    "slopes",
    "tensors",
]

BATCH_TOKENS = 1 << 16
"""Bases read at once by default; memory grows with it."""


class Attribution(NamedTuple):
    """What N windows of L bases owe to each of their bases.

    Attributes
    ----------
    hypothetical
        Score that each letter has, or would have, at each base: (N, L, 4) in the order A, C, G, T,
        float32, in nats. Bases of N have zeros.
    delta
        Completeness error: by how much the scores of the bases that are there fail to add up to
        the difference from the reference, (N,), float64; NaN where a method promises no sum.
    score
        The log-odds explained, or the number, (N,), float64.
    reference
        The same of the reference, its mean where there are several, (N,), float64; NaN where
        there is none.
    """

    hypothetical: np.ndarray
    delta: np.ndarray
    score: np.ndarray
    reference: np.ndarray

    def actual(self, codes: np.ndarray) -> np.ndarray:
        """Scores of the bases that are there, (N, L), float32; 0 for N."""
        index = np.minimum(codes, N - 1)[..., None].astype(np.intp)
        scores = np.take_along_axis(self.hypothetical, index, axis=-1)[..., 0]
        return np.where(codes == N, np.float32(0), scores)

    @classmethod
    def of(
        cls,
        hypothetical: np.ndarray,
        codes: np.ndarray,
        score: np.ndarray,
        delta: np.ndarray | None = None,
        reference: np.ndarray | None = None,
    ) -> Attribution:
        """With zeros for bases of N, and NaN for what is not given."""
        known = (codes != N)[..., None]
        unknown = np.full(len(codes), np.nan)
        return cls(
            np.where(known, hypothetical, 0).astype(np.float32),
            unknown if delta is None else delta,
            np.asarray(score, dtype=np.float64),
            unknown if reference is None else reference,
        )

    @classmethod
    def joined(cls, parts: list[Attribution]) -> Attribution:
        """One after the other."""
        return cls(*map(np.concatenate, zip(*parts, strict=True)))


class Method(Protocol):
    """The one signature of all methods; each has options of its own with defaults."""

    def __call__(
        self, network: SpliceNetwork, codes: np.ndarray, kinds: np.ndarray, *, centre: int
    ) -> Attribution:
        """Explain the log-odds of the classes ``kinds`` (N,) at ``centre`` of ``codes`` (N, L)."""


def log_odds(network: SpliceNetwork, bases: Tensor, kinds: Tensor, centre: int) -> Tensor:
    """The scalar explained: log-odds of class ``kinds`` against the others at ``centre``.

    Parameters
    ----------
    network
        In eval mode.
    bases
        (B, L, 4), of the network's floating-point dtype; need not be one-hot.
    kinds
        Classes, (B,), int64.

    Returns
    -------
    Tensor
        (B,), natural logarithm.
    """
    return odds(network.read(bases)[..., centre], kinds)


def odds(logits: Tensor, kinds: Tensor) -> Tensor:
    """Log-odds of one class each, (B,), from logits (B, K); a head of one row says it itself."""
    if logits.shape[1] == 1:
        return logits[:, 0]
    chosen = logits.gather(1, kinds[:, None])
    others = logits.scatter(1, kinds[:, None], -torch.inf)
    return chosen[:, 0] - others.logsumexp(1)


def tensors(network: SpliceNetwork, codes: np.ndarray, kinds: np.ndarray) -> tuple[Tensor, Tensor]:
    """One-hot bases (B, L, 4) and classes (B,), as the network's weights are kept."""
    weight = network.head.weight
    bases = torch.from_numpy(one_hot(codes)).to(weight.device, weight.dtype)
    return bases, torch.from_numpy(np.asarray(kinds, dtype=np.int64)).to(weight.device)


def batches(shape: Sequence[int], tokens: int) -> Iterator[slice]:
    """Rows of an array (N, L, ...) of at most ``tokens`` bases together, at least one at a time."""
    count, length = shape[:2]
    size = max(1, tokens // length)
    for first in range(0, count, size):
        yield slice(first, min(first + size, count))


def slopes(
    network: SpliceNetwork, bases: Tensor, kinds: Tensor, centre: int
) -> tuple[Tensor, Tensor]:
    """Log-odds, (B,), and their gradient with respect to the bases, (B, L, 4).

    ``network`` is one of :func:`explaining`.
    """
    with torch.enable_grad():
        bases = bases.detach().requires_grad_()
        score = odds(centre_logits(network, bases, centre), kinds)
        (gradient,) = torch.autograd.grad(score.sum(), bases)
    return score.detach(), gradient


@contextmanager
def explaining(network: SpliceNetwork) -> Iterator[SpliceNetwork]:
    """A copy to explain: eval mode, normalisations folded in, no gradients of weights, no cuDNN.

    cuDNN's recurrent backward works in training mode only, in which a network must not be
    explained.
    """
    copied = network.fused().requires_grad_(False)
    with torch.backends.cudnn.flags(enabled=False):
        yield copied
