"""Cleaning real reads, and made-up fragments whose fate is known."""

import shutil
import subprocess
from collections import Counter

import pysam
import pytest

from splicenet.exceptions import AlignmentError, OutputError
from splicenet.genome.bam_reader import introns_of, observed_introns
from splicenet.genome.clean import clean_alignments
from splicenet.genome.sequence import open_genome

BAD = (1000, 1100)


def spurious(_contig, start, end):
    return (start, end) == BAD


def read(name, flag, position, cigar, mate=None, **tags):
    """One SAM row; ``mate`` is the position of its mate."""
    length = sum(length for op, length in pysam_cigar(cigar) if op in "MIS")
    cells = [name, flag, "c" if position else "*", position, 60 if position else 0, cigar]
    cells += ["=" if mate else "*", mate or 0, 0]
    cells += ["*", "*"] if flag & 0x100 else ["A" * length, "I" * length]
    cells += [f"{tag}:{'i' if isinstance(v, int) else 'Z'}:{v}" for tag, v in tags.items()]
    return "\t".join(map(str, cells))


def pysam_cigar(cigar):
    number = ""
    for letter in cigar:
        if letter.isdigit():
            number += letter
        else:
            yield letter, int(number)
            number = ""


SPLICED = "10M100N10M"
ROWS = [
    # a pair whose first mate shows the spurious intron
    read("pair", 99, 991, SPLICED, 1300, NH=1),
    read("pair", 147, 1300, "20M", 991, NH=1),
    # the same, on a good intron
    read("good", 99, 992, SPLICED, 1300),
    read("good", 147, 1300, "20M", 992),
    # a single read
    read("single", 0, 991, SPLICED),
    # a read whose mate is not aligned and stands beside it, below
    read("half", 73, 991, SPLICED, 991),
    # several alignments: a secondary one is spurious
    read("second", 0, 2000, "20M", NH=3, HI=1, CC="c", CP=991),
    read("second", 256, 991, SPLICED, NH=3, HI=2),
    read("second", 256, 3000, "20M", NH=3, HI=3),
    # several alignments: the primary one is
    read("first", 0, 991, SPLICED, NH=2, HI=1),
    read("first", 256, 3000, "20M", NH=2, HI=2),
    # a chimera of which the far part is
    read("chimera", 0, 4000, "20M30S"),
    read("chimera", 2048, 991, "20H" + SPLICED),
    # a pair with two alignments, of which the secondary one is
    read("pairs", 99, 5000, "20M", 5200, NH=2, HI=1),
    read("pairs", 147, 5200, "20M", 5000, NH=2, HI=1),
    read("pairs", 355, 991, SPLICED, 1400, NH=2, HI=2),
    read("pairs", 403, 1400, "20M", 991, NH=2, HI=2),
]


@pytest.fixture
def made_up(tmp_path):
    sam = tmp_path / "reads.sam"
    header = "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:c\tLN:10000\n@PG\tID:star\n"
    rows = sorted(ROWS, key=lambda row: int(row.split("\t")[3]))
    unaligned = "half\t133\tc\t991\t0\t*\t=\t991\t0\tACGT\tIIII"
    sam.write_text(header + "\n".join([*rows[:1], unaligned, *rows[1:]]) + "\n")
    bam = tmp_path / "reads.bam"
    with pysam.AlignmentFile(str(sam)) as source:
        with pysam.AlignmentFile(str(bam), "wb", header=source.header) as out:
            for one in source:
                out.write(one)
    return bam


def alignments(path):
    with pysam.AlignmentFile(str(path)) as bam:
        return list(bam.fetch(until_eof=True))


def fate(path):
    return Counter((one.query_name, one.flag & ~0x200) for one in alignments(path))


def test_whole_fragments_go(made_up, tmp_path):
    out, dropped = tmp_path / "out.bam", tmp_path / "dropped.bam"
    report = clean_alignments(made_up, out, spurious, dropped=dropped, command="splicenet x")
    kept = fate(out)
    assert kept == Counter(
        {
            ("good", 99): 1,
            ("good", 147): 1,
            ("second", 0): 1,
            ("second", 256): 1,
            ("pairs", 99): 1,
            ("pairs", 147): 1,
        }
    )
    assert kept + fate(dropped) == fate(made_up)
    assert report.alignments == sum(fate(made_up).values())
    assert report.removed == len(alignments(dropped))
    assert report.fragments == 7
    assert report.spurious == 7


