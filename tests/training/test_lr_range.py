from __future__ import annotations

import json

import numpy as np
import pytest

from splicenet.exceptions import TrainingError
from splicenet.model.network import NetworkConfig
from splicenet.training.lr_range import learning_rate_range, lr_range, read_range

RATES = np.geomspace(1e-4, 10, 101)


def zones(losses) -> list[str]:
    return [row.zone for row in read_range(RATES, np.array(losses, float)).rows]


def valley(bottom: int, rise: float) -> np.ndarray:
    """Losses that fall from 10 to 1 and rise again, with a batch's noise."""
    steps = np.arange(101)
    down = np.interp(steps, [0, 20, bottom], [10, 10, 1])
    noise = np.random.default_rng(0).normal(0, 0.3, 101)
    return down + rise * np.maximum(steps - bottom, 0) + noise


def test_falling_then_restless_then_broken():
    found = read_range(RATES, valley(60, 0.5))
    names = [row.zone for row in found.rows]
    assert list(dict.fromkeys(names)) == ["converges", "oscillates", "diverges"]
    assert names.index("oscillates") == pytest.approx(60, abs=6)
    assert names.index("diverges") == pytest.approx(60 + 9 / 0.5, abs=6)
    assert found.suggested == pytest.approx(RATES[60] / 10, rel=1)
    assert json.loads(json.dumps(found.to_dict()))["rows"][0]["zone"] == "converges"


def test_a_loss_that_never_rises():
    assert set(zones(valley(100, 0))) == {"converges"}


def test_a_loss_that_is_infinite_at_the_end():
    losses = valley(60, 0.05)[:80]
    losses[-1] = np.inf
    found = read_range(RATES[:80], losses)
    assert [row.zone for row in found.rows][-2:] == ["oscillates", "diverges"]
    assert found.rows[-1].loss == np.inf
    assert all(np.isfinite(row.loss) for row in found.rows[:-1])


@pytest.fixture
def config(tiny):
    return NetworkConfig(cell="lstm", **tiny)


def test_on_real_sequence(fly_species, config, settings):
    choices = settings(batch_tokens=8192)
    options = {"low": 1e-4, "high": 1e4, "steps": 60}
    found = learning_rate_range([fly_species], config, choices, **options)
    names = list(dict.fromkeys(row.zone for row in found.rows))
    assert names[0] == "converges" and names[-1] == "diverges"
    assert 1e-4 < found.suggested < 1
    assert len(found.rows) < 60  # broken before its end
    assert found == learning_rate_range([fly_species], config, choices, **options)


@pytest.mark.parametrize("options", [{"low": 1.0, "high": 0.1}, {"low": 0.0}, {"steps": 19}])
def test_ranges_that_make_no_sense(config, settings, options):
    with pytest.raises(TrainingError, match="range of learning rates"):
        lr_range(config, [], settings(), **options)
