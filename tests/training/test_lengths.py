from __future__ import annotations

import numpy as np
import pytest

from splicenet.exceptions import TrainingError
from splicenet.training.lengths import Lengths


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_one_number_makes_all_windows_alike():
    for text in (8192, "8192"):
        lengths = Lengths.parse(text)
        assert lengths.draw(20_000, 0.7, rng()) == [8192, 8192]
        assert lengths.mean_bases(20_000) == 2 * 8192


def test_a_range_fills_batches_from_its_buckets():
    lengths = Lengths.parse("2048-16384")
    drawn = [lengths.draw(32_768, 0.0, rng(seed)) for seed in range(300)]
    assert min(map(min, drawn)) < 2200 and max(map(max, drawn)) > 15_500
    for batch in drawn:
        assert len(batch) * max(batch) <= 32_768
        assert max(batch) <= 1.42 * min(batch)
    assert any(len(set(batch)) > 1 for batch in drawn)
    assert np.mean([sum(batch) for batch in drawn]) == pytest.approx(
        lengths.mean_bases(32_768), rel=0.03
    )
    padding = [1 - sum(batch) / (len(batch) * max(batch)) for batch in drawn]
    assert np.mean(padding) < 0.2


def test_a_curriculum_doubles_in_equal_parts_of_the_run():
    lengths = Lengths.parse("2048:16384")
    drawn = [lengths.draw(16_384, share, rng())[0] for share in (0, 0.24, 0.26, 0.51, 0.76, 1)]
    assert drawn == [2048, 2048, 4096, 8192, 16_384, 16_384]
    assert len(lengths.draw(16_384, 0.0, rng())) == 8
    assert Lengths.parse("1000:3000").buckets == [(1000, 1000), (1732, 1732), (3000, 3000)]


def test_a_range_of_one_length_is_that_length():
    assert Lengths.parse("512-512").buckets == Lengths.parse("512:512").buckets == [(512, 512)]


def test_the_same_generator_the_same_lengths():
    lengths = Lengths.parse("100-1000")
    assert lengths.draw(9000, 0.5, rng(3)) == lengths.draw(9000, 0.5, rng(3))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("long", "not long"),
        ("-5", "--length must be a number"),
        ("1e4", "--length must be a number"),
        ("128-", "--length must be a number"),
        ("1-2-3", "--length must be a number"),
        (63, "at least 64"),
        ("0-100", "at least 64"),
        ("200-100", "begin with its shortest"),
    ],
)
def test_what_is_no_length(text, message):
    with pytest.raises(TrainingError, match=message):
        Lengths.parse(text)
