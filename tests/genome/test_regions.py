"""Regions as users write them, and interval algebra against sets of bases."""

import gzip
import random

import pytest

from splicenet.exceptions import RegionError
from splicenet.genome.intervals import Interval
from splicenet.genome.regions import complement, merge, read_regions, subtract

LENGTHS = {"chr2": 10_000, "chr1": 5_000_000, "HLA:01": 100, "a,b": 50}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("chr1", [("chr1", 0, 5_000_000)]),
        ("chr1:1-10", [("chr1", 0, 10)]),
        ("chr1:1,000-2,000,000", [("chr1", 999, 2_000_000)]),
        ("chr1:4,999,991", [("chr1", 4_999_990, 5_000_000)]),
        ("chr1:9,999-99,000,000", [("chr1", 9_998, 5_000_000)]),
        ("chr1:5-5,chr2", [("chr2", 0, 10_000), ("chr1", 4, 5)]),
        ("chr1:1-1,000,chr1:900-2,000", [("chr1", 0, 2_000)]),
        ("chr1:1-500,chr2:1-2", [("chr2", 0, 2), ("chr1", 0, 500)]),
        ("HLA:01", [("HLA:01", 0, 100)]),
        ("HLA:01:2-3", [("HLA:01", 1, 3)]),
        ("a,b", [("a,b", 0, 50)]),
    ],
)
def test_regions_on_the_command_line(spec, expected):
    assert read_regions(spec, LENGTHS) == [Interval(*region) for region in expected]


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "chr3",
        "chr1:0-5",
        "chr1:10-9",
        "chr1:x-9",
        "chr2:10,001-10,005",
        "chr1:,",
        "missing.bed",
    ],
)
def test_bad_regions_on_the_command_line(spec):
    with pytest.raises(RegionError) as error:
        read_regions(spec, LENGTHS)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_bed(tmp_path, pack):
    path = tmp_path / "regions"
    path.write_bytes(
        pack(
            b"#contig\tstart\tend\ntrack x\nbrowser y\n\n"
            b"chr1\t10\t20\tname\t0\t-\r\n"
            b"chr1\t15\t30\n"
            b"chr2\t9000\t99000\n"
            b"chr2\t20000\t30000\n"
            b"chrUn\t0\t5\n"
        )
    )
    assert read_regions(path, LENGTHS) == [Interval("chr2", 9000, 10_000), Interval("chr1", 10, 30)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t5\n", "line 1: a BED line needs"),
        ("chr1\t5\tend\n", "line 1: a BED line needs"),
        ("#\nchr1\t7\t7\n", "line 2: the start, 7, must lie before"),
        ("1\t0\t5\n2\t0\t5\n", r"\(1, 2\) are none of the genome's \(chr2, chr1, HLA:01, a,b\)"),
        ("chr2\t10000\t10001\n", "no region inside"),
        ("", "no region inside"),
    ],
)
def test_bad_bed(tmp_path, text, message):
    path = tmp_path / "regions.bed"
    path.write_text(text)
    with pytest.raises(RegionError, match=message) as error:
        read_regions(str(path), LENGTHS)
    assert str(path) in str(error.value)


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
