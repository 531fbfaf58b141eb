import numpy as np
import pytest

from splicenet.evaluation.background import Background
from splicenet.evaluation.metrics import average_precision
from splicenet.evaluation.pwm import position_weights
from splicenet.genome.alphabet import encode


def test_weights_are_log_odds_against_the_background():
    donors = np.tile(encode("CAGGTAAGT"), (999, 1))
    acceptors = np.tile(encode("T" * 18 + "AGGCA"), (999, 1))
    model = position_weights({"donor": donors, "acceptor": acceptors}, Background())
    # One pseudo-site of four equal bases: G at the intron's first base is 999.25 of 1000.
    assert model.tables["donor"][3].bits == pytest.approx(
        np.log2(np.array([0.25, 0.25, 999.25, 0.25]) / 1000 / 0.25), rel=1e-5
    )
    best = model.score(encode("TTCAGGTAAGTTT"), "donor")
    assert int(np.argmax(best)) == 4
    assert best[4] == pytest.approx(9 * np.log2(0.99925 / 0.25), rel=1e-5)


def test_real_sites_are_found(fly):
    model = position_weights(fly.windows(), fly.background)
    for kind in ("donor", "acceptor"):
        scored = fly.scored(model, kind)
        chance = scored.sites / scored.bases
        assert average_precision(scored) > 50 * chance
