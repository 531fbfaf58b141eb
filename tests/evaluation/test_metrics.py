import json
from math import isnan

import numpy as np
import pytest

from splicenet.evaluation.metrics import (
    average_precision,
    best_f1_threshold,
    precision_recall_curve,
    precision_recall_f1,
    summarise,
    top_k_accuracy,
)
from splicenet.evaluation.reliability import calibration_error_of_all, reliability
from splicenet.evaluation.scored import ScoredBases


def _scored(scores, truth, *, floor=0.0):
    scored = ScoredBases(floor=floor)
    scored.add(np.array(scores, np.float32), np.array(truth, bool))
    return scored


@pytest.fixture
def noisy():
    """Scores with many ties, and their truth."""
    rng = np.random.default_rng(3)
    scores = rng.integers(0, 60, 3000).astype(np.float32) / 64
    return scores, rng.random(3000) < scores**2 / 3


def _every_threshold(scores, truth):
    for threshold in np.unique(scores)[::-1]:
        called = scores >= threshold
        yield threshold, (called & truth).sum(), called.sum()


def test_average_precision_by_hand():
    scored = _scored([0.9, 0.8, 0.7, 0.6, 0.5], [1, 0, 1, 0, 0])
    assert average_precision(scored) == pytest.approx((1 / 1 + 2 / 3) / 2)


def test_average_precision_equals_the_sum_over_every_threshold(noisy):
    scores, truth = noisy
    wanted, last = 0.0, 0
    for _, true, called in _every_threshold(scores, truth):
        wanted += (true - last) / truth.sum() * true / called
        last = true
    assert average_precision(_scored(scores, truth)) == pytest.approx(wanted)


def test_average_precision_of_equal_scores_is_the_base_rate():
    assert average_precision(_scored([0.5] * 10, [1, 0] * 5)) == 0.5


def test_a_true_site_below_the_floor_is_never_retrieved():
    scored = _scored([0.9, 0.01], [1, 1], floor=0.1)
    assert average_precision(scored) == 0.5
    assert top_k_accuracy(scored) == 0.5
    assert precision_recall_f1(scored, threshold=0.1) == (1.0, 0.5, pytest.approx(2 / 3))


def test_top_k_calls_as_many_as_there_are_sites():
    assert top_k_accuracy(_scored([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0])) == 0.5
    assert top_k_accuracy(_scored([0.9, 0.8, 0.7, 0.6], [1, 1, 1, 1])) == 1.0


def test_top_k_is_the_mean_over_ways_to_break_a_tie(noisy):
    scores, truth = noisy
    rng = np.random.default_rng(0)
    k = truth.sum()
    shares = []
    for _ in range(2000):
        order = rng.permutation(scores.size)
        best = order[np.argsort(-scores[order], kind="stable")][:k]
        shares.append(truth[best].mean())
    assert top_k_accuracy(_scored(scores, truth)) == pytest.approx(np.mean(shares), abs=2e-3)


