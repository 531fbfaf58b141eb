"""Sites that are rarer in copies than their scores say, drawn and real."""

from __future__ import annotations

import numpy as np
import pytest

from splicenet.evaluation.calibration import Columns, fit_calibration, fit_with_copies
from splicenet.evaluation.copies import CopiedBases
from splicenet.evaluation.metrics import average_precision
from splicenet.evaluation.protocol import Tally
from splicenet.evaluation.reliability import reliability
from splicenet.evaluation.scored import ScoredBases
from splicenet.genome.labels import KINDS
from splicenet.model.calibration import Calibration, logit
from splicenet.model.scale import Scale, marked_down
from splicenet.model.scoring import Scores


def drawn(bases: int, *, taken: float, slope: float = 1.0, seed: int = 0) -> Columns:
    """A world in which ``taken`` is off in copies."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-2, 3, bases)
    share = np.where(rng.random(bases) < 0.7, 0, rng.random(bases)).astype(np.float32)
    chance = 1 / (1 + np.exp(-slope * log_odds + 0.5 + taken * share))
    scores = (1 / (1 + np.exp(-log_odds))).astype(np.float32)
    return Columns(scores, share, rng.random(bases) < chance)


@pytest.mark.parametrize("slope", [1.0, 0.6, 1.5])
@pytest.mark.parametrize("taken", [0.0, 1.0, 4.0])
def test_what_is_taken_off_is_found_with_the_map(taken, slope):
    calibration, copies = fit_with_copies(drawn(400_000, taken=taken, slope=slope))
    assert copies == pytest.approx(taken, abs=0.25)
    once = np.array([0.05, 0.5, 0.95], np.float32)
    assert logit(calibration.apply(once)) == pytest.approx(slope * logit(once) - 0.5, abs=0.2)


def test_nothing_is_marked_up():
    world = drawn(400_000, taken=-2.0)
    calibration, copies = fit_with_copies(world)
    assert copies == 0
    scored = ScoredBases(floor=0)
    scored.add(world.scores, world.truth)
    assert calibration.observed == pytest.approx(fit_calibration(scored).observed)


def test_few_sites_say_little():
    assert fit_with_copies(drawn(0, taken=2.0)) == (Calibration(), 0)
    found = [fit_with_copies(drawn(60, taken=3.0, seed=seed))[1] for seed in range(40)]
    assert min(found) >= 0
    assert 0.1 < np.mean(found) < 2


def test_copies_of_what_is_never_called_say_nothing():
    """Sites among them may be as frequent as elsewhere, or more."""
    rng = np.random.default_rng(1)
    rare = rng.uniform(1e-4, 0.009, 400_000).astype(np.float32)
    everywhere = np.ones(400_000, np.float32)
    often = Columns(rare, everywhere, rng.random(400_000) < 3 * rare)
    world = drawn(100_000, taken=2.0)
    together = Columns(*map(np.concatenate, zip(world, often, strict=True)))
    assert fit_with_copies(together)[1] == pytest.approx(2.0, abs=0.4)


def test_what_is_promised_in_copies_is_kept():
    calibration, copies = fit_with_copies(drawn(400_000, taken=3.0))
    other = drawn(400_000, taken=3.0, seed=1)
    scale = Scale(dict.fromkeys(KINDS, calibration), {}, dict.fromkeys(KINDS, copies))
    bases = CopiedBases(floor=1e-3)
    copied = other.share > 0.3
    bases.keep(0, Columns(*(column[copied] for column in other)))
    assert reliability(bases.scored(0, scale)).error < 0.03
    assert average_precision(bases.scored(0, scale)) > 0.3


def test_the_bases_are_those_of_a_tally(fly_species, fly_files):
    rng = np.random.default_rng(0)
    values = (rng.random((2, 2, 50_000)) ** 8).astype(np.float32)
    values = np.maximum(values, 1e-3 * (values < 1e-3))
    bases, tally = CopiedBases(floor=1e-2), Tally(fly_species, floor=1e-2)
    scores = Scores(300_000, values)
    bases.add(fly_species, fly_files.contig, scores)
    tally.add(fly_files.contig, scores)
    plain = Scale(dict.fromkeys(KINDS, Calibration()), {})
    for index, kind in enumerate(KINDS):
        expected, found = tally.scored["both strands"][kind], bases.scored(index, plain)
        assert expected.sites > 20
        assert (found.bases, found.sites) == (expected.bases, expected.sites)
        assert found.true_scores == pytest.approx(expected.true_scores, rel=1e-5)
        assert len(found.false_scores) == pytest.approx(len(expected.false_scores), abs=3)


def test_nothing_is_lost_on_a_scale():
    """A site that comes to less than the floor by the map, or in copies, is still found."""
    harsh = Calibration((-10.0, 10.0), (-16.0, 4.0))
    scale = Scale(dict.fromkeys(KINDS, harsh), {}, dict.fromkeys(KINDS, 3.0))
    bases = CopiedBases(floor=1e-3)
    scores, share = np.array([2e-3, 0.1, 0.9, 1e-4], np.float32), np.ones(4, np.float32)
    bases.keep(0, Columns(scores, share, np.array([True, True, False, True])))
    found = bases.scored(0, scale)
    assert (found.sites, found.true_scores.size, found.false_scores.size) == (3, 2, 1)
    assert found.true_scores[0] < 1e-4


def test_log_odds_lose_as_much_as_they_should():
    p = np.array([1e-7, 0.01, 0.5, 0.99], np.float32)
    share = np.array([1, 0.5, 1, 0], np.float32)
    marked = marked_down(np.stack([p, p]), share, 2.0)
    assert marked.dtype == np.float32
    lost = logit(p) - logit(marked)
    assert lost == pytest.approx(np.tile([2.0, 1.0, 2.0, 0.0], (2, 1)), abs=1e-3)
    ends = np.array([0, 1], np.float32)
    assert marked_down(ends, np.ones(2, np.float32), 2.0).tolist() == [0, 1]
