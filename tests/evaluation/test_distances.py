from __future__ import annotations

import numpy as np

from splicenet.evaluation.distances import mean_distances, resample, word_distances


def test_directions_from_the_common_middle():
    """Two ways out, one of them gone by two genomes, near and far."""
    rng = np.random.default_rng(0)
    apart = np.array([[2.0, 0.0], [6.0, 0.0], [-4.0, 4.0], [-4.0, -4.0]])
    windows = apart[:, None] + rng.normal(size=(4, 4000, 2))
    whole, right = np.sqrt(2 + np.sqrt(2)), np.sqrt(2)
    expected = [[0, 0, whole, whole], [0, 0, whole, whole], [0, 0, 0, right], [0, 0, 0, 0]]
    expected = np.maximum(expected, np.transpose(expected))
    np.testing.assert_allclose(mean_distances(windows), expected, atol=0.05)


def test_units_and_what_never_varies_count_nothing():
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(4, 1, 3)) + rng.normal(size=(4, 50, 3))
    scaled = np.concatenate([windows * [1000, 1e-3, 1], np.ones((4, 50, 1))], axis=-1)
    np.testing.assert_allclose(mean_distances(scaled), mean_distances(windows), rtol=1e-6)
    assert not mean_distances(np.ones((4, 3, 50))).any()


def test_what_many_numbers_say_alike_counts_little_more_than_once():
    """Copies of one number do not drown another, but for what the shrinkage leaves of them."""
    rng = np.random.default_rng(1)
    windows = np.array([[4.0, 1.0], [4.0, -1.0], [-4.0, 1.0], [-4.0, -1.0]])[:, None]
    windows = windows + rng.normal(size=(4, 2000, 2))
    copied = np.concatenate([windows] + [windows[..., :1]] * 30, axis=-1)
    plain, crowded = mean_distances(windows), mean_distances(copied)
    standardised = np.array([4 * np.sqrt(31), 1])
    drowned = 2 / np.linalg.norm(standardised)  # what a plain Euclidean angle would leave
    assert crowded[0, 1] > 2 * drowned
    assert crowded[0, 1] > plain[0, 1] / 2


def test_words():
    spectra = np.array([[[0.5, 0.5, 0, 0]], [[0, 0, 0.5, 0.5]], [[0.5, 0.5, 0, 0]]])
    np.testing.assert_allclose(word_distances(spectra), [[0, 1, 0], [1, 0, 1], [0, 1, 0]])


def test_windows_drawn_again_are_those_of_their_genome():
    windows = np.arange(24.0).reshape(2, 6, 2)
    drawn = resample(windows, np.random.default_rng(0))
    assert drawn.shape == windows.shape
    for genome in range(2):
        assert {tuple(w) for w in drawn[genome]} < {tuple(w) for w in windows[genome]}