def test_precision_recall_and_f1_include_the_threshold():
    scored = _scored([0.9, 0.5, 0.5, 0.1], [1, 1, 0, 1])
    precision, recall, f1 = precision_recall_f1(scored, threshold=0.5)
    assert (precision, recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert f1 == pytest.approx(2 / 3)


def test_a_threshold_that_float32_cannot_hold_still_takes_its_own_score():
    assert precision_recall_f1(_scored([0.1], [1]), threshold=0.1) == (1, 1, 1)


def test_a_threshold_below_the_floor_is_refused():
    with pytest.raises(ValueError, match="below the floor"):
        precision_recall_f1(_scored([0.5], [1], floor=0.2), threshold=0.1)


def test_best_f1_threshold_is_the_best_of_all(noisy):
    scores, truth = noisy
    f1 = {t: 2 * true / (called + truth.sum()) for t, true, called in _every_threshold(*noisy)}
    assert best_f1_threshold(_scored(scores, truth)) == max(f1, key=f1.get)


def test_curve_is_short_and_true(noisy):
    scores, truth = noisy
    curve = precision_recall_curve(_scored(scores, truth), points=20)
    assert len(curve.threshold) == 20
    assert (np.diff(curve.recall) > 0).all()
    for threshold, precision, recall in zip(*curve, strict=True):
        called = scores >= threshold
        assert precision == pytest.approx(truth[called].mean())
        assert recall == pytest.approx(truth[called].sum() / truth.sum())


def test_bins_as_plain_values():
    rows = reliability(_scored([0.3, 0.4], [1, 0]), lowest=0.1, bins=2).to_rows()
    assert json.loads(json.dumps(rows)) == rows
    assert list(rows[0]) == ["lower", "upper", "bases", "predicted", "observed"]
    assert [row["bases"] for row in rows] == [2, 0]
    assert (rows[0]["observed"], rows[1]["observed"]) == (0.5, None)


def test_error_of_all_bases_is_no_less_than_that_of_whole_scores():
    rng = np.random.default_rng(7)
    scores = rng.beta(0.02, 1, 200_000)
    truth = rng.random(scores.size) < scores**1.5
    bins = np.digitize(scores, np.linspace(0, 1, 19)[1:-1])
    sums = [np.bincount(bins, weights=values) for values in (scores, truth)]
    usual = np.abs(sums[0] - sums[1]).sum() / scores.size
    for floor in (0.0, 1e-4, 1e-3):
        found = calibration_error_of_all(_scored(scores, truth, floor=floor))
        assert usual - 1e-6 <= found <= usual + 2 * floor + 1e-3
    assert found < 0.2 * reliability(_scored(scores, truth)).error


def test_error_of_all_bases_counts_sites_below_the_floor():
    assert calibration_error_of_all(_scored([0.1] * 4, [1, 1, 0, 0], floor=0.5)) == 0.5
    assert calibration_error_of_all(_scored([0.1] * 4, [0] * 4, floor=0.5)) == 0.5
    assert isnan(calibration_error_of_all(ScoredBases()))


def test_reliability_bins():
    result = reliability(_scored([0.05, 0.3, 0.4, 0.9, 1.0], [1, 0, 1, 1, 1]), lowest=0.1, bins=2)
    assert result.bases.tolist() == [2, 2]
    assert result.predicted == pytest.approx([0.35, 0.95])
    assert result.observed == pytest.approx([0.5, 1.0])
    assert result.error == pytest.approx((2 * 0.15 + 2 * 0.05) / 4)


def test_true_probabilities_have_little_calibration_error():
    rng = np.random.default_rng(0)
    scores = rng.random(200_000, dtype=np.float32)
    truth = rng.random(200_000) < scores
    assert reliability(_scored(scores, truth)).error < 0.01
    assert reliability(_scored(scores**2, truth)).error > 0.1


def test_promised_precision_is_the_mean_of_what_is_called():
    metrics = summarise(_scored([0.9, 0.7, 0.5, 0.5, 0.1], [1, 0, 1, 0, 1]), threshold=0.5)
    assert metrics.promised == pytest.approx((0.9 + 0.7 + 0.5 + 0.5) / 4)
    assert metrics.precision == 0.5
    assert isnan(summarise(_scored([0.3], [1]), threshold=0.5).promised)


def test_error_by_chance_is_what_true_probabilities_show():
    rng = np.random.default_rng(1)
    # Few bases near certainty and few in the middle: both kinds of rare event count.
    scores = np.concatenate((rng.uniform(0.97, 1, 300), rng.random(200))).astype(np.float32)
    found = [
        reliability(_scored(scores, rng.random(scores.size) < scores), bins=9) for _ in range(300)
    ]
    errors = np.array([one.error for one in found])
    assert errors.mean() == pytest.approx(found[0].by_chance, rel=0.1)
    wrong = reliability(_scored(scores, rng.random(scores.size) < scores**3), bins=9)
    assert wrong.error > wrong.by_chance + 5 * errors.std()


def test_figures_without_sites_are_undefined_and_json_has_null():
    metrics = summarise(_scored([0.5, 0.01], [0, 0]), threshold=0.2)
    assert metrics.sites == 0
    assert all(isnan(x) for x in (metrics.auprc, metrics.top_k, metrics.recall, metrics.f1))
    assert metrics.precision == 0
    assert json.loads(json.dumps(metrics.to_dict(), allow_nan=False))["auprc"] is None


def test_figures_of_nothing():
    empty = ScoredBases()
    assert isnan(best_f1_threshold(empty))
    assert precision_recall_curve(empty).recall.size == 0
    assert isnan(reliability(empty).error)


def test_log_odds_have_no_calibration_error():
    scored = _scored([5.0, -3.0], [1, 0], floor=-np.inf)
    metrics = summarise(scored, threshold=1.0, probabilities=False)
    assert isnan(metrics.ece) and isnan(metrics.ece_by_chance) and isnan(metrics.promised)
    assert metrics.f1 == 1
