import numpy as np
import pytest

from splicenet.evaluation.calibration import fit_calibration
from splicenet.evaluation.metrics import average_precision
from splicenet.evaluation.reliability import reliability
from splicenet.evaluation.scored import ScoredBases
from splicenet.model.calibration import Calibration, logit

# What reported log-odds stand for, in worlds of ever odder networks.
WORLDS = {
    "line": lambda x: 0.6 * x - 3,
    "steep": lambda x: 2 * x - 1,
    "kink": lambda x: np.where(x < 0, 1.4, 0.5) * x - 3,
    "ceiling": lambda x: 4 * np.tanh(x / 4) - 2,
    "waves": lambda x: 0.8 * x - 1 + 0.9 * np.sin(x / 1.5),
}


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _genome(world, bases, *, seed):
    """Bases of which most score near nothing, and one in two hundred anything."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.normal(-9, 3, bases), rng.normal(3, 4, bases // 200)])
    scored = ScoredBases()
    scored.add(_sigmoid(x).astype(np.float32), rng.random(x.size) < _sigmoid(world(x)))
    return scored


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_what_is_promised_is_kept_on_other_sequence(world):
    calibration = fit_calibration(_genome(world, 1_000_000, seed=0))
    other = _genome(world, 2_000_000, seed=1)
    calibrated = other.mapped(calibration.apply)
    assert reliability(other).error > 0.1
    assert reliability(calibrated).error < 0.03
    assert average_precision(calibrated) == pytest.approx(average_precision(other), abs=1e-3)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_few_sites_help_and_never_hurt(world, seed):
    few = _genome(world, 10_000, seed=seed)
    assert 5 <= few.true_scores.size < 100
    other = _genome(world, 500_000, seed=100)
    calibrated = other.mapped(fit_calibration(few).apply)
    assert reliability(calibrated).error < reliability(other).error


def test_a_calibrated_network_stays_as_it_is():
    calibration = fit_calibration(_genome(lambda x: x, 1_000_000, seed=0))
    p = np.array([0.01, 0.1, 0.5, 0.9, 0.99], np.float32)
    assert calibration.apply(p) == pytest.approx(p, abs=0.03)


@pytest.mark.parametrize("true", [0, 4])
def test_a_handful_of_sites_teaches_nothing(true):
    scored = ScoredBases()
    scored.add(np.full(100, 0.5, np.float32), np.arange(100) < true)
    assert fit_calibration(scored) == Calibration()


def test_the_share_of_one_score_is_learned():
    scored = ScoredBases()
    scored.add(np.full(10_000, 0.5, np.float32), np.arange(10_000) < 1000)
    calibrated = fit_calibration(scored).apply(np.array([0.5], np.float32))
    assert calibrated[0] == pytest.approx(0.1, abs=0.005)


@pytest.mark.parametrize("swapped", [False, True])
def test_perfect_and_perverse_scores_still_give_a_sane_map(swapped):
    scores = np.repeat(np.array([0.002, 1.0], np.float32), (100_000, 1000))
    scored = ScoredBases()
    scored.add(scores, (scores == 1) != swapped)
    calibration = fit_calibration(scored)
    slopes = np.diff(calibration.observed) / np.diff(calibration.reported)
    assert (slopes > 0.001).all()
    assert (slopes < 100).all()


def test_knots_span_the_scores():
    scored = _genome(WORLDS["line"], 100_000, seed=0)
    calibration = fit_calibration(scored)
    assert calibration.reported[0] <= logit(np.array(scored.floor))
    assert calibration.reported[-1] >= logit(scored.true_scores[-1:])[0]
