"""Sites that are rarer in copies than their scores say, drawn and real."""

from __future__ import annotations

import numpy as np
import pytest

from splicenet.evaluation.copies import Columns, CopiedBases, fit_copies
from splicenet.evaluation.metrics import average_precision
from splicenet.evaluation.protocol import Tally
from splicenet.evaluation.scored import ScoredBases
from splicenet.genome.labels import KINDS
from splicenet.model.calibration import logit
from splicenet.model.scale import marked_down
from splicenet.model.scoring import Scores


def drawn(bases: int, *, taken: float, slope: float = 1.0, seed: int = 0) -> Columns:
    """A world in which ``taken`` is off the network's log-odds in copies."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-2, 3, bases)
    share = np.where(rng.random(bases) < 0.7, 0, rng.random(bases)).astype(np.float32)
    chance = 1 / (1 + np.exp(-slope * (log_odds - taken * share) + 0.5))
    scores = (1 / (1 + np.exp(-log_odds))).astype(np.float32)
    return Columns(scores, share, rng.random(bases) < chance)


@pytest.mark.parametrize("slope", [1.0, 0.6, 1.5])
@pytest.mark.parametrize("taken", [0.0, 1.0, 4.0])
def test_what_is_taken_off_is_found(taken, slope):
    world = [drawn(100_000, taken=taken, slope=slope, seed=seed) for seed in (0, 1)]
    assert fit_copies(world) == pytest.approx(taken, abs=0.15)


def test_nothing_is_marked_up():
    assert fit_copies([drawn(100_000, taken=-2.0)] * 2) == 0


def test_few_sites_say_little():
    assert fit_copies([drawn(0, taken=2.0)] * 2) == 0
    few = [drawn(30, taken=3.0, seed=seed) for seed in range(40)]
    found = [fit_copies([one]) for one in few]
    assert min(found) >= 0
    assert 0.1 < np.mean(found) < 2


def test_marked_down_sites_rank_better():
    world = drawn(100_000, taken=3.0)

    def precision(copies: float) -> float:
        scored = ScoredBases(floor=1e-4)
        scored.add(marked_down(world.scores, world.share, copies), world.truth)
        return average_precision(scored)

    assert precision(3.0) > precision(0.0) + 0.005


def test_the_bases_are_those_of_a_tally(fly_species, fly_files):
    rng = np.random.default_rng(0)
    values = (rng.random((2, 2, 50_000)) ** 8).astype(np.float32)
    values = np.maximum(values, 1e-3 * (values < 1e-3))
    bases, tally = CopiedBases(floor=1e-2), Tally(fly_species, floor=1e-2)
    scores = Scores(300_000, values)
    bases.add(fly_species, fly_files.contig, scores)
    tally.add(fly_files.contig, scores)
    for index, kind in enumerate(KINDS):
        expected, found = tally.scored["both strands"][kind], bases.scored(index)
        assert expected.sites > 20
        assert (found.bases, found.sites) == (expected.bases, expected.sites)
        assert np.array_equal(found.true_scores, expected.true_scores)
        assert np.array_equal(found.false_scores, expected.false_scores)


def test_log_odds_lose_as_much_as_they_should():
    p = np.array([1e-7, 0.01, 0.5, 0.99], np.float32)
    share = np.array([1, 0.5, 1, 0], np.float32)
    marked = marked_down(np.stack([p, p]), share, 2.0)
    assert marked.dtype == np.float32
    lost = logit(p) - logit(marked)
    assert lost == pytest.approx(np.tile([2.0, 1.0, 2.0, 0.0], (2, 1)), abs=1e-3)
    ends = np.array([0, 1], np.float32)
    assert marked_down(ends, np.ones(2, np.float32), 2.0).tolist() == [0, 1]
