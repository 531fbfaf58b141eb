"""Learning a calibration from scored bases of held-out sequence.

Logistic regression of the truth on the reported log-odds, with a slope that may change at every
knot. Slopes are fitted as logarithms, so the map increases whatever the data say. A prior draws
each slope towards 1 and towards its neighbours: where sites are plenty the data decide, where
they are sparse the map runs straight on, and from a handful of sites it is nearly Platt's line.

Sequence that the network was trained on holds many more sites, and says nearly the same of it
unless it was learned by heart. With it the prior draws the map towards what was learned there, as
strongly as makes the held-out bases likeliest (type II maximum likelihood by Laplace's
approximation; MacKay 1992): training sequence is believed as far as the rest bears it out.

Bases below the floor are not needed. How often a base is a site, given its score, is the same
whether bases of other scores are looked at or not; below the floor the map runs straight on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from splicenet.evaluation.scored import ScoredBases
from splicenet.model.calibration import Calibration, logit

__all__ = ["fit_calibration"]

_FEWEST_SITES = 5
_BINS = 2000
_MOST_ROUNDS = 100
_TOLERANCE = 1e-8


class _Widths(NamedTuple):
    """Standard deviations of a prior: the offset, log slopes, and their steps from knot to knot."""

    offset: float
    slope: float
    step: float

    def precision(self, segments: int) -> np.ndarray:
        """Inverse covariance of offset and log slopes."""
        steps = np.diff(np.eye(segments), axis=0) / self.step
        prior = np.zeros((segments + 1, segments + 1))
        prior[0, 0] = self.offset**-2
        prior[1:, 1:] = np.eye(segments) / self.slope**2 + steps.T @ steps
        return prior


_FROM_NOTHING = _Widths(3.0, 1.0, 0.5)
_FROM_TRAINING = [_Widths(0.15 * k, 0.2 * k, 0.1 * k) for k in (1, 2, 4, 8, 16)]


def fit_calibration(scored: ScoredBases, training: ScoredBases | None = None) -> Calibration:
    """The map that makes reported probabilities of one kind of site into frequencies.

    Knots lie one unit of log-odds apart, from the floor to the highest score. With fewer than
    five true sites above the floor nothing can be learned, and the map changes nothing.

    Parameters
    ----------
    scored
        Probabilities from sequence on which the model was not trained, in the genome's own mix
        of sites and other bases.
    training
        The same from sequence on which it was.
    """
    if scored.true_scores.size < _FEWEST_SITES:
        return Calibration()
    rest = _Histogram.of(scored)
    seen = None
    if training is not None and training.true_scores.size >= _FEWEST_SITES:
        seen = _Histogram.of(training)
    everything = np.concatenate([one.centres for one in (rest, seen) if one is not None])
    low, high = min(np.floor(everything.min()), -1), max(np.ceil(everything.max()), 1)
    knots = np.arange(low, high + 1)
    nothing = np.zeros(knots.size)
    if seen is None:
        found = _fit(knots, rest, nothing, _FROM_NOTHING)
    else:
        there = _fit(knots, seen, nothing, _FROM_NOTHING).parameters
        tried = [_fit(knots, rest, there, widths) for widths in _FROM_TRAINING]
        found = max(tried, key=lambda one: one.evidence)
    return Calibration(tuple(knots.tolist()), tuple(found.heights(knots).tolist()))


class _Histogram(NamedTuple):
    """Log-odds of narrow bins, and how many true sites and other bases lie in each."""

    centres: np.ndarray
    true: np.ndarray
    false: np.ndarray

    @classmethod
    def of(cls, scored: ScoredBases) -> _Histogram:
        """Count the kept bases."""
        kept = (scored.true_scores, scored.false_scores)
        ends = [scores[end] for scores in kept if scores.size for end in (0, -1)]
        low, high = logit(np.array([min(ends), max(ends)]))
        edges = np.linspace(low, max(high, low + 1e-3), _BINS + 1)
        cuts = (1 / (1 + np.exp(-edges[1:-1]))).astype(np.float32)
        true, false = (
            np.diff(np.searchsorted(scores, cuts), prepend=0, append=scores.size) for scores in kept
        )
        return cls((edges[1:] + edges[:-1]) / 2, true, false)


class _Fitted(NamedTuple):
    """The likeliest map under a prior: its offset at log-odds of 0 and its log slopes."""

    parameters: np.ndarray
    evidence: float
    """Logarithm of how likely the data are under the prior, but for a constant of the data."""

    def heights(self, knots: np.ndarray) -> np.ndarray:
        """Values at the knots, one of which is 0."""
        slopes = np.exp(self.parameters[1:])
        heights = np.concatenate(([0.0], np.cumsum(slopes * np.diff(knots))))
        return self.parameters[0] + heights - heights[knots == 0]


def _fit(knots: np.ndarray, data: _Histogram, mean: np.ndarray, widths: _Widths) -> _Fitted:
    """Fisher scoring with step halving, from the prior's mean."""
    x, true, false = data
    bases = true + false
    # How much of each segment lies between 0 and x: the map is offset + lengths @ slopes.
    lengths = np.clip(x[:, None], knots[:-1], knots[1:]) - np.clip(0, knots[:-1], knots[1:])
    prior = widths.precision(knots.size - 1)

    def mapped(parameters: np.ndarray) -> np.ndarray:
        return parameters[0] + lengths @ np.exp(parameters[1:])

    def cost(parameters: np.ndarray) -> float:
        y, away = mapped(parameters), parameters - mean
        misfit = true @ np.logaddexp(0, -y) + false @ np.logaddexp(0, y)
        return float(misfit + away @ prior @ away / 2)

    def derivatives(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        p = 1 / (1 + np.exp(-mapped(parameters)))
        jacobian = np.column_stack((np.ones_like(x), lengths * np.exp(parameters[1:])))
        gradient = jacobian.T @ (bases * p - true) + prior @ (parameters - mean)
        return gradient, (jacobian.T * (bases * p * (1 - p))) @ jacobian + prior

    parameters = mean
    current = cost(parameters)
    for _ in range(_MOST_ROUNDS):
        gradient, curvature = derivatives(parameters)
        step = np.linalg.solve(curvature, gradient)
        while (lower := cost(parameters - step)) > current and np.abs(step).max() > _TOLERANCE:
            step /= 2
        if lower > current:
            break
        parameters, gained, current = parameters - step, current - lower, lower
        if gained < _TOLERANCE * (1 + abs(current)):
            break
    curvature = derivatives(parameters)[1]
    occam = (np.linalg.slogdet(prior)[1] - np.linalg.slogdet(curvature)[1]) / 2
    return _Fitted(parameters, float(occam - current))
