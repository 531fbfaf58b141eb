"""Splice scores as minimap2 and miniprot read them."""

import re
import shutil
import subprocess

import numpy as np
import pysam
import pytest

from splicenet.exceptions import OutputError
from splicenet.genome.alphabet import decode, encode, reverse_complement
from splicenet.genome.annotation import read_annotation
from splicenet.genome.bam_reader import introns_of
from splicenet.genome.sequence import open_genome
from splicenet.genome.splice_scores import SpliceScoreWriter


def rows(path):
    return [line.split("\t") for line in path.read_text().splitlines()]


def test_offsets_are_the_ends_of_the_intron(tmp_path):
    """Introns [10, 30) on the plus strand and [50, 70) on the minus strand."""
    values = np.zeros((2, 2, 100), np.float32)
    values[0, 0, 9] = values[0, 1, 30] = values[1, 0, 70] = values[1, 1, 49] = 0.8
    path = tmp_path / "scores.tsv"
    with SpliceScoreWriter(path) as out:
        out.add("c", 0, values[..., :60], encode("GT" * 30 + "G"))
        out.add("c", 60, values[..., 60:], encode("GT" * 20 + "G"))
    # 50 GT a base rate of 3.2 / 50
    score = str(round(2 * np.log2(0.8 / (3.2 / 50))))
    assert rows(path) == [
        ["c", "10", "+", "D", score],
        ["c", "30", "+", "A", score],
        ["c", "50", "-", "A", score],
        ["c", "70", "-", "D", score],
    ]


def test_scores_of_minus_six_and_below_are_left_out(tmp_path):
    rate = 0.02
    values = np.zeros((2, 2, 1000), np.float32)
    values[0, 0, 100:110] = rate * 2 ** (np.arange(-8, 2) / 2)
    codes = np.zeros(1001, np.uint8)
    pairs = round(float(values.sum()) / rate)
    codes[: 2 * pairs] = encode("GT" * pairs)  # so many GT that the base rate is as said
    path = tmp_path / "scores.tsv"
    with SpliceScoreWriter(path) as out:
        out.add("c", 0, values, codes)
    scores = [int(row[4]) for row in rows(path)]
    assert min(scores) >= -5
    assert len(scores) in (6, 7)


def test_one_strand_and_bgzip(tmp_path):
    values = np.zeros((2, 2, 51), np.float32)
    values[..., 10:13] = 0.5
    path = tmp_path / "scores.tsv.gz"
    with SpliceScoreWriter(path, strands=("-",)) as out:
        out.add("c", 0, values, encode("GTAG" * 13))
    assert path.with_name("scores.tsv.gz.tbi").exists()
    with pysam.TabixFile(str(path)) as table:
        found = [row.split("\t") for row in table.fetch("c", 10, 12)]
    assert {row[2] for row in found} == {"-"}
    assert {row[1] for row in found} == {"10", "11"}


def test_nothing_half_written(tmp_path):
    with pytest.raises(KeyboardInterrupt), SpliceScoreWriter(tmp_path / "scores.tsv") as out:
        out.add("c", 0, np.full((2, 2, 4), 0.5, np.float32), encode("ACGTA"))
        raise KeyboardInterrupt
    with pytest.raises(OutputError), SpliceScoreWriter(tmp_path / "no" / "scores.tsv"):
        pass
    assert not list(tmp_path.iterdir())


def _minimap2_takes_scores():
    if shutil.which("minimap2") is None:
        return False
    version = subprocess.run(["minimap2", "--version"], capture_output=True, text=True).stdout
    return tuple(map(int, re.findall(r"\d+", version)[:2])) >= (2, 29)


@pytest.mark.skipif(not _minimap2_takes_scores(), reason="needs minimap2 2.29 or later")
def test_minimap2_aligns_better_with_them(tmp_path, fly_files):
    """True sites, noisy transcripts: a score at the wrong base would ruin every intron."""
    rng = np.random.default_rng(0)
    annotation = read_annotation(fly_files.annotation)
    with open_genome(fly_files.fasta) as genome:
        length = genome.lengths[fly_files.contig]
        codes = genome.fetch(fly_files.contig, 0, length + 1)
    values = np.full((2, 2, length), 1e-6, np.float32)
    for intron in annotation.introns():
        strand = "+-".index(intron.strand)
        values[strand, 0, intron.donor] = values[strand, 1, intron.acceptor] = 0.97
    scores, fasta, reads = (tmp_path / name for name in ("scores.tsv", "genome.fa", "reads.fa"))
    with SpliceScoreWriter(scores) as out:
        out.add(fly_files.contig, 0, values, codes)
    fasta.write_text(f">{fly_files.contig}\n{decode(codes[:-1])}\n")
    truth = {}
    with reads.open("w") as out:
        for number, one in enumerate(annotation.transcripts[::4]):
            read = np.concatenate([codes[start:end] for start, end in one.exons])
            read = reverse_complement(read) if one.strand == "-" else read
            wrong = rng.random(read.size) < 0.08
            read = np.where(wrong, (read + 1) % 4, read)[rng.random(read.size) > 0.04]
            truth[str(number)] = {(intron.start, intron.end) for intron in one.introns}
            out.write(f">{number}\n{decode(read)}\n")

    def found(*options):
        sam = tmp_path / "aligned.sam"
        command = ["minimap2", "-t1", "-ax", "splice", *options, fasta, reads, "-o", sam]
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
        with pysam.AlignmentFile(str(sam)) as bam:
            return sum(
                len(set(introns_of(read)) & truth[read.query_name])
                for read in bam
                if not read.flag & 0x900
            )

    assert found(f"--spsc={scores}") > 1.01 * found()
