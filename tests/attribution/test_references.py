from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from splicenet.attribution.references import dinucleotide_shuffle, generator, references


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


def test_references():
    codes = np.random.default_rng(0).integers(0, 4, (2, 80), dtype=np.uint8)
    codes[1, :20] = 4
    assert not references(codes, "zeros").any()
    background = references(codes, "background")
    assert background.shape == (2, 1, 80, 4)
    np.testing.assert_allclose(background[1, 0, 20:].sum(1), 1, rtol=1e-5)
    assert not background[1, 0, :20].any()
    np.testing.assert_allclose(background[0, 0, 7, 2], (codes[0] == 2).mean(), rtol=1e-5)
    shuffled = references(codes, "shuffled", count=3, seed=5)
    assert shuffled.shape == (2, 3, 80, 4)
    assert (shuffled[0, 0] != shuffled[0, 1]).any()
    np.testing.assert_array_equal(shuffled[1:], references(codes[1:], "shuffled", count=3, seed=5))
    assert (shuffled != references(codes, "shuffled", count=3, seed=6)).any()


def test_a_generator_belongs_to_its_sequence():
    one, other = np.zeros(4, np.uint8), np.ones(4, np.uint8)
    assert generator(0, one).random() == generator(0, one.copy()).random()
    assert generator(0, one).random() != generator(0, other).random()
