"""Regions as users write them."""

import gzip
from collections import Counter

import pytest

from splicenet.exceptions import RegionError
from splicenet.genome.intervals import Interval
from splicenet.genome.regions import read_regions, share_regions


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
    skipped = Counter()
    (found,) = share_regions(path, [GENOME], skipped=skipped)
    assert found == [Interval("chr2", 9000, 10_000), Interval("chr1", 10, 30)]
    assert read_regions(path, GENOME) == found
    assert skipped == {
        "regions on contigs that match none of the genome's (the first is chrUn)": 1,
        "regions past the end of their contig": 1,
    }


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
    skipped = Counter()
    # What is a genome's own name is no other's: the first row is not yeast's chromosome 1.
    assert share_regions(path, [human, yeast, other], skipped=skipped) == [
        [Interval("NC_000001.11", 0, 5)],
        [Interval("chr1", 7, 9)],
        [],
    ]
    assert not skipped  # every row lies on one of them
    assert share_regions("z,chr1:1-2", [yeast, other]) == [
        [Interval("chr1", 0, 2)],
        [Interval("z", 0, 10)],
    ]
    with pytest.raises(RegionError, match="'q' is neither"):
        share_regions("z,q", [yeast, other])
