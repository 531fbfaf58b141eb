from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from splicenet.evaluation.metrics import average_precision
from splicenet.evaluation.ranking import Ranking
from splicenet.evaluation.scored import ScoredBases


def test_against_all_pairs():
    rng = np.random.default_rng(0)
    scores = rng.random(2000).astype(np.float32)
    truth = rng.random(2000) < scores**3
    ranking, exact = Ranking(), ScoredBases(floor=-np.inf)
    for part in (slice(0, 700), slice(700, None)):
        ranking.add(scores[part], truth[part])
        exact.add(scores[part], truth[part])
    pairs = np.sign(scores[truth][:, None] - scores[~truth][None])
    assert ranking.auroc() == pytest.approx((pairs.mean() + 1) / 2, abs=1e-3)
    assert ranking.auprc() == pytest.approx(average_precision(exact), abs=1e-3)
    assert (ranking.known, ranking.positive) == (2000, truth.sum())


def test_ties_and_certainty():
    ranking = Ranking()
    ranking.add(np.array([0, 0, 1, 1], np.float32), np.array([False, True, False, True]))
    assert ranking.auroc() == 0.5
    assert ranking.auprc() == 0.5


def test_nothing_to_rank():
    ranking = Ranking()
    assert isnan(ranking.auroc())
    ranking.add(np.array([0.5]), np.array([False]))
    assert isnan(ranking.auprc())
    assert isnan(ranking.auroc())
    ranking = Ranking()
    ranking.add(np.array([0.5, 0.1]), np.array([True, True]))  # whatever it says, all are true
    assert isnan(ranking.auprc())
