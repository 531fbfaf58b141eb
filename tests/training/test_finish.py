"""What a model is given once its weights are trained."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from splicenet.evaluation.calibration import Columns
from splicenet.evaluation.copies import CopiedBases
from splicenet.genome.alphabet import N
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.model.scoring import PROBE_LENGTH
from splicenet.training import finish


def bases(true, false) -> Columns:
    log_odds = np.concatenate([true, false])
    probabilities = (1 / (1 + np.exp(-log_odds))).astype(np.float32)
    truth = np.arange(len(log_odds)) < len(true)
    return Columns(probabilities, np.zeros_like(probabilities), truth)


@pytest.mark.parametrize(("sites", "others"), [(2000, 200), (200, 20), (60, 50)])
def test_a_network_that_parts_all_calls_all(sites, others):
    random = np.random.default_rng(sites)
    one = bases(random.normal(10, 0.5, sites), random.normal(-6, 0.5, others))
    all_of_them = CopiedBases(floor=1e-4)
    for index in range(len(KINDS)):
        all_of_them.keep(index, one)
    scale = finish._scale(all_of_them)
    for kind in KINDS:
        called = scale.calibration[kind].apply(one.scores) >= scale.threshold[kind]
        assert called[one.truth].all()
        assert not called[~one.truth].any()
        assert scale.copies[kind] == 0


@pytest.mark.parametrize("length", [600, 7_000, 100_000])
def test_probes_have_validation_sequence_in_the_middle(length):
    def fetch(contig, start, end):
        places = np.arange(start, end)
        return np.where((places >= 0) & (places < length), 0, N).astype(np.uint8)

    species = SimpleNamespace(genome=SimpleNamespace(fetch=fetch))
    probes = finish._probes([(species, [Interval("c", 0, length)])], seed=1)
    middle = PROBE_LENGTH // 2
    assert all(len(probe) == PROBE_LENGTH and probe[middle] != N for probe in probes)
