"""Regions as users write them, and interval algebra against sets of bases."""

import gzip
import random

import pytest

from splicenet.exceptions import RegionError
from splicenet.genome.intervals import Interval
from splicenet.genome.regions import (
    complement,
    merge,
    read_regions,
    share_regions,
    shorten,
    spread,
    subtract,
    thin_out,
)


class Named:
    """A genome of which only names and lengths are asked."""

    path = "genome.fa"

    def __init__(self, headers: dict[str, str] | None = None, **lengths: int) -> None:
        self.lengths = lengths
        self.headers = headers or {}

    def description(self, contig: str) -> str:
        return self.headers.get(contig, contig)


GENOME = Named(**{"chr2": 10_000, "chr1": 5_000_000, "HLA:01": 100, "a,b": 50})


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
    assert read_regions(spec, GENOME) == [Interval(*region) for region in expected]


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
        read_regions(spec, GENOME)
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
    assert read_regions(path, GENOME) == [Interval("chr2", 9000, 10_000), Interval("chr1", 10, 30)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t5\n", "line 1: a BED line needs"),
        ("chr1\t5\tend\n", "line 1: a BED line needs"),
        ("#\nchr1\t7\t7\n", "line 2: the start, 7, must lie before"),
        ("7\t0\t5\n8\t0\t5\n", r"\(7, 8\) are none of the genome's \(chr2, chr1, HLA:01, a,b\)"),
        ("chr2\t10000\t10001\n", "no region inside"),
        ("", "no region inside"),
    ],
)
def test_bad_bed(tmp_path, text, message):
    path = tmp_path / "regions.bed"
    path.write_text(text)
    with pytest.raises(RegionError, match=message) as error:
        read_regions(str(path), GENOME)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("names", "written"),
    [
        (("1", "2"), ("chr1", "chr2")),
        (("chr1", "chr2"), ("1", "Chr02")),
        (("NC_000001.11", "NC_000002.12"), ("chr1", "2")),
        (("chr1", "chr2"), ("NC_000001.11", "NC_000002.12")),
    ],
)
def test_other_spellings_of_a_contig(tmp_path, names, written):
    genome = Named(**dict.fromkeys(names, 1000))
    expected = [Interval(names[0], 9, 20), Interval(names[1], 0, 1000)]
    assert read_regions(f"{written[0]}:10-20,{written[1]}", genome) == expected
    path = tmp_path / "regions.bed"
    path.write_text(f"{written[0]}\t9\t20\n{written[1]}\t0\t2000\n")
    assert read_regions(path, genome) == expected


def test_the_fastas_headers_say_which_chromosome_it_is():
    genome = Named({"CM1": "CM1 Some plant chromosome 4, whole genome"}, CM1=1000)
    assert read_regions("chr4:1-10", genome) == [Interval("CM1", 0, 10)]


def test_a_name_that_two_contigs_may_have_is_none():
    with pytest.raises(RegionError, match="'1' is neither"):
        read_regions("1", Named(chr1=1000, Chr1=1000))


def test_a_list_that_several_genomes_share(tmp_path):
    human, yeast, other = Named(**{"NC_000001.11": 1000}), Named(chr1=1000), Named(z=10)
    path = tmp_path / "regions.bed"
    path.write_text("NC_000001.11\t0\t5\n1\t7\t9\n")
    # What is a genome's own name is no other's: the first row is not yeast's chromosome 1.
    assert share_regions(path, [human, yeast, other]) == [
        [Interval("NC_000001.11", 0, 5)],
        [Interval("chr1", 7, 9)],
        [],
    ]
    assert share_regions("z,chr1:1-2", [yeast, other]) == [
        [Interval("chr1", 0, 2)],
        [Interval("z", 0, 10)],
    ]
    with pytest.raises(RegionError, match="'q' is neither"):
        share_regions("z,q", [yeast, other])


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


def test_thinned_regions_are_stretches_at_equal_distances(monkeypatch):
    monkeypatch.setattr("splicenet.genome.regions._STRETCH", 10)
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
