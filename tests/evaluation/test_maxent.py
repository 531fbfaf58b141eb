from itertools import combinations

import numpy as np
import pytest

from splicenet.evaluation import maxent
from splicenet.evaluation.background import Background
from splicenet.evaluation.maxent import maximum_entropy, maximum_entropy_model
from splicenet.evaluation.metrics import average_precision
from splicenet.evaluation.pwm import position_weights
from splicenet.genome.alphabet import encode

EVEN = np.full(4, 0.25)


def _marginal(joint, kept):
    return joint.sum(axis=tuple(axis for axis in range(joint.ndim) if axis not in kept))


def test_pair_frequencies_are_those_of_the_sites(monkeypatch):
    monkeypatch.setattr(maxent, "_PSEUDOCOUNT", 0.0)
    rng = np.random.default_rng(0)
    windows = np.minimum(rng.integers(0, 4, (5000, 5)), rng.integers(0, 4, (5000, 1)))
    joint = maximum_entropy(windows, EVEN)
    assert joint.sum() == pytest.approx(1)
    for first, second in combinations(range(5), 2):
        counts = np.zeros((4, 4))
        np.add.at(counts, (windows[:, first], windows[:, second]), 1)
        np.testing.assert_allclose(_marginal(joint, (first, second)), counts / 5000, atol=2e-6)


def test_few_sites_give_little_more_than_independent_positions():
    windows = np.array([[0, 0], [3, 3]] * 5)
    joint = maximum_entropy(windows, EVEN)
    alone = np.array([5.25, 0.25, 0.25, 5.25]) / 11
    np.testing.assert_allclose(joint.sum(axis=1), alone, atol=2e-3)
    np.testing.assert_allclose(joint, np.outer(alone, alone), atol=0.02)


def test_nothing_is_assumed_beyond_pairs():
    # The third base is the sum of the two before: every pair is uniform, and only the triple
    # tells. The distribution of highest entropy with uniform pairs is the uniform one.
    first, second = np.divmod(np.arange(16), 4)
    windows = np.stack([first, second, (first + second) % 4], axis=1)
    np.testing.assert_allclose(maximum_entropy(windows, EVEN), 1 / 64, atol=1e-6)


def test_sites_like_the_genome_score_nothing():
    rng = np.random.default_rng(0)
    background = Background(order=0)
    background.add(rng.integers(0, 4, 100_000, dtype=np.uint8))
    donors, acceptors = (rng.integers(0, 4, (50_000, n), dtype=np.uint8) for n in (9, 23))
    model = maximum_entropy_model({"donor": donors, "acceptor": acceptors}, background)
    codes = rng.integers(0, 4, 5000, dtype=np.uint8)
    for kind in ("donor", "acceptor"):
        scores = model.score(codes, kind)
        assert np.abs(scores[np.isfinite(scores)]).mean() < 0.5


def test_far_dependence_counts():
    # Exon's last base and intron's sixth mostly agree: positions by themselves show nothing.
    rng = np.random.default_rng(0)
    donors = rng.integers(0, 4, (20_000, 9), dtype=np.uint8)
    donors[:14_000, 8] = donors[:14_000, 2]  # so 31 in 40 agree, and 3 in 40 each way do not
    acceptors = rng.integers(0, 4, (1000, 23), dtype=np.uint8)
    windows = {"donor": donors, "acceptor": acceptors}
    models = [fit(windows, Background()) for fit in (maximum_entropy_model, position_weights)]
    agree, differ = encode("ACGTACTCG"), encode("ACGTACTCA")
    maximum, positions = ([m.score(c, "donor")[2] for c in (agree, differ)] for m in models)
    assert maximum[0] - maximum[1] == pytest.approx(np.log2(31 / 3), abs=0.4)
    assert positions[0] - positions[1] == pytest.approx(0, abs=0.2)


def test_other_dinucleotides_score_low_but_finite():
    donors = np.tile(encode("CAGGTAAGT"), (1000, 1))
    acceptors = np.tile(encode("TTTTTTTTTTTTTTTTTCAGGCA"), (1000, 1))
    model = maximum_entropy_model({"donor": donors, "acceptor": acceptors}, Background())
    usual = model.score(encode("CAGGTAAGT"), "donor")[2]
    for unusual in ("CAGGCAAGT", "CAGATATCC"):
        score = model.score(encode(unusual), "donor")[2]
        assert np.isfinite(score)
        assert score < usual
    assert np.isfinite(model.score(encode("TTTTTTTTTTTTTTTTTCACGCA"), "acceptor")[20])


def test_real_sites_are_found_better_than_by_positions_alone(fly):
    maximum = maximum_entropy_model(fly.windows(), fly.background)
    positions = position_weights(fly.windows(), fly.background)
    for kind in ("donor", "acceptor"):
        found = average_precision(fly.scored(maximum, kind))
        assert found > average_precision(fly.scored(positions, kind))
