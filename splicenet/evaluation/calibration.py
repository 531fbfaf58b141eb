"""Learning a calibration from scored bases of held-out sequence.

Logistic regression of the truth on the reported log-odds, with a slope that may change at every
knot. Slopes are fitted as logarithms, so the map increases whatever the data say. A prior draws
each slope towards 1 and towards its neighbours: where sites are plenty the data decide, where
they are sparse the map runs straight on, and from a handful of sites it is nearly Platt's line.

What stands in a genome more than once, the genes of transposons above all, is left out of
annotations, and a network that reads one place at a time takes it for what it is. So the regression
has one more term: what is taken off in copies.

Bases below the floor are not needed. How often a base is a site, given its score, is the same
whether bases of other scores are looked at or not; below the floor the map runs straight on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from splicenet.evaluation.scored import ScoredBases
from splicenet.model.calibration import Calibration, logit

__all__ = ["Columns", "fit_calibration", "fit_with_copies"]

_FEWEST_SITES = 5
_BINS = 2000
_SHARES = 20
_LEAST = 0.01
# Standard deviations of the prior: the offset, log slopes, their steps from knot to knot, copies.
_OFFSET, _SLOPE, _STEP, _COPIES = 3.0, 1.0, 0.5, 2.0
_MOST_ROUNDS = 100
_TOLERANCE = 1e-8


class Columns(NamedTuple):
    """Of each of n bases the reported probability, the share of copies about it, and the truth.

    dtypes float32, float32 (0 to 1, as :meth:`~splicenet.genome.copies.Copies.share` has it), bool.
    """

    scores: np.ndarray
    share: np.ndarray
    truth: np.ndarray


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
    kept = scored.true_scores, scored.false_scores
    scores = np.concatenate(kept)
    truth = np.arange(scores.size) < kept[0].size
    return fit_with_copies(Columns(scores, np.zeros_like(scores), truth))[0]


def fit_with_copies(bases: Columns) -> tuple[Calibration, float]:
    """The same of bases in copies too, and what is to be taken off there after the map.

    Returns
    -------
    Calibration, float
        The map, of bases about which nothing stands elsewhere; and log-odds, as
        :attr:`~splicenet.model.scale.Scale.copies` has them: 0 where sites are as frequent in
        copies as their scores say, or more.
    """
    if np.count_nonzero(bases.truth) < _FEWEST_SITES:
        return Calibration(), 0.0
    x, share, true, false = _histogram(bases)
    low, high = min(np.floor(x.min()), -1), max(np.ceil(x.max()), 1)
    knots = np.arange(low, high + 1)
    values, copies = _fit(knots, x, share, true, false)
    if copies < 0:
        values, copies = _fit(knots, x, np.zeros_like(share), true, false)
    return Calibration(tuple(knots.tolist()), tuple(values.tolist())), float(copies)


def _histogram(bases: Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Log-odds and shares of narrow bins, and how many true sites and other bases lie in each."""
    log_odds = logit(bases.scores)
    low, high = log_odds.min(), log_odds.max()
    width = max(high - low, 1e-3) / _BINS
    row = np.minimum((log_odds - low) / width, _BINS - 1).astype(int)
    # How rare sites are in copies among what is never called says nothing of what is.
    share = np.where(bases.scores < _LEAST, 0, bases.share)
    cell = row * (_SHARES + 1) + np.ceil(share * _SHARES).astype(int)
    count = np.bincount(cell)
    there = np.flatnonzero(count)
    true = np.bincount(cell, bases.truth)[there]
    shares = np.bincount(cell, share)[there] / count[there]
    return low + (there // (_SHARES + 1) + 0.5) * width, shares, true, count[there] - true


def _fit(
    knots: np.ndarray, x: np.ndarray, share: np.ndarray, true: np.ndarray, false: np.ndarray
) -> tuple[np.ndarray, float]:
    """Values at the knots, one of which is 0, and what is taken off in copies.

    By Fisher scoring with step halving.
    """
    bases = true + false
    # How much of each segment lies between 0 and x: the map is offset + lengths @ slopes.
    lengths = np.clip(x[:, None], knots[:-1], knots[1:]) - np.clip(0, knots[:-1], knots[1:])
    segments = knots.size - 1
    steps = np.diff(np.eye(segments), axis=0) / _STEP
    prior = np.zeros((segments + 2, segments + 2))
    prior[0, 0] = _OFFSET**-2
    prior[1:-1, 1:-1] = np.eye(segments) / _SLOPE**2 + steps.T @ steps
    prior[-1, -1] = _COPIES**-2

    def mapped(parameters: np.ndarray) -> np.ndarray:
        return parameters[0] + lengths @ np.exp(parameters[1:-1]) - parameters[-1] * share

    def cost(parameters: np.ndarray) -> float:
        y = mapped(parameters)
        misfit = true @ np.logaddexp(0, -y) + false @ np.logaddexp(0, y)
        return float(misfit + parameters @ prior @ parameters / 2)

    parameters = np.zeros(segments + 2)
    current = cost(parameters)
    for _ in range(_MOST_ROUNDS):
        p = 1 / (1 + np.exp(-mapped(parameters)))
        jacobian = np.column_stack((np.ones_like(x), lengths * np.exp(parameters[1:-1]), -share))
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
    slopes = np.exp(parameters[1:-1])
    heights = np.concatenate(([0.0], np.cumsum(slopes * np.diff(knots))))
    return parameters[0] + heights - heights[knots == 0], parameters[-1]
