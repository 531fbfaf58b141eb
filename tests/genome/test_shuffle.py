from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from splicenet.genome.shuffle import dinucleotide_shuffle, generator


def pairs(codes):
    return Counter(zip(codes[:-1].tolist(), codes[1:].tolist(), strict=True))


@pytest.mark.parametrize("letters", [1, 2, 3, 4])
@pytest.mark.parametrize("length", [0, 1, 2, 3, 10, 500])
def test_pairs_stay_as_frequent(letters, length):
    random = np.random.default_rng(length)
    codes = random.integers(0, letters, length, dtype=np.uint8)
    shuffled = dinucleotide_shuffle(codes, random)
    assert shuffled.dtype == np.uint8
    assert pairs(shuffled) == pairs(codes)
    assert Counter(shuffled.tolist()) == Counter(codes.tolist())
    if length == 500 and letters > 1:
        assert (shuffled != codes).mean() > 0.1


def test_every_order_is_equally_likely():
    codes = np.array([0, 1, 0, 2, 0, 3, 0], dtype=np.uint8)  # six orders of three loops
    random = np.random.default_rng(0)
    seen = Counter(tuple(dinucleotide_shuffle(codes, random).tolist()) for _ in range(3000))
    assert len(seen) == 6
    assert max(seen.values()) < 1.2 * min(seen.values())


def test_unknown_bases_stay():
    codes = np.random.default_rng(0).integers(0, 4, 200, dtype=np.uint8)
    codes[[0, 50, 51, 120, 199]] = 4
    shuffled = dinucleotide_shuffle(codes, np.random.default_rng(1))
    assert ((shuffled == 4) == (codes == 4)).all()
    assert pairs(shuffled) == pairs(codes)


def test_a_generator_belongs_to_its_sequence():
    one, other = np.zeros(4, np.uint8), np.ones(4, np.uint8)
    assert generator(0, one).random() == generator(0, one.copy()).random()
    assert generator(0, one).random() != generator(0, other).random()
