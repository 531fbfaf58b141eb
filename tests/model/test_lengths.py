"""Distributions of lengths."""

import numpy as np
import pytest

from splicenet.model.lengths import Lengths


@pytest.mark.parametrize(
    "lengths",
    [
        Lengths.broad(median=200, spread=1.5, shortest=20, longest=5000),
        Lengths.fit([60, 61, 62, 900], shortest=20, longest=5000),
    ],
)
def test_it_is_a_distribution(lengths):
    assert np.exp(lengths.log_probability).sum() == pytest.approx(1)
    assert lengths.longest == 5000
    assert np.isneginf(lengths.log_probability[:20]).all()
    assert np.isfinite(lengths.log_probability[20:]).all()


def test_it_finds_the_distribution_it_was_drawn_from():
    rng = np.random.default_rng(0)
    seen = np.exp(rng.normal(np.log(90), 0.4, 20_000)).astype(int)
    lengths = Lengths.fit(seen, shortest=1, longest=2000)
    probability = np.exp(lengths.log_probability)
    assert probability[70:111].sum() == pytest.approx(
        np.mean((seen >= 70) & (seen < 111)), abs=0.02
    )
    assert 60 < probability.argmax() < 90


def test_what_was_never_seen_is_unlikely_but_possible():
    lengths = Lengths.fit([60] * 1000, shortest=20, longest=5000)
    assert lengths.log_probability[60] - lengths.log_probability[3000] > np.log(1000)


def test_nothing_to_learn_from():
    with pytest.raises(ValueError, match="no length"):
        Lengths.fit([10, 9000], shortest=20, longest=5000)
