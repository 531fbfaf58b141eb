"""``splicenet variants`` and ``splicenet mutscan`` from end to end."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from splicenet.genome.alphabet import decode
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import open_genome
from splicenet.genome.vcf import open_vcf
from splicenet.inference.predictor import Predictor

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

bcftools = pytest.mark.skipif(shutil.which("bcftools") is None, reason="no bcftools here")
NAMES = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"


@pytest.fixture(scope="module")
def site(fly_files, fly_species, trained):
    """The annotated donor on the plus strand that the network is surest of."""
    known = fly_species.labels.of_kind(fly_files.contig, "+", "donor")
    region = Interval(fly_files.contig, 100_000, 300_000)
    with open_genome(fly_files.fasta) as genome:
        scanned = Predictor(trained).scores(genome, [region])
        values = np.concatenate([scores.values[0, 0] for _, scores in scanned])
    inside = known[(known >= region.start + 100) & (known < region.end - 100)]
    return int(inside[values[inside - region.start].argmax()])


@pytest.fixture(scope="module")
def records(fly_files, site):
    """Lines of a VCF around the donor, of every kind."""
    with open_genome(fly_files.fasta) as genome:

        def base(position, count=1):
            return decode(genome.fetch(fly_files.contig, position, position + count))

        def line(position, ref, alt):
            return f"{fly_files.contig}\t{position + 1}\t.\t{ref}\t{alt}\t.\tPASS\tDP=3"

        at = site
        return [
            line(at - 20, base(at - 20), base(at - 20) + "GTAAGT"),
            line(at - 9, base(at - 9, 5), base(at - 9)),
            line(at + 1, base(at + 1), "C,*,<DEL>"),
            line(at + 5, base(at + 5), "A" if base(at + 5) != "A" else "T"),
            line(at + 40, "A" if base(at + 40) != "A" else "T", base(at + 40)),
            line(at + 60, base(at + 60, 2), "CCC"),
        ]


@pytest.fixture
def vcf(tmp_path, records, fly_files):
    path = tmp_path / "in.vcf"
    header = [
        "##fileformat=VCFv4.2",
        f"##contig=<ID={fly_files.contig}>",
        '##FILTER=<ID=PASS,Description="All filters passed">',
        '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    ]
    path.write_text("\n".join([*header, NAMES, *records]) + "\n")
    return path


@pytest.fixture
def options(fly_files, trained):
    return ["-f", fly_files.fasta, "-m", trained, "--threads", 1, "--device", "cpu"]


def read(path):
    with open_vcf(path) as file:
        return [
            (r.start, dict(f.partition("=")[::2] for f in r.columns[7].split(";"))) for r in file
        ]


def test_a_destroyed_donor_is_a_loss_at_the_donor(cli, vcf, options, fly_files, site, tmp_path):
    out = tmp_path / "out.vcf"
    done = cli("variants", vcf, *options, "-a", fly_files.annotation, "-o", out, "--raw")
    assert done.code == 0
    assert "6 records, 5 alleles scored, 3 skipped" in done.err
    found = read(out)
    assert [start for start, _ in found] == [start for start, _ in read(vcf)]
    _, info = found[2]
    assert info["SplicENetSkip"] == "*|star,<DEL>|symbolic"
    entry = info["SplicENet"].split(",")[0].split("|")
    assert entry[0] == "C"
    assert len(entry) == 10
    assert float(entry[5]) > 0.05
    assert int(entry[9]) == -1
    ref, alt = (float(info["SplicENetRaw"].split(",")[0].split("|")[i]) for i in (5, 9))
    assert ref - alt == pytest.approx(float(entry[5]), abs=0.006)
    assert found[4][1]["SplicENetSkip"].endswith("|ref_mismatch")


def test_every_form_says_the_same(cli, vcf, options, tmp_path):
    outputs = [tmp_path / name for name in ("out.vcf", "out.vcf.gz", "out.bcf")]
    for out in outputs:
        assert cli("variants", vcf, *options, "-o", out).code == 0
    assert read(outputs[0]) == read(outputs[1]) == read(outputs[2])
    assert not list(tmp_path.glob("*.progress"))
    again = cli("variants", outputs[2], *options)
    assert again.code == 0
    body = [line for line in outputs[0].read_text().splitlines() if not line.startswith("##")]
    assert [line for line in again.out.splitlines() if not line.startswith("##")] == body


def test_without_annotation_both_strands_are_scored(cli, vcf, options):
    done = cli("variants", vcf, *options, "--tag", "SpliceAI")
    first = next(line for line in done.out.splitlines() if not line.startswith("#"))
    info = dict(field.partition("=")[::2] for field in first.split("\t")[7].split(";"))
    assert [entry.split("|")[1] for entry in info["SpliceAI"].split(",")] == ["+", "-"]


def test_the_table_has_a_row_for_every_allele_and_gene(cli, vcf, options, tmp_path):
    table = tmp_path / "out.tsv"
    assert cli("variants", vcf, *options, "-o", tmp_path / "o.vcf", "--tsv", table).code == 0
    header, *rows = [line.split("\t") for line in table.read_text().splitlines()]
    assert len(rows) == 5 * 2 + 3
    assert {len(row) for row in rows} == {len(header)}
    assert {row[-1] for row in rows} == {".", "star", "symbolic", "ref_mismatch"}


def test_masked_scores_are_zero_or_allowed(cli, vcf, options, fly_files, site, tmp_path):
    out = tmp_path / "out.vcf"
    annotated = ["-a", fly_files.annotation, "-o", out]
    assert cli("variants", vcf, *options, *annotated, "--mask").code == 0
    entry = read(out)[2][1]["SplicENet"].split(",")[0].split("|")
    assert (float(entry[5]) > 0.05, int(entry[9])) == (True, -1)


@bcftools
@pytest.mark.parametrize("name", ["out.vcf.gz", "out.bcf"])
def test_bcftools_reads_it_without_a_warning(cli, vcf, options, fly_files, tmp_path, name):
    out = tmp_path / name
    assert cli("variants", vcf, *options, "-o", out, "--raw").code == 0
    fasta = tmp_path / "genome.fa"
    with gzip.open(fly_files.fasta, "rb") as packed:
        fasta.write_bytes(packed.read())
    for arguments in (
        ["view", "-r", fly_files.contig],
        ["filter", "-i", 'INFO/SplicENet!="."'],
        ["norm", "-m-", "-f", str(fasta), "-c", "x"],
        ["query", "-f", "%POS %INFO/SplicENet %INFO/SplicENetSkip\n"],
        ["index", "-f"],
    ):
        done = subprocess.run(["bcftools", *arguments, out], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        complaints = [
            line for line in done.stderr.splitlines() if not line.startswith(("Lines", "REF_MIS"))
        ]
        assert not complaints


def many(path, fly_files, count):
    with open_genome(fly_files.fasta) as genome:
        bases = decode(genome.fetch(fly_files.contig, 200_000, 200_000 + count))
    header = ["##fileformat=VCFv4.2", f"##contig=<ID={fly_files.contig}>", NAMES]
    lines = [
        f"{fly_files.contig}\t{200_001 + at}\t.\t{base}\t{'A' if base != 'A' else 'C'}\t.\t.\t."
        for at, base in enumerate(bases)
    ]
    path.write_text("\n".join([*header, *lines]) + "\n")


def test_what_was_scored_before_a_broken_record_is_kept(cli, options, fly_files, tmp_path):
    vcf, out = tmp_path / "in.vcf", tmp_path / "out.vcf.gz"
    many(vcf, fly_files, 700)
    whole = vcf.read_text()
    vcf.write_text(whole[: whole.rindex("\t.\t.\t.")])
    done = cli("variants", vcf, *options, "-o", out, "-D", 10)
    assert done.code == 2
    assert "line 703" in done.err
    assert "--resume" in done.err
    assert "Traceback" not in done.err
    progress = tmp_path / "out.vcf.gz.progress"
    assert len(progress.read_text().splitlines()) == 700
    assert not out.exists()
    vcf.write_text(whole)
    lines = progress.read_text().splitlines()
    lines[1] = lines[1].replace('"+"', '"kept"')
    progress.write_text("\n".join(lines) + "\n")
    assert cli("variants", vcf, *options, "-o", out, "-D", 10, "--resume").code == 0
    found = read(out)
    assert len(found) == 700
    assert "|kept|" in found[0][1]["SplicENet"]
    assert not progress.exists()


def test_a_killed_run_goes_on(cli, options, fly_files, tmp_path, environment):
    vcf, out = tmp_path / "in.vcf", tmp_path / "out.vcf.gz"
    many(vcf, fly_files, 1100)
    command = [sys.executable, "-m", "splicenet", "variants", vcf, *options, "-o", out, "-D", 5]
    progress = tmp_path / "out.vcf.gz.progress"
    running = subprocess.Popen([str(word) for word in command], env=environment)
    while running.poll() is None and not (progress.exists() and progress.stat().st_size > 5000):
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not out.exists()
    kept = len(progress.read_text().splitlines()) - 1
    assert kept > 0
    assert cli("variants", vcf, *options, "-o", out, "-D", 5, "--resume").code == 0
    resumed = read(out)
    assert cli("variants", vcf, *options, "-o", out, "-D", 5).code == 0
    assert read(out) == resumed
    assert len(resumed) == 1100


def test_another_assembly_is_a_sentence(refused, options, fly_files, tmp_path):
    vcf = tmp_path / "in.vcf"
    many(vcf, fly_files, 40)
    vcf.write_text(vcf.read_text().replace("\tA\tC\t", "\tG\tC\t").replace("\tT\tA\t", "\tC\tA\t"))
    out = tmp_path / "out.vcf"
    assert "another assembly" in refused("variants", vcf, *options, "-o", out)
    vcf.write_text(vcf.read_text().replace(fly_files.contig, "chr19"))
    assert "cannot be matched" in refused("variants", vcf, *options, "-o", out)


def test_options_that_do_not_go_together(cli, vcf, options):
    for wrong, word in (
        (["--mask"], "--annotation"),
        (["--resume"], "--output"),
        (["--phase"], "no samples"),
        (["--resume", "-o", "/dev/stdout"], "--output"),
        *((["--tag", tag], f"--tag {tag!r}") for tag in ("a b", "x;y", "1st", "a=b", "", "END")),
    ):
        done = cli("variants", vcf, *options, *wrong)
        assert done.code == 2
        assert word in done.err
        assert "Traceback" not in done.err


def test_pipes_and_open_files_are_outputs(cli, vcf, options, tmp_path):
    plain = tmp_path / "out.vcf"
    assert cli("variants", vcf, *options, "-o", plain).code == 0
    expected = plain.read_bytes()
    for name in ("pipe.vcf", "pipe.vcf.gz"):
        pipe = tmp_path / name
        os.mkfifo(pipe)
        got: list[bytes] = []
        reader = threading.Thread(
            target=lambda to, fro: to.append(fro.read_bytes()), args=(got, pipe)
        )
        reader.start()
        assert cli("variants", vcf, *options, "-o", pipe).code == 0
        reader.join()
        assert (gzip.decompress(got[0]) if name.endswith(".gz") else got[0]) == expected
        pipe.unlink()
    with open(tmp_path / "log", "wb") as log:
        assert cli("variants", vcf, *options, "-o", f"/dev/fd/{log.fileno()}").code == 0
    assert (tmp_path / "log").read_bytes() == expected
    assert {path.name for path in tmp_path.iterdir()} == {"in.vcf", "out.vcf", "log"}


def test_contigs_without_a_declaration_get_one(cli, options, fly_files, tmp_path):
    vcf, out = tmp_path / "in.vcf", tmp_path / "out.vcf"
    many(vcf, fly_files, 3)
    lines = [line for line in vcf.read_text().splitlines() if "##contig" not in line]
    vcf.write_text("\n".join([*lines, "elsewhere\t5\t.\tA\tC\t.\t.\t."]) + "\n")
    assert cli("variants", vcf, *options, "-o", out).code == 0
    with open_genome(fly_files.fasta) as genome:
        length = genome.lengths[fly_files.contig]
    header = out.read_text()
    assert f"##contig=<ID={fly_files.contig},length={length}>" in header
    assert "##contig=<ID=elsewhere>" in header
    if shutil.which("bcftools"):
        done = subprocess.run(["bcftools", "view", out], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_a_run_on_another_genome_does_not_go_on(cli, refused, options, fly_files, tmp_path):
    vcf, out, fasta = tmp_path / "in.vcf", tmp_path / "out.vcf", tmp_path / "genome.fa"
    many(vcf, fly_files, 30)
    vcf.write_text(vcf.read_text() + "broken\n")
    with gzip.open(fly_files.fasta, "rt") as packed:
        text = packed.read()
    fasta.write_text(text)
    mine = ["-f", fasta, *options[2:], "-D", 5, "-o", out]
    assert cli("variants", vcf, *mine).code == 2
    at = text.index("\n") + 5000
    letter = "A" if text[at] != "A" else "C"
    fasta.write_text(text[:at] + letter + text[at + 1 :])
    assert "other settings" in refused("variants", vcf, *mine, "--resume")


def test_every_change_of_a_region(cli, options, fly_files, site, tmp_path):
    out, again = tmp_path / "scan.vcf.gz", tmp_path / "again.vcf"
    region = f"{fly_files.contig}:{site - 1}-{site + 4}"
    assert cli("mutscan", *options, "-r", region, "-o", out).code == 0
    found = read(out)
    assert len(found) == 18
    shifted = tmp_path / "shifted.gtf"
    lines = gzip.open(fly_files.annotation, "rt").read().splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    moved = [[*row[:3], str(int(row[3]) + 7), str(int(row[4]) + 7), *row[5:]] for row in rows]
    shifted.write_text("".join("\t".join(row) + "\n" for row in moved))
    for genes, doubted in ((fly_files.annotation, False), (shifted, True)):
        said = cli("mutscan", *options, "-r", region, "-a", genes, "-o", tmp_path / "genes.vcf").err
        assert ("is it of another assembly, or shifted?" in said) == doubted
    assert (tmp_path / "scan.vcf.gz.tbi").exists()
    assert cli("variants", out, *options, "-o", again).code == 0
    assert read(again) == found


def test_every_change_of_a_gene(cli, options, fly_files, fly_species, tmp_path):
    shortest = min(fly_species.transcripts, key=lambda t: t.end - t.start)
    out = tmp_path / "scan.vcf"
    genes = ["-a", fly_files.annotation, "--genes"]
    assert cli("mutscan", *options, *genes, shortest.gene, "-o", out, "-D", 5).code == 0
    found = read(out)
    assert all(f"|{shortest.symbol}|" in info["SplicENet"] for _, info in found)
    wrong = cli("mutscan", *options, *genes, "none such", "-o", out)
    assert wrong.code == 2
    assert "no gene 'none such'" in wrong.err
    neither = cli("mutscan", *options)
    assert "either --regions or --genes" in neither.err
