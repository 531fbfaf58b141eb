"""Exact introns."""

from math import isnan

import pytest

from splicenet.evaluation.introns import exact_introns
from splicenet.genome.intervals import Junction


def test_both_ends_and_the_strand_must_be_right():
    truth = [Junction("c", 10, 20, "+"), Junction("c", 30, 40, "-"), Junction("d", 10, 20, "+")]
    predicted = [
        Junction("c", 10, 20, "+", 7),
        Junction("c", 30, 40, "+"),
        Junction("c", 10, 21, "+"),
        Junction("c", 10, 20, "+", 9),
    ]
    result = exact_introns(predicted, truth)
    assert result == (3, 3, 1)
    assert result.precision == result.recall == result.f1 == pytest.approx(1 / 3)


def test_nothing():
    result = exact_introns([], [])
    assert isnan(result.precision)
    assert isnan(result.recall)
    assert isnan(result.f1)
