from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from splicenet.diagnostics.evidence import Evidence, Flow
from splicenet.diagnostics.fit import Fit
from splicenet.diagnostics.verdict import judge
from splicenet.model.network import NetworkConfig

PLAIN = NetworkConfig(architecture="lstm", cell="rnn")
GOOD, BAD = Fit(1.0, 10.0, 300), Fit(9.0, 10.0, 300)


def _flow(rate, *, gates=None, steps=600):
    """A gradient that changes by ``rate`` a step."""
    curve = rate ** np.arange(steps)
    below = np.flatnonzero(curve < 0.01)
    horizon = int(below[0]) if rate < 1 and below.size else None
    return Flow(
        1, "forward", 1, np.stack([curve] * 3), (horizon,) * 3, np.ones(steps // 2 + 1),
        (rate,) * 3, (rate,) * 3, gates or {},
    )  # fmt: skip


def _course(*precisions, losses=None, norms=None):
    count = len(precisions)
    return pd.DataFrame(
        {
            "step": 100 * np.arange(1, count + 1),
            "loss": losses or [10.0 / (i + 1) for i in range(count)],
            "gradient_norm": norms or [20.0] * count,
            "auprc_donor": precisions,
            "auprc_acceptor": precisions,
        }
    )


def _verdict(**evidence):
    found = judge(Evidence(**{"config": PLAIN, "sites": 32} | evidence))
    return found[0].name


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        ({"flows": (_flow(0.5),), "seen": BAD, "unseen": BAD}, "vanishing gradient, underfitting"),
        ({"flows": (_flow(0.5),), "seen": GOOD, "unseen": GOOD}, "vanishing gradient"),
        ({"flows": (_flow(0.5), _flow(0.98)), "seen": GOOD}, "healthy"),
        ({"flows": (_flow(1.1),), "seen": GOOD}, "exploding"),
        ({"flows": (_flow(0.98),), "seen": GOOD, "unseen": GOOD}, "healthy"),
        ({"flows": (_flow(0.98),), "seen": BAD, "unseen": BAD}, "underfitting"),
        ({"flows": (_flow(0.98),), "seen": GOOD, "unseen": BAD}, "overfitting with long memory"),
        ({"config": NetworkConfig(architecture="conv"), "seen": GOOD}, "no recurrent level"),
        ({"metrics": _course(0.1, 0.5, 0.6)}, "healthy"),
        ({"metrics": _course(0.1, 0.6, 0.5, 0.4)}, "overfitting"),
        ({"metrics": _course(0.1, 0.6, 0.5, 0.59)}, "healthy"),
        ({"metrics": _course(0.1, 0.6, 0.4, 0.4, losses=[9, 2, 3, 3])}, "healthy"),
        ({"metrics": _course(0.1, 0.2, norms=[20, 9000])}, "exploding"),
        ({"metrics": _course(0.1, 0.2, norms=[20, math.inf])}, "exploding"),
        ({"metrics": _course(math.nan, math.nan)}, "healthy"),
    ],
)
def test_verdicts(evidence, verdict):
    assert _verdict(**evidence) == verdict


def test_a_silent_level_is_not_called_vanishing():
    silent = Flow(
        1, "forward", 1, np.empty((3, 0)), (None,) * 3, np.empty(0), (1.0,) * 3, (1.0,) * 3, {}
    )
    assert _verdict(flows=(silent,), seen=BAD) == "no gradient reaches the recurrent level"


def test_exploding_stands_before_overfitting():
    flows = (_flow(1.1),)
    found = judge(Evidence(config=PLAIN, flows=flows, seen=GOOD, unseen=BAD))
    assert [one.name for one in found] == ["exploding", "overfitting with long memory"]
    assert "grows to" in found[0].evidence[0]


@pytest.mark.parametrize("cell", ["lstm", "gru", "residual", "diagonal", "rnn", "lowrank"])
def test_the_forget_bias_named_would_reach_far_enough(cell):
    config = NetworkConfig(architecture="lstm", cell=cell)
    evidence = Evidence(config=config, flows=(_flow(0.5),), seen=BAD)
    switch = judge(evidence)[0].remedies[0].switch
    assert switch.startswith("--cell lstm ") == (cell in ("rnn", "lowrank"))
    kept = 1 / (1 + math.exp(-float(switch.split()[-1])))
    assert kept**evidence.reach > 0.09  # the square root of a hundredth at half the way


def test_a_bounded_memory_is_named_where_it_ends_too_soon():
    config = NetworkConfig(architecture="lstm", cell="diagonal", longest_memory=5)
    evidence = Evidence(config=config, flows=(_flow(0.5),), seen=BAD)
    name, steps = judge(evidence)[0].remedies[0].switch.split()
    assert name == "--longest-memory"
    assert math.exp(-evidence.reach / float(steps)) > 0.09


def test_stuck_gates_ask_for_normalised_drives():
    stuck = _flow(0.5, gates={"forget": (0.5, 0.4)})
    finding = judge(Evidence(config=NetworkConfig(), flows=(stuck,)))[0]
    assert finding.remedies[0].switch == "--cell layernorm-lstm"
    assert any("90% of the gates' values" in sign for sign in finding.evidence)


def test_a_tight_truncation_is_named():
    evidence = Evidence(config=PLAIN, training={"bptt": 64}, flows=(_flow(0.5),))
    assert "--bptt 600" in [remedy.switch for remedy in judge(evidence)[0].remedies]


def test_evidence_is_json_whatever_is_in_it():
    evidence = Evidence(
        config=PLAIN, flows=(_flow(1.5),), seen=GOOD, metrics=_course(0.1, math.nan)
    )
    text = json.dumps(evidence.to_dict(), allow_nan=False)
    assert json.loads(text)["levels"][0]["horizon_bases"] == [None, None, None]
