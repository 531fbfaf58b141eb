"""Interval algebra against sets of bases."""

import random

import pytest

from splicenet.genome.interval_sets import complement, merge, shorten, spread, subtract, thin_out
from splicenet.genome.intervals import Interval


@pytest.mark.parametrize(
    ("bases", "left"), [(0, []), (3, [(0, 3)]), (5, [(0, 5)]), (6, [(0, 5), (9, 10)]), (99, None)]
)
def test_the_first_bases_of_regions(bases, left):
    regions = [Interval("c", 0, 5), Interval("c", 9, 12)]
    expected = regions if left is None else [Interval("c", *span) for span in left]
    assert shorten(regions, bases) == expected


def bases(intervals):
    return {(i.contig, position) for i in intervals for position in range(i.start, i.end)}


@pytest.mark.parametrize("seed", range(20))
def test_algebra_against_sets_of_bases(seed):
    rng = random.Random(seed)
    lengths = {"b": 60, "a": 40}

    def some(count):
        return [
            Interval(contig, start, rng.randint(start + 1, min(start + 12, lengths[contig])), "+")
            for contig in rng.choices(list(lengths), k=count)
            for start in [rng.randrange(lengths[contig])]
        ]

    one, other = some(8), some(6)
    merged = merge(one)
    assert bases(merged) == bases(one)
    assert merged == sorted(merged)
    assert all(
        left.contig < right.contig or left.end < right.start
        for left, right in zip(merged, merged[1:], strict=False)
    )
    for interval in one:
        assert bases(subtract([interval], other)) == bases([interval]) - bases(other)
    assert all(piece.strand == "+" for piece in subtract(one, other))
    everything = bases([Interval(contig, 0, length) for contig, length in lengths.items()])
    rest = complement(one, lengths)
    assert bases(rest) == everything - bases(one)
    assert [piece.contig for piece in rest] == sorted(
        (piece.contig for piece in rest), key=list(lengths).index
    )


def test_algebra_of_nothing():
    assert merge([]) == []
    assert subtract([], [Interval("a", 0, 5)]) == []
    assert complement([], {"a": 5, "empty": 0}) == [Interval("a", 0, 5)]


def test_spread_takes_places_far_apart():
    regions = [Interval("c", at, at + 1_000_000) for at in range(0, 200_000_000, 4_000_000)]
    some = spread(regions, 500_000)
    assert len(some) == 7
    assert sum(map(len, some)) <= 500_000
    assert sum(map(len, some)) > 499_000
    assert some[0].start < 30_000_000
    assert some[-1].start > 170_000_000
    assert all(any(r.start <= s.start < s.end <= r.end for r in regions) for s in some)
    assert spread(regions[:3], 3_000_000) == regions[:3]
    assert spread(regions[:1], 1000) == [Interval("c", 0, 1000)]


@pytest.mark.parametrize("length", [200, 2_000, 11_000, 70_000])
def test_spread_takes_as_much_of_short_regions(length):
    regions = [Interval("c", at, at + length) for at in range(0, 100_000_000, 100_000)]
    some = spread(regions, 150_000)
    assert 150_000 - max(length, 1 << 16) < sum(map(len, some)) <= 150_000
    assert sum(map(len, some)) > 120_000
    assert all(any(r.start <= s.start < s.end <= r.end for r in regions) for s in some)
    assert some[-1].start - some[0].start > 40_000_000


def test_spread_of_long_and_short_regions():
    lengths = [500, 1_000_000, 3_000] * 40
    regions = [Interval("c", at * 2_000_000, at * 2_000_000 + n) for at, n in enumerate(lengths)]
    some = spread(regions, 500_000)
    assert 300_000 < sum(map(len, some)) <= 500_000
    assert len({len(region) for region in some}) > 2


def test_thinned_regions_are_stretches_at_equal_distances(monkeypatch):
    monkeypatch.setattr("splicenet.genome.interval_sets._STRETCH", 10)
    regions = [Interval("a", 1000, 1045), Interval("b", 0, 5), Interval("c", 0, 50)]
    kept = thin_out(regions, 40)
    assert kept == [
        *(Interval("a", 1000, 1010), Interval("a", 1025, 1035)),
        *(Interval("c", 0, 10), Interval("c", 25, 35)),
    ]
    assert thin_out(regions, 100) == regions
    assert thin_out(regions, 7) == [Interval("a", 1000, 1007)]
    # A stretch over the end of a region goes on in the next.
    assert thin_out([Interval("a", 0, 24), Interval("b", 0, 26)], 20) == [
        *(Interval("a", 0, 10), Interval("b", 1, 11)),
    ]
    assert thin_out([Interval("a", 0, 27), Interval("b", 0, 23)], 20)[1:] == [
        *(Interval("a", 25, 27), Interval("b", 0, 8)),
    ]
