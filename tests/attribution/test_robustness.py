from __future__ import annotations

import numpy as np
import pytest

from splicenet.attribution.checks import MATRIX, curves, methods_agree, rank_agreement
from splicenet.attribution.explain import Explaining, explain_windows
from splicenet.attribution.robustness import infidelity, sensitivity
from splicenet.attribution.windows import SiteWindows
from splicenet.genome.intervals import Site

SETTINGS = Explaining("gradient")


@pytest.fixture
def windows(codes):
    return SiteWindows([Site("chr4", 500 + i, "+", "donor") for i in range(3)], codes)


def test_scores_foretell_more_than_nothing_does(network, windows):
    found = explain_windows(network, windows, Explaining("ism"))
    fair = infidelity(network, windows, found, SETTINGS)
    silent = infidelity(
        network, windows, found._replace(hypothetical=0 * found.hypothetical), SETTINGS
    )
    wrong = infidelity(network, windows, found._replace(hypothetical=-found.hypothetical), SETTINGS)
    assert fair < silent < wrong
    assert silent == pytest.approx(1)


def test_an_explanation_moves_only_if_the_sequence_does(network, windows):
    assert sensitivity(network, windows, SETTINGS, share=0) == pytest.approx(0, abs=1e-6)
    assert sensitivity(network, windows, SETTINGS, share=0.1) > 0.01


def test_curves_have_the_matrix_beside_the_method(network, windows):
    actual = explain_windows(network, windows, SETTINGS).actual(windows.codes)
    found = curves(network, windows, actual, SETTINGS)
    assert list(found.deletion)[:2] == ["gradient", MATRIX]
    assert np.isfinite(found.deletion[MATRIX]).all()


def test_windows_without_an_order_have_no_rank():
    random = np.random.default_rng(0)
    one, other = random.normal(size=(2, 3, 40))
    one[1], other[2] = 0, 1
    assert rank_agreement(one, other) == rank_agreement(one[:1], other[:1])
    assert rank_agreement(one, np.exp(one)) == pytest.approx(1)
    assert np.isnan(rank_agreement(one[1:], other[1:]))


def test_methods_are_compared_pair_by_pair(network, windows):
    actual = explain_windows(network, windows, SETTINGS).actual(windows.codes)
    found = methods_agree(network, windows, actual, SETTINGS)
    assert set(found) == {("gradient", "ig"), ("gradient", "ism"), ("ig", "ism")}
    assert all(-1 <= value <= 1 for value in found.values())
