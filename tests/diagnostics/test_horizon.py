from __future__ import annotations

import numpy as np
import pytest

from splicenet.diagnostics.horizon import effective_horizon, frequency_gain, relative_norms


def _decay(rate, steps=200):
    """Costates of one unit and a silent one that shrink by ``rate`` a step, (1, D, 2)."""
    powers = rate ** np.arange(steps)
    return np.stack([powers, np.zeros(steps)], axis=-1)[None]


@pytest.mark.parametrize(("rate", "steps"), [(0.5, 7), (0.9, 44), (0.97, 152)])
def test_the_horizon_of_a_geometric_decay(rate, steps):
    assert effective_horizon(relative_norms(_decay(rate))[0]) == steps


def test_the_horizon_may_lie_outside_the_window_and_a_dip_is_none():
    assert effective_horizon(relative_norms(_decay(0.99))[0]) is None
    assert effective_horizon(relative_norms(_decay(1.5))[0]) is None
    assert effective_horizon(np.array([1, 0.001, 0.5, 0.001, 0.001])) == 3
    assert effective_horizon(np.array([1, np.nan, 0.001])) == 2


def test_norms_are_shares_of_that_at_the_site():
    costates = np.array([[[3.0, 4.0], [0.0, 1.0]], [[0.0, 0.0], [1.0, 0.0]]])
    norms = relative_norms(costates)
    assert norms[0].tolist() == [1, 0.2]
    assert np.isnan(norms[1]).all()


def test_the_gain_of_a_leaky_memory_is_that_of_a_low_pass():
    gain = frequency_gain(5 * _decay(0.9))[0]
    frequencies = np.arange(101) / 200
    expected = 1 / np.abs(1 - 0.9 * np.exp(-2j * np.pi * frequencies))
    assert gain == pytest.approx(expected, rel=1e-6)
    assert gain[0] == pytest.approx(10)


def test_without_memory_all_frequencies_pass_alike():
    assert frequency_gain(_decay(0.0))[0] == pytest.approx(np.ones(101))