def test_hits_are_counted_and_numbered_anew(made_up, tmp_path):
    out = tmp_path / "out.bam"
    report = clean_alignments(
        made_up, out, spurious, dropped=tmp_path / "dropped.bam", command="splicenet x"
    )
    tags = {
        (one.query_name, one.reference_start + 1): (one.get_tag("NH"), one.get_tag("HI"))
        for one in alignments(out)
        if one.has_tag("NH")
    }
    assert tags == {
        ("second", 2000): (2, 1),
        ("second", 3000): (2, 2),
        ("pairs", 5000): (1, 1),
        ("pairs", 5200): (1, 1),
    }
    assert not any(one.has_tag("CC") or one.has_tag("CP") for one in alignments(out))
    assert report.renumbered == 4
    before = {
        one.query_name: one.get_tag("NH")
        for one in alignments(tmp_path / "dropped.bam")
        if one.has_tag("NH")
    }
    assert before["first"] == 2


def test_marking_keeps_everything(made_up, tmp_path):
    out = tmp_path / "out.bam"
    report = clean_alignments(made_up, out, spurious, dropped=None, command="splicenet x")
    assert fate(out) == fate(made_up)
    marked = [one for one in alignments(out) if one.is_qcfail]
    assert len(marked) == report.removed
    assert {one.query_name for one in marked} == {
        "pair",
        "single",
        "half",
        "second",
        "first",
        "chimera",
        "pairs",
    }
    assert all(one.get_tag("NH") == 3 for one in alignments(out) if one.query_name == "second")


def test_the_header_tells_of_it(made_up, tmp_path):
    out = tmp_path / "out.bam"
    clean_alignments(made_up, out, spurious, dropped=None, command="splicenet junctions\tx")
    twice = tmp_path / "twice.bam"
    clean_alignments(out, twice, spurious, dropped=None, command="splicenet again")
    with pysam.AlignmentFile(str(twice)) as bam:
        programs = bam.header.to_dict()["PG"]
    assert [program["ID"] for program in programs] == ["star", "splicenet", "splicenet.1"]
    assert [program.get("PP") for program in programs] == [None, "star", "splicenet"]
    assert programs[1]["CL"] == "splicenet junctions x"


def samtools(*arguments):
    if shutil.which("samtools") is None:
        pytest.skip("samtools is not installed")
    return subprocess.run(["samtools", *arguments], check=True, capture_output=True, text=True)


def test_real_reads(read_files, tmp_path):
    with open_genome(read_files.fasta) as genome:
        introns = observed_introns(read_files.bam, genome)
    assert sum(intron.plus + intron.minus + intron.unknown for intron in introns.values()) == 2817
    bad = set(sorted(introns)[::3])
    out, dropped = tmp_path / "out.bam", tmp_path / "dropped.bam"
    clean_alignments(
        read_files.bam, out, lambda *i: i in bad, dropped=dropped, command="splicenet x"
    )
    for path in (out, dropped):
        assert path.with_name(path.name + ".bai").exists()
        assert samtools("quickcheck", "-v", str(path)).stdout == ""
        assert samtools("view", "-c", str(path), "chr4").stderr == ""
    kept, gone = alignments(out), alignments(dropped)
    assert len(kept) + len(gone) == 175_346
    assert not any(("chr4", *intron) in bad for one in kept for intron in introns_of(one))
    # Only a read that aligns to several places can be both here and there.
    here = {one.query_name for one in kept}
    assert all(one.get_tag("NH") > 1 for one in gone if one.query_name in here)
    pairs = Counter(one.query_name for one in kept if not one.mate_is_unmapped)
    before = Counter(
        one.query_name for one in alignments(read_files.bam) if not one.mate_is_unmapped
    )
    assert all(before[name] == number for name, number in pairs.items())
    assert not any(not introns_of(one) and one.mate_is_unmapped for one in gone)


def test_bad_input(made_up, tmp_path):
    cut = tmp_path / "cut.bam"
    cut.write_bytes(made_up.read_bytes()[:-60])
    out = tmp_path / "out.bam"
    for path, sentence in ((cut, "cut off"), (tmp_path / "none.bam", "no such file")):
        with pytest.raises(AlignmentError, match=sentence):
            clean_alignments(path, out, spurious, dropped=None, command="x")
    with pytest.raises(OutputError):
        clean_alignments(made_up, tmp_path / "no" / "out.bam", spurious, dropped=None, command="x")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["cut.bam", "reads.bam", "reads.sam"]


def test_no_index_of_what_stood_there_before_stays(tmp_path):
    stale = [tmp_path / name for name in ("out.bam.bai", "out.bam.csi", "out.bai")]
    rows = [read("one", 0, 2000, "20M"), read("two", 0, 1000, "20M")]
    for sort, left in ((sorted, ["out.bam", "out.bam.bai"]), (list, ["out.bam"])):
        sam = tmp_path / "in.sam"
        ordered = sort(rows, key=lambda row: int(row.split("\t")[3])) if sort is sorted else rows
        sam.write_text("\n".join(["@SQ\tSN:c\tLN:9000", *ordered]) + "\n")
        for path in stale:
            path.write_text("of another file")
        clean_alignments(sam, tmp_path / "out.bam", spurious, dropped=None, command="splicenet")
        sam.unlink()
        assert sorted(path.name for path in tmp_path.iterdir()) == left
