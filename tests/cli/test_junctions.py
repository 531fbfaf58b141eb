"""``splicenet junctions``, ``splicenet introns`` and splice scores from the command line."""

import gzip

import pandas as pd
import pysam
import pytest

from splicenet.genome.alphabet import decode
from splicenet.genome.annotation import read_annotation
from splicenet.genome.sequence import open_genome

PLAIN = ["--threads", "1", "--device", "cpu"]
REGION = "NC_004353.4:100,001-200,000"


def table(path, skip=2):
    rows = pd.read_csv(path, sep="\t", skiprows=skip)
    return rows.rename(columns={"#contig": "contig"})


def test_junctions(cli, read_files, trained, tmp_path):
    out, clean = tmp_path / "junctions.tsv", tmp_path / "clean.bam"
    command = ["junctions", read_files.bam, "-f", read_files.fasta, "-m", trained, *PLAIN]
    result = cli(*command, "-o", out, "--clean", clean)
    assert result.code == 0
    assert "junctions are spurious" in result.err
    rows = table(out)
    assert len(rows) > 200
    assert rows["start"].is_monotonic_increasing
    for name in ("clean.bam", "clean.dropped.bam"):
        pysam.quickcheck(str(tmp_path / name))
        assert (tmp_path / f"{name}.bai").exists()
    best = tmp_path / "best.tsv"
    assert cli(*command, "-o", best, "--sort", "score", "--min-reads", 5).code == 0
    rows = table(best)
    assert rows["probability"].is_monotonic_decreasing
    assert rows["reads"].min() == 5


def test_junctions_of_a_cram(cli, read_files, trained, tmp_path):
    """The same as of the BAM it was made from, cleaned too; its genome may be plain gzip."""
    fasta, packed, cram = (tmp_path / name for name in ("genome.fa", "packed.fa.gz", "reads.cram"))
    with gzip.open(read_files.fasta, "rb") as text:
        fasta.write_bytes(text.read())
    packed.write_bytes(gzip.compress(fasta.read_bytes(), 1))
    pysam.view("-C", "-T", str(fasta), "-o", str(cram), str(read_files.bam), catch_stdout=False)
    fasta.rename(tmp_path / "away.fa")
    tables, reads = [], []
    for name, source in (("bam", read_files.bam), ("cram", cram)):
        out, clean = tmp_path / f"{name}.tsv", tmp_path / f"clean.{name}.bam"
        command = ["junctions", source, "-f", packed, "-m", trained, *PLAIN, "--min-reads", 2]
        assert cli(*command, "-o", out, "--clean", clean).code == 0
        tables.append(out.read_text())
        with pysam.AlignmentFile(str(clean)) as bam:
            reads.append([(r.query_name, r.flag, r.pos, r.query_sequence) for r in bam])
    assert tables[0] == tables[1]
    assert reads[0] == reads[1]


def test_junctions_of_star(cli, read_files, trained, tmp_path):
    star = tmp_path / "SJ.out.tab"
    star.write_text("chr4\t89957\t90020\t1\t1\t1\t12\t0\t30\n")
    result = cli(
        *["junctions", star, "-f", read_files.fasta, "-m", trained, *PLAIN, "--format", "bed"]
    )
    row = result.out.splitlines()[-1].split("\t")
    assert row[:3] == ["chr4", "89956", "90020"]
    assert row[3].endswith("|12_reads")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--mark"], "--clean"),
        (["--dropped", "x.bam"], "--clean"),
        (["--clean", "x.bam", "--mark", "--dropped", "y.bam"], "--dropped"),
        (["--clean", "x.bam", "--dropped", "./x.bam"], "same file"),
        (["--clean", "x.bam", "-o", "x.bam"], "same file"),
        (["--clean", "-"], "--dropped"),
        (["--clean", "-", "--mark"], "same file"),
        (["--clean", "x.cram"], "in .bam"),
        (["--sort", "score", "-o", "x.tsv.gz"], "indexed"),
    ],
)
def test_options_that_do_not_go_together(cli, read_files, options, sentence):
    result = cli("junctions", read_files.bam, "-f", read_files.fasta, *options)
    assert result.code == 2
    assert sentence in result.err


