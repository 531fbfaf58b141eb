from __future__ import annotations

import numpy as np

from splicenet.attribution.references import references


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
