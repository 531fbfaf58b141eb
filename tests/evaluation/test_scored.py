import numpy as np
import pytest

from splicenet.evaluation.scored import Counts, ScoredBases


def _scored(scores, truth, *, mask=None, floor=0.1):
    scored = ScoredBases(floor=floor)
    scored.add(np.array(scores, np.float32), np.array(truth, bool), mask)
    return scored


def test_bases_below_the_floor_are_counted_and_not_kept():
    scored = _scored([0.05, 0.5, 0.05, 0.1], [1, 0, 0, 1])
    assert (scored.bases, scored.sites) == (4, 2)
    assert scored.true_scores.tolist() == [np.float32(0.1)]
    assert scored.false_scores.tolist() == [0.5]


def test_masked_bases_do_not_count():
    mask = np.array([True, False, False])
    scored = _scored([0.5, 0.75, 0.25], [1, 1, 0], mask=mask)
    assert (scored.bases, scored.sites) == (1, 1)
    assert scored.true_scores.tolist() == [0.5]


def test_chunks_come_together_sorted_also_after_a_look():
    scored = ScoredBases(floor=0.0)
    for chunk in ([0.5, 0.25], [0.75, 0.125], [0.0]):
        scored.add(np.array(chunk, np.float32), np.zeros(len(chunk), bool))
        assert (np.diff(scored.false_scores) > 0).all()
    assert scored.false_scores.tolist() == [0.0, 0.125, 0.25, 0.5, 0.75]
    assert scored.true_scores.size == 0


def test_minus_infinity_may_be_kept():
    scored = _scored([-np.inf, 3.0], [0, 1], floor=-np.inf)
    assert scored.false_scores.tolist() == [-np.inf]


def test_a_score_must_be_a_number():
    with pytest.raises(ValueError, match="not a number"):
        _scored([np.nan], [1])


def test_extend_adds_all():
    scored = _scored([0.5, 0.01], [1, 1])
    scored.extend(_scored([0.25, 0.75], [1, 0]))
    assert (scored.bases, scored.sites) == (4, 3)
    assert scored.true_scores.tolist() == [0.25, 0.5]
    assert scored.false_scores.tolist() == [0.75]


def test_extend_wants_the_same_floor():
    with pytest.raises(ValueError, match="floors"):
        _scored([0.5], [1]).extend(_scored([0.5], [1], floor=0.2))


def test_mapped_moves_scores_and_floor_and_leaves_the_original():
    scored = _scored([0.25, 0.5, 0.01], [1, 0, 1], floor=0.125)
    half = scored.mapped(lambda p: p / 2)
    assert half.floor == 0.0625
    assert (half.bases, half.sites) == (3, 2)
    assert half.true_scores.tolist() == [0.125]
    assert scored.true_scores.tolist() == [0.25]


def test_counts_take_equal_scores_together():
    counts = Counts.of(_scored([0.5, 0.5, 0.5, 0.25, 0.75], [1, 0, 1, 1, 0]))
    assert counts.threshold.tolist() == [0.5, 0.25]
    assert counts.true.tolist() == [2, 3]
    assert counts.called.tolist() == [4, 5]