def test_junctions_of_another_genome(refused, fly_files, read_files, trained):
    sentence = refused("junctions", read_files.bam, "-f", fly_files.fasta, "-m", trained, *PLAIN)
    assert "chr4" in sentence


def test_genes_of_another_assembly_are_told(cli, fly_files, read_files, trained):
    arguments = ("junctions", read_files.bam, "-f", read_files.fasta, "-m", trained, "-a")
    done = cli(*arguments, fly_files.annotation)
    assert done.code == 0
    assert "not one junction has an annotated end; is it of another assembly?" in done.err


def test_cleaning_junctions_is_no_cleaning(refused, read_files, trained, tmp_path):
    star = tmp_path / "SJ.out.tab"
    star.write_text("chr4\t89957\t90020\t1\t1\t1\t12\t0\t30\n")
    sentence = refused(
        *["junctions", star, "-f", read_files.fasta, "-m", trained, *PLAIN],
        *["-o", tmp_path / "x.tsv", "--clean", tmp_path / "x.bam"],
    )
    assert "SJ.out.tab" in sentence


@pytest.mark.parametrize("form", ["bed12", "gff3"])
def test_introns(cli, fly_files, trained, tmp_path, form):
    out = tmp_path / f"introns.{form}.gz"
    options = ["-a", fly_files.annotation, "-r", REGION, "-t", 0.1, "--format", form, "-o", out]
    assert cli("introns", fly_files.fasta, "-m", trained, *PLAIN, *options).code == 0
    found = read_annotation(out).introns()
    assert all(100_000 <= one.start and one.end <= 200_000 for one in found)
    assert found & read_annotation(fly_files.annotation).introns()


def test_introns_with_the_lengths_of_a_relative(cli, fly_files, read_files, trained, tmp_path):
    """Whose contigs have other names, and are longer."""
    short = tmp_path / "short.fa"
    with open_genome(read_files.fasta) as genome:
        short.write_text(f">scaffold\n{decode(genome.fetch('chr4', 80_000, 130_000))}\n")
    options = ["-a", fly_files.annotation, "-t", 0.05, "--max-intron", 5000]
    result = cli("introns", short, "-m", trained, *PLAIN, *options)
    assert result.code == 0
    assert len(result.out.splitlines()) > 1


def test_cleaning_does_not_replace_the_reads(cli, read_files, trained, tmp_path):
    reads = tmp_path / "reads.bam"
    reads.write_bytes(read_files.bam.read_bytes())
    other = tmp_path / "link.bam"
    other.symlink_to(reads)
    result = cli("junctions", reads, "-f", read_files.fasta, "-m", trained, "--clean", other)
    assert result.code == 2
    assert "READS and --clean are the same file" in result.err
    assert reads.read_bytes() == read_files.bam.read_bytes()


def test_introns_without_an_annotation(cli, fly_files, trained):
    result = cli("introns", fly_files.fasta, "-m", trained, *PLAIN, "-r", REGION, "-t", 0.05)
    assert result.code == 0
    rows = [row.split("\t") for row in result.out.splitlines()[1:]]
    assert rows
    assert all(50 <= int(row[4]) <= 1000 for row in rows)


def test_splice_scores(cli, fly_files, trained, tmp_path):
    command = ["predict", fly_files.fasta, "-m", trained, *PLAIN, "-r", REGION, "--format", "spsc"]
    result = cli(*command)
    assert result.code == 0
    rows = [row.split("\t") for row in result.out.splitlines()]
    assert all(len(row) == 5 for row in rows)
    assert min(int(row[4]) for row in rows) >= -5
    offsets = [int(row[1]) for row in rows]
    assert offsets == sorted(offsets)
    scored = {(int(row[1]), row[2], row[3]) for row in rows}
    known = read_annotation(fly_files.annotation).introns()
    ends = {
        end
        for one in known
        for end in (
            [(one.start, "+", "D"), (one.end, "+", "A")]
            if one.strand == "+"
            else [(one.end, "-", "D"), (one.start, "-", "A")]
        )
        if 100_000 < end[0] < 200_000
    }
    assert len(ends & scored) > 0.8 * len(ends)
    assert cli(*command, "-t", 0.5).code == 2
