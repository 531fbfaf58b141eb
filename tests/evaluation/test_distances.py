from __future__ import annotations

import numpy as np

from splicenet.evaluation.distances import (
    at_equal_composition,
    mean_distances,
    resample,
    whiten,
    word_distances,
)


def test_numbers_that_say_the_same_count_once_and_scales_count_nothing():
    rng = np.random.default_rng(0)
    apart = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])
    plain = apart[:, None] + rng.normal(size=(3, 4000, 2))
    scaled = np.concatenate([plain * [1000, 1], plain[..., :1] * 5, plain[..., :1] * -2], axis=-1)
    scaled += 1e-3 * rng.normal(size=scaled.shape)
    scaled = np.concatenate([scaled, np.ones((3, 4000, 1))], axis=-1)
    one, other = mean_distances(whiten(plain)), mean_distances(whiten(scaled))
    np.testing.assert_allclose(one[0, 1], 9, rtol=0.1)
    # Four copies of the first number still count as one, if with what noise tells them apart.
    assert other[0, 1] / other[0, 2] < 1.5


def test_whitened_windows_scatter_alike():
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(5, 5))
    windows = rng.normal(size=(3, 5000, 5)) @ mixing + 10 * rng.normal(size=(3, 1, 5))
    white = whiten(windows)
    within = (white - white.mean(1, keepdims=True)).reshape(-1, 5)
    np.testing.assert_allclose(np.cov(within.T), np.eye(5), atol=0.05)


def test_few_windows_of_many_numbers_do_no_harm():
    windows = np.random.default_rng(0).normal(size=(4, 3, 50))
    assert np.isfinite(mean_distances(whiten(windows))).all()
    assert not mean_distances(whiten(np.ones((4, 3, 50)))).any()


def test_what_composition_explains_within_genomes_is_taken_out_between_them():
    rng = np.random.default_rng(0)
    first = rng.uniform(0.2, 0.3, (3, 500, 1)) + np.array([0.0, 0.3, 0.6])[:, None, None]
    shares = np.concatenate([first, 1 - first], axis=-1)  # as shares do, they sum to one
    own = np.array([5.0, 0.0, 0.0])[:, None, None]
    states = np.concatenate([own + 7 * first, -3 * first + 0 * own], axis=-1)
    equal = at_equal_composition(states + 1e-3 * rng.normal(size=states.shape), shares)
    distances = np.sqrt(mean_distances(equal))
    np.testing.assert_allclose(distances, [[0, 5, 5], [5, 0, 0], [5, 0, 0]], atol=0.1)


def test_words():
    spectra = np.array([[[0.5, 0.5, 0, 0]], [[0, 0, 0.5, 0.5]], [[0.5, 0.5, 0, 0]]])
    np.testing.assert_allclose(word_distances(spectra), [[0, 1, 0], [1, 0, 1], [0, 1, 0]])


def test_windows_drawn_again_are_those_of_their_genome():
    windows = np.arange(24.0).reshape(2, 6, 2)
    drawn = resample(windows, np.random.default_rng(0))
    assert drawn.shape == windows.shape
    for genome in range(2):
        assert {tuple(w) for w in drawn[genome]} < {tuple(w) for w in windows[genome]}
