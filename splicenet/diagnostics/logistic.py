"""Multinomial logistic regression: what a straight line through some numbers can tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

__all__ = ["Logistic"]

_DECAY = 1e-2
"""Weight of half the squared weights beside the mean loss, of features in standard units."""
_STEPS = 200


@dataclass(frozen=True)
class Logistic:
    """A fitted regression.

    Parameters
    ----------
    centre, scale
        Of the features that it was fitted to, (W,).
    weights, bias
        Of the classes, for features in standard units: (K, W) and (K,).
    """

    centre: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def fit(cls, features: np.ndarray, classes: np.ndarray, *, decay: float = _DECAY) -> Logistic:
        """Fit to rows of features, (N, W), and their classes from 0 on, (N,)."""
        centre, scale = features.mean(0), features.std(0)
        scale = np.where(scale > 1e-9, scale, 1.0)  # a constant tells nothing, and divides badly
        x = torch.from_numpy((features - centre) / scale).double()
        y = torch.from_numpy(classes).long()
        number = int(y.max()) + 1
        weights = torch.zeros(number, x.shape[1], dtype=torch.float64, requires_grad=True)
        bias = torch.zeros(number, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.LBFGS(
            [weights, bias], max_iter=_STEPS, line_search_fn="strong_wolfe"
        )

        def loss() -> torch.Tensor:
            optimizer.zero_grad()
            wrong = F.cross_entropy(x @ weights.T + bias, y) + decay / 2 * weights.square().sum()
            wrong.backward()
            return wrong

        with torch.enable_grad():
            optimizer.step(loss)
        return cls(centre, scale, weights.detach().numpy(), bias.detach().numpy())

    def classes(self, features: np.ndarray) -> np.ndarray:
        """The likeliest class of every row, int64."""
        return (((features - self.centre) / self.scale) @ self.weights.T + self.bias).argmax(1)
