"""Learning a calibration from scored bases of held-out sequence.

Logistic regression of the truth on the reported log-odds, with a slope that may change at every
knot. Slopes are fitted as logarithms, so the map increases whatever the data say. A prior draws
each slope towards 1 and towards its neighbours: where sites are plenty the data decide, where
they are sparse the map runs straight on, and from a handful of sites it is nearly Platt's line.

Bases below the floor are not needed. How often a base is a site, given its score, is the same
whether bases of other scores are looked at or not; below the floor the map runs straight on.
"""

from __future__ import annotations

import numpy as np

from splicenet.evaluation.scored import ScoredBases
from splicenet.model.calibration import Calibration, logit

__all__ = ["fit_calibration"]

_FEWEST_SITES = 5
_BINS = 2000
# Standard deviations of the prior: the offset, log slopes, and their steps from knot to knot.
_OFFSET, _SLOPE, _STEP = 3.0, 1.0, 0.5
_MOST_ROUNDS = 100
_TOLERANCE = 1e-8


def fit_calibration(scored: ScoredBases) -> Calibration:
    """The map that makes reported probabilities of one kind of site into frequencies.

    Knots lie one unit of log-odds apart, from the floor to the highest score. With fewer than
    five true sites above the floor nothing can be learned, and the map changes nothing.

    Parameters
    ----------
    scored
        Probabilities from sequence on which the model was not trained, in the genome's own mix
        of sites and other bases.
    """
    if scored.true_scores.size < _FEWEST_SITES:
        return Calibration()
    centres, true, false = _histogram(scored)
    low, high = min(np.floor(centres[0]), -1), max(np.ceil(centres[-1]), 1)
    knots = np.arange(low, high + 1)
    values = _fit(knots, centres, true, false)
    return Calibration(tuple(knots.tolist()), tuple(values.tolist()))


def _histogram(scored: ScoredBases) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log-odds of narrow bins, and how many true sites and other bases lie in each."""
    kept = (scored.true_scores, scored.false_scores)
    ends = [scores[end] for scores in kept if scores.size for end in (0, -1)]
    low, high = logit(np.array([min(ends), max(ends)]))
    edges = np.linspace(low, max(high, low + 1e-3), _BINS + 1)
    cuts = (1 / (1 + np.exp(-edges[1:-1]))).astype(np.float32)
    true, false = (
        np.diff(np.searchsorted(scores, cuts), prepend=0, append=scores.size) for scores in kept
    )
    return (edges[1:] + edges[:-1]) / 2, true, false


def _fit(knots: np.ndarray, x: np.ndarray, true: np.ndarray, false: np.ndarray) -> np.ndarray:
    """Values at the knots, by Fisher scoring with step halving; one of the knots is 0."""
    bases = true + false
    # How much of each segment lies between 0 and x: the map is offset + lengths @ slopes.
    lengths = np.clip(x[:, None], knots[:-1], knots[1:]) - np.clip(0, knots[:-1], knots[1:])
    segments = knots.size - 1
    steps = np.diff(np.eye(segments), axis=0) / _STEP
    prior = np.zeros((segments + 1, segments + 1))
    prior[0, 0] = _OFFSET**-2
    prior[1:, 1:] = np.eye(segments) / _SLOPE**2 + steps.T @ steps

    def mapped(parameters: np.ndarray) -> np.ndarray:
        return parameters[0] + lengths @ np.exp(parameters[1:])

    def cost(parameters: np.ndarray) -> float:
        y = mapped(parameters)
        misfit = true @ np.logaddexp(0, -y) + false @ np.logaddexp(0, y)
        return float(misfit + parameters @ prior @ parameters / 2)

    parameters = np.zeros(segments + 1)
    current = cost(parameters)
    for _ in range(_MOST_ROUNDS):
        p = 1 / (1 + np.exp(-mapped(parameters)))
        jacobian = np.column_stack((np.ones_like(x), lengths * np.exp(parameters[1:])))
        gradient = jacobian.T @ (bases * p - true) + prior @ parameters
        curvature = (jacobian.T * (bases * p * (1 - p))) @ jacobian + prior
        step = np.linalg.solve(curvature, gradient)
        while (lower := cost(parameters - step)) > current and np.abs(step).max() > _TOLERANCE:
            step /= 2
        if lower > current:
            break
        parameters, gained, current = parameters - step, current - lower, lower
        if gained < _TOLERANCE * (1 + abs(current)):
            break
    slopes = np.exp(parameters[1:])
    heights = np.concatenate(([0.0], np.cumsum(slopes * np.diff(knots))))
    return parameters[0] + heights - heights[knots == 0]
