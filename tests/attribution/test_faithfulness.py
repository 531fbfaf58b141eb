import numpy as np

from splicenet.attribution.faithfulness import RANDOM, faithfulness
from splicenet.genome.alphabet import N


def _planted():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (20, 100)).astype(np.uint8)
    matter = np.zeros((20, 100))
    matter[:, 40:50] = 1

    def score(hidden, rows):
        return ((hidden != N) * matter[rows]).sum(axis=1)

    return score, codes, matter


def test_the_right_order_is_better_than_random_and_the_wrong_one_worse():
    score, codes, matter = _planted()
    curves = faithfulness(score, codes, {"right": matter, "wrong": -matter}, points=12)
    assert all(area > 0.3 for area in curves.area("right"))
    assert all(area < 0 for area in curves.area("wrong"))
    assert curves.area(RANDOM) == (0, 0)


def test_curves_run_from_all_to_nothing_and_back():
    score, codes, matter = _planted()
    curves = faithfulness(score, codes, {"right": matter})
    assert curves.share[0] == 0 and curves.share[-1] == 1
    for name in ("right", RANDOM):
        assert (curves.deletion[name][0], curves.deletion[name][-1]) == (10, 0)
        assert (curves.insertion[name][0], curves.insertion[name][-1]) == (0, 10)
