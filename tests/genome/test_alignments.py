"""Spliced reads to junctions: real RNA-seq, and made-up reads whose answer is known."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pysam
import pytest

from splicenet.exceptions import AlignmentError, ContigError
from splicenet.genome.alignments import read_junctions
from splicenet.genome.intervals import Junction
from splicenet.genome.motif import MotifReader
from splicenet.genome.sequence import open_genome

DATA = Path(__file__).parents[2] / "data" / "drosophila_dm3_chr4"
BAM = DATA / "untreated3_chr4.bam"
UNFILTERED = {"min_mapq": 0, "min_overhang": 0, "min_intron": 0, "max_intron": 10**9}

# One intron a motif, each at [100, 200) of its stretch of 300 bases.
INTRONS = {"GTAG": "+", "GCAG": "+", "ATAC": "+", "CTAC": "-", "CTGC": "-", "GTAT": "-"}
ENDS = [*INTRONS, "TTTT"]
GENOME = "".join("T" * 100 + ends[:2] + "T" * 96 + ends[2:] + "T" * 100 for ends in ENDS)


@pytest.fixture(scope="module")
def real_genome():
    with open_genome(DATA / "genome.fa.gz") as genome:
        yield genome


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(f">1\n{GENOME}\n>other\n{'ACGT' * 100}\n")
    with open_genome(path) as genome:
        yield genome


CONTIGS = [("1", len(GENOME))]


def make_bam(path, reads, *, contigs=CONTIGS, order="unsorted"):
    header = {
        "HD": {"VN": "1.6", "SO": order},
        "SQ": [{"SN": name, "LN": length} for name, length in contigs],
    }
    with pysam.AlignmentFile(str(path), "wb", header=header) as bam:
        for number, options in enumerate(reads):
            read = pysam.AlignedSegment(bam.header)
            read.query_name = options.get("name", f"read{number}")
            read.flag = options.get("flag", 0)
            read.reference_id = options.get("contig", 0)
            read.reference_start = options.get("start", 80)
            read.mapping_quality = options.get("mapq", 60)
            read.cigarstring = options.get("cigar", "20M100N20M")
            read.query_sequence = "A" * read.infer_query_length()
            for tag, value in options.get("tags", {}).items():
                read.set_tag(tag, value)
            bam.write(read)
    return path


def spans(junctions):
    return [(j.start, j.end, j.strand, j.reads) for j in junctions]


def test_real_reads_without_filters(real_genome):
    junctions = read_junctions(BAM, real_genome, **UNFILTERED)
    assert len(junctions) == 291
    spanned = Counter()
    mates = Counter()
    with pysam.AlignmentFile(str(BAM)) as bam:
        for read in bam.fetch(until_eof=True):
            position = read.reference_start
            for operation, length in read.cigartuples:
                if operation == 3:
                    spanned[position, position + length] += 1
                    mates[position, position + length, read.query_name] += 1
                if operation in (0, 2, 3):
                    position += length
    assert sum(spanned.values()) == 2_817
    fragments = Counter((start, end) for start, end, _ in mates)
    assert {(j.start, j.end): j.reads for j in junctions} == fragments
    assert junctions == sorted(junctions)


def test_real_strands_are_those_of_the_dinucleotides(real_genome):
    skipped = Counter()
    junctions = read_junctions(BAM, real_genome, skipped=skipped)
    motifs = MotifReader(real_genome)
    assert all(motifs.strand(j.contig, j.start, j.end) == j.strand for j in junctions)
    assert 250 < len(junctions) < 291
    assert sum(skipped.values()) > 0


@pytest.mark.skipif(not shutil.which("samtools"), reason="samtools is not installed")
def test_samtools_sees_the_same_reads(real_genome):
    text = subprocess.run(
        ["samtools", "view", "-F", "0xF04", "-q", "20", str(BAM)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    seen = set()
    for row in (line.split("\t") for line in text.splitlines()):
        match = re.fullmatch(r"(\d+)M(\d+)N(\d+)M", row[5])
        if match and min(int(match[1]), int(match[3])) >= 8:
            start = int(row[3]) - 1 + int(match[1])
            seen.add((start, start + int(match[2]), row[0]))
    expected = Counter((start, end) for start, end, _ in seen)
    assert {(j.start, j.end): j.reads for j in read_junctions(BAM, real_genome)} == expected


def test_strand_by_dinucleotides(tmp_path, genome):
    reads = [{"start": 300 * i + 80} for i in range(len(ENDS))]
    skipped = Counter()
    junctions = read_junctions(make_bam(tmp_path / "x.bam", reads), genome, skipped=skipped)
    assert spans(junctions) == [
        (300 * i + 100, 300 * i + 200, strand, 1) for i, strand in enumerate(INTRONS.values())
    ]
    assert skipped == {"junctions on an undecidable strand": 1}


@pytest.mark.parametrize(
    ("tags", "flag", "strand"),
    [
        ({"XS": "-"}, 0, "-"),
        ({"XS": "-"}, 16, "-"),
        ({"ts": "+"}, 0, "+"),
        ({"ts": "+"}, 16, "-"),
        ({"ts": "-"}, 0, "-"),
        ({"ts": "-"}, 16, "+"),
        ({"XS": 35}, 0, "+"),
        ({"XS": "?"}, 0, "+"),
        ({"XS": "+", "ts": "-"}, 0, "+"),
    ],
)
def test_strand_by_tags(tmp_path, genome, tags, flag, strand):
    bam = make_bam(tmp_path / "x.bam", [{"tags": tags, "flag": flag}])
    assert spans(read_junctions(bam, genome)) == [(100, 200, strand, 1)]


def test_most_reads_decide_the_strand(tmp_path, genome):
    strands = [{"tags": {"XS": strand}} for strand in "--+"]
    assert spans(read_junctions(make_bam(tmp_path / "x.bam", strands), genome)) == [
        (100, 200, "-", 3)
    ]
    draw = make_bam(tmp_path / "y.bam", strands[1:])
    assert spans(read_junctions(draw, genome)) == [(100, 200, "+", 2)]


def test_what_does_not_count(tmp_path, genome):
    reads = [{"flag": flag} for flag in (0x4, 0x100, 0x200, 0x400, 0x800)]
    reads += [{"mapq": 19}, {"cigar": "7M100N20M", "start": 93}, {"cigar": "40M"}]
    reads += [{"cigar": "20M19N20M"}, {"cigar": "20M100N20M"}]
    skipped = Counter()
    junctions = read_junctions(make_bam(tmp_path / "x.bam", reads), genome, skipped=skipped)
    assert spans(junctions) == [(100, 200, "+", 1)]
    assert skipped == {
        "spliced reads of mapping quality below 20": 1,
        "overhangs below 8 bases": 1,
        "junctions shorter or longer than introns may be": 1,
    }


@pytest.mark.parametrize("order", ["coordinate", "unsorted"])
def test_two_mates_are_one_fragment(tmp_path, genome, order, monkeypatch):
    monkeypatch.setattr("splicenet.genome.alignments._SWEEP", 1)
    reads = [
        {"name": "a", "flag": 0x41},
        {"name": "a", "flag": 0x81, "start": 85, "cigar": "15M100N20M"},
        {"name": "b", "start": 90, "cigar": "10M100N20M"},
        {"name": "a", "start": 380},
    ]
    bam = make_bam(tmp_path / "x.bam", reads, order=order)
    assert spans(read_junctions(bam, genome)) == [(100, 200, "+", 2), (400, 500, "+", 1)]
    assert spans(read_junctions(bam, genome, min_reads=2)) == [(100, 200, "+", 2)]


def test_cigars(tmp_path, genome):
    reads = [
        {"cigar": "3S10M2D8M100N5M1I15M4S"},
        {"cigar": "20M100N200M100N9M"},
        {"cigar": "20=100N10=2X8="},
    ]
    bam = make_bam(tmp_path / "x.bam", reads)
    assert spans(read_junctions(bam, genome)) == [(100, 200, "+", 3), (400, 500, "+", 1)]


def test_other_contig_names_and_foreign_contigs(tmp_path, genome):
    contigs = [("chrUn", 5000), ("chr1", len(GENOME))]
    bam = make_bam(tmp_path / "x.bam", [{"contig": 1}, {"contig": 0}], contigs=contigs)
    skipped = Counter()
    assert read_junctions(bam, genome, skipped=skipped) == [Junction("1", 100, 200, "+", 1)]
    assert skipped == {"spliced reads on contigs that the genome lacks": 1}


def test_another_assembly(tmp_path, genome):
    bam = make_bam(tmp_path / "x.bam", [{}], contigs=[("chr1", 2_101), ("other", 400)])
    with pytest.raises(AlignmentError, match=r"contig chr1: it has 2,101 bases here but 2,100"):
        read_junctions(bam, genome)
    mostly = make_bam(tmp_path / "y.bam", [{}], contigs=[("1", len(GENOME)), ("other", 401)])
    assert len(read_junctions(mostly, genome)) == 1


def test_another_genome(tmp_path, genome):
    bam = make_bam(tmp_path / "x.bam", [{}], contigs=[("scaffold", 77)])
    with pytest.raises(ContigError, match=r"\(scaffold\).*\(1, other\)"):
        read_junctions(bam, genome)


def test_sam_and_cram_without_their_reference(tmp_path, genome):
    bam = make_bam(tmp_path / "x.bam", [{"tags": {"XS": "-"}}, {}])
    sam, cram, reference = (tmp_path / name for name in ("x.sam", "x.cram", "reference.fa"))
    reference.write_text(f">1\n{GENOME}\n")
    pysam.view("-h", "-o", str(sam), str(bam), catch_stdout=False)
    pysam.view("-C", "-T", str(reference), "-o", str(cram), str(bam), catch_stdout=False)
    for leftover in tmp_path.glob("reference*"):
        leftover.unlink()
    for path in (bam, sam, cram):
        assert spans(read_junctions(path, genome)) == [(100, 200, "-", 2)]


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 1 - 28 / 3_866_719])
def test_truncated_bam(tmp_path, real_genome, capfd, keep):
    path = tmp_path / "cut.bam"
    data = BAM.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(AlignmentError, match=r"cut\.bam: .*cut off or damaged") as error:
        read_junctions(path, real_genome)
    assert "\n" not in str(error.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"\n\n", "no junction"),
        (b"read\t0\t1\t5\t60\t9M\t*\t0\t0\tACGTACGTA\t*\n", "neither alignments"),
        (b"BAM\1 and nothing else", "cut off or damaged"),
        (b"CRAM and nothing else", "cut off or damaged"),
        (b"@HD\tVN:1.6\n", "cut off or damaged"),
        (b"\x00\x01\x02" * 50, "neither alignments"),
    ],
)
def test_bad_files(tmp_path, genome, data, message, capfd):
    path = tmp_path / "reads.bam"
    path.write_bytes(data)
    with pytest.raises(AlignmentError, match=message) as error:
        read_junctions(path, genome)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert capfd.readouterr().err == ""


def test_missing_file_and_folder(tmp_path, genome):
    with pytest.raises(AlignmentError, match="no such file"):
        read_junctions(tmp_path / "missing.bam", genome)
    with pytest.raises(AlignmentError, match="folder"):
        read_junctions(tmp_path, genome)


def test_standard_input_and_a_pipe():
    code = (
        "import sys; from splicenet.genome.alignments import read_junctions;"
        "from splicenet.genome.sequence import open_genome;"
        "print(len(read_junctions(sys.argv[1], open_genome(sys.argv[2]))))"
    )
    genome = str(DATA / "genome.fa.gz")
    for path in ("-", "/dev/stdin"):
        with subprocess.Popen(["cat", str(BAM)], stdout=subprocess.PIPE) as cat:
            out = subprocess.run(
                [sys.executable, "-c", code, path, genome],
                stdin=cat.stdout,
                check=True,
                capture_output=True,
                text=True,
            )
        assert out.stdout == "277\n"
