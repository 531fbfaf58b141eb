"""``splicenet variants`` on files that are odd but no mistake."""

from __future__ import annotations

import gzip
import shutil
import subprocess

import pytest

from splicenet.genome.alphabet import decode
from splicenet.genome.sequence import open_genome
from splicenet.genome.vcf import open_vcf

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

HEADER = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
FORMS = ("out.vcf", "out.vcf.gz", "out.bcf")


@pytest.fixture
def run(cli, fly_files, trained, tmp_path):
    """``run(lines, "-o", ...)`` scores a VCF of some records."""

    def run(lines, *options):
        vcf = tmp_path / "in.vcf"
        vcf.write_bytes("\n".join([*HEADER, *lines, ""]).encode("latin-1"))
        model = ["-m", trained, "--threads", 1, "--device", "cpu", "-D", 10]
        return cli("variants", vcf, "-f", fly_files.fasta, *model, *options)

    return run


@pytest.fixture
def snv(fly_files):
    """``snv(position)``, counted from 1, is the line of a record."""

    def snv(position, *, contig=fly_files.contig, info="."):
        with open_genome(fly_files.fasta) as genome:
            ref = decode(genome.fetch(fly_files.contig, position - 1, position))
        return f"{contig}\t{position}\t.\t{ref}\t{'A' if ref != 'A' else 'C'}\t.\t.\t{info}"

    return snv


def infos(path):
    with open_vcf(path) as file:
        return [record.columns[7] for record in file]


@pytest.mark.parametrize("name", FORMS)
def test_no_record(run, tmp_path, name):
    done = run([], "-o", tmp_path / name)
    assert done.code == 0
    assert done.err.startswith("0 records, 0 alleles scored, 0 skipped")
    assert infos(tmp_path / name) == []
    assert len(list(tmp_path.glob(f"{name}.*i"))) == (name != "out.vcf")


def found(path, region):
    """Lines that bcftools finds by the index, and its complaints."""
    if shutil.which("bcftools") is None:
        pytest.skip("bcftools is not installed")
    command = ["bcftools", "view", "-H", "-r", region, path]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.splitlines(), done.stderr


@pytest.mark.parametrize("name", FORMS[1:])
def test_a_telomere(run, snv, fly_files, tmp_path, name):
    """VCF gives what lies before the first base the position 0."""
    contig, out = fly_files.contig, tmp_path / name
    done = run([f"{contig}\t0\t.\tN\tNA\t.\t.\t.", snv(50_000)], "-o", out)
    assert done.code == 0
    assert "2 records, 1 alleles scored, 1 skipped: outside 1" in done.err
    assert [info.startswith("SplicENet=") for info in infos(out)] == [False, True]
    assert len(found(out, f"{contig}:49000-51000")[0]) == 1


@pytest.mark.parametrize("name", FORMS[1:])
@pytest.mark.parametrize("far", [9_000_000, 1 << 30, 1 << 33])
def test_a_position_beyond_the_end_costs_no_scores(run, snv, fly_files, tmp_path, name, far):
    """Only the index, where it cannot hold it."""
    contig, out = fly_files.contig, tmp_path / name
    (tmp_path / f"{name}.csi").write_text("of another file")
    done = run([snv(50_000), f"{contig}\t{far}\t.\tA\tC\t.\t.\t."], "-o", out)
    if far >= 1 << 31 and name == "out.bcf":
        assert (done.code, "write VCF" in done.err, "--resume" in done.err) == (2, True, True)
        return
    assert done.code == 0
    assert [info.startswith("SplicENet=") for info in infos(out)] == [True, False]
    if "too large for an index" in done.err:
        assert not list(tmp_path.glob(f"{name}.*i"))
    else:
        lines, complaints = found(out, f"{contig}:49000-51000")
        assert (len(lines), complaints) == (1, "")


def test_contigs_by_another_name(run, snv, tmp_path):
    for contig in ("4", "chr4"):
        done = run([snv(50_000, contig=contig)], "-o", tmp_path / "out.vcf")
        assert "1 records, 1 alleles scored" in done.err
        with open_vcf(tmp_path / "out.vcf") as file:
            assert [record.contig for record in file] == [contig]


def test_bytes_that_are_no_text_come_out_as_they_went_in(run, snv, tmp_path):
    """Old files have names of people and diseases in Latin-1."""
    out = tmp_path / "out.vcf.gz"
    assert run([snv(50_000, info="NAME=Sjögren")], "-o", out).code == 0
    assert "\tNAME=Sjögren;SplicENet=".encode("latin-1") in gzip.decompress(out.read_bytes())


def test_scoring_again_leaves_nothing_of_before(cli, run, fly_files, trained, snv, tmp_path):
    first, again = tmp_path / "first.vcf", tmp_path / "again.vcf"
    assert run([snv(50_000)], "-o", first, "--raw").code == 0
    assert "SplicENetRaw=" in infos(first)[0]
    model = ["-m", trained, "--threads", 1, "--device", "cpu"]
    assert cli("variants", first, "-f", fly_files.fasta, *model, "-o", again).code == 0
    assert "SplicENetRaw=" not in infos(again)[0]
    lines = [line for line in again.read_text().splitlines() if line.startswith("##splicenet=")]
    assert len(lines) == 1
    assert "Distance=50," in lines[0]


def test_a_packed_table(run, snv, tmp_path):
    """In whichever order: it has no index."""
    lines = [snv(50_010), snv(50_000)]
    assert run(lines, "-o", tmp_path / "out.vcf", "--tsv", tmp_path / "out.tsv.gz").code == 0
    with gzip.open(tmp_path / "out.tsv.gz", "rt") as table:
        header, *rows = [line.split("\t") for line in table]
    assert [row[header.index("pos")] for row in rows] == ["50010"] * 2 + ["50000"] * 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--tsv", "-"], "same file"),
        (["-o", "x.vcf", "--tsv", "./x.vcf"], "same file"),
        (["--sample", "fly"], "--phase"),
    ],
)
def test_options_that_do_not_go_together(run, snv, options, sentence):
    done = run([snv(50_000)], *options)
    assert done.code == 2
    assert sentence in done.err
