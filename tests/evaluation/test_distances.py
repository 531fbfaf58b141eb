from __future__ import annotations

import numpy as np

from splicenet.evaluation.distances import mean_distances, resample, word_distances


def test_scales_count_nothing_and_what_never_varies_neither():
    rng = np.random.default_rng(0)
    apart = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    plain = apart[:, None] + rng.normal(size=(3, 4000, 2))
    scaled = np.concatenate([plain * [1000, 1e-3], np.ones((3, 4000, 1))], axis=-1)
    expected = [[0, 3, 4], [3, 0, 5], [4, 5, 0]]
    np.testing.assert_allclose(mean_distances(plain), expected, atol=0.1)
    np.testing.assert_allclose(mean_distances(scaled), mean_distances(plain), rtol=1e-6)
    assert not mean_distances(np.ones((4, 3, 50))).any()


def test_words():
    spectra = np.array([[[0.5, 0.5, 0, 0]], [[0, 0, 0.5, 0.5]], [[0.5, 0.5, 0, 0]]])
    np.testing.assert_allclose(word_distances(spectra), [[0, 1, 0], [1, 0, 1], [0, 1, 0]])


def test_windows_drawn_again_are_those_of_their_genome():
    windows = np.arange(24.0).reshape(2, 6, 2)
    drawn = resample(windows, np.random.default_rng(0))
    assert drawn.shape == windows.shape
    for genome in range(2):
        assert {tuple(w) for w in drawn[genome]} < {tuple(w) for w in windows[genome]}
