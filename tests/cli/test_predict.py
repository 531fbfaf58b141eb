from __future__ import annotations

import gzip
import resource
import shutil
import signal
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyBigWig
import pysam
import pytest

from splicenet.cli.main import main
from splicenet.genome.alphabet import decode, reverse_complement

REGION = "NC_004353.4:100,001-160,000"


class Whole(NamedTuple):
    """The chromosome's predictions: a table and the prefix of the tracks."""

    table: pd.DataFrame
    path: object
    tracks: str


@pytest.fixture(scope="module")
def whole(tmp_path_factory, fly_files, trained) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    path, tracks = folder / "sites.tsv", folder / "fly"
    arguments = [fly_files.fasta, "-m", trained, "-o", path, "--bigwig", tracks, "--format", "tsv"]
    with pytest.raises(SystemExit) as left:
        main(["predict", *map(str, arguments), "--threads", "1", "--device", "cpu"])
    assert left.value.code == 0
    table = pd.read_csv(
        path,
        sep="\t",
        comment="#",
        names=["contig", "position", "strand", "kind", "probability"],
        dtype={"probability": np.float32},
    )
    return Whole(table, path, str(tracks))


@pytest.fixture
def predict(cli, fly_files, trained):
    def predict(*arguments, fasta=fly_files.fasta, regions=REGION):
        where = () if regions is None else ("-r", regions)
        return cli("predict", fasta, "-m", trained, "--threads", "1", *where, *arguments)

    return predict


def rows(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


def test_bed(predict, trained, trained_model):
    done = predict()
    assert (done.code, done.err) == (0, "")
    header, *lines = done.out.splitlines()
    assert header.startswith("#splicenet ")
    assert trained.name in header
    assert f"donor >= {trained_model.threshold['donor']:g}" in header
    assert len(lines) > 30
    assert lines == sorted(lines, key=lambda line: int(line.split("\t")[1]))
    for contig, start, end, name, score, strand in rows(done.out):
        assert contig == "NC_004353.4"
        assert int(end) == int(start) + 1
        assert 100_000 <= int(start) < 160_000
        assert name in ("donor", "acceptor")
        assert strand in ("+", "-")
        least = trained_model.threshold[name]
        assert round(1000 * least) <= int(score) <= 1000


def test_table_has_probabilities_in_full(predict, whole):
    bed, table = rows(predict().out), rows(predict("--format", "tsv").out)
    assert "#contig\tposition\tstrand\tkind\tprobability" in whole.path.read_text()
    assert len(bed) == len(table)
    for left, right in zip(bed, table, strict=True):
        assert left[:2] + [left[5], left[3]] == right[:4]
        assert int(left[4]) == round(1000 * float(right[4]))
    digits = max(len(probability.partition(".")[2]) for *_, probability in table)
    assert digits >= 7


def test_the_surest_calls_stand_on_their_dinucleotides(whole, fly_species, fly_files):
    contig = fly_files.contig
    length = fly_species.genome.lengths[contig]
    codes = fly_species.genome.fetch(contig, 0, length)
    flipped = reverse_complement(codes)
    for (strand, kind), calls in whole.table.groupby(["strand", "kind"]):
        read = codes if strand == "+" else flipped
        best = calls.nlargest(40, "probability")
        at = best["position"] if strand == "+" else length - 1 - best["position"]
        shift, expected = (1, "GT") if kind == "donor" else (-2, "AG")
        pairs = [decode(read[place + shift : place + shift + 2]) for place in at]
        assert len(pairs) == 40
        assert np.mean([pair == expected for pair in pairs]) > 0.85, (strand, kind)


def test_tracks_hold_the_same_probabilities(whole, fly_species, fly_files):
    contig = fly_files.contig
    for strand, name in (("+", "plus"), ("-", "minus")):
        for kind in ("donor", "acceptor"):
            calls = whole.table[(whole.table["strand"] == strand) & (whole.table["kind"] == kind)]
            with pyBigWig.open(f"{whole.tracks}.{kind}.{name}.bw") as track:
                assert track.chroms() == {contig: fly_species.genome.lengths[contig]}
                values = track.values(contig, 0, track.chroms(contig), numpy=True)
            found = values[calls["position"]]
            assert np.array_equal(found, calls["probability"].to_numpy())
            others = np.nan_to_num(np.delete(values, calls["position"]))
            assert others.max() < calls["probability"].min()
            assert (others > 0).any()


def test_bedtools_reads_it(predict, tmp_path):
    if shutil.which("bedtools") is None:
        pytest.skip("bedtools is not installed")
    (tmp_path / "sites.bed").write_text(predict().out)
    merged = subprocess.run(
        ["bedtools", "sort", "-header", "-i", tmp_path / "sites.bed"],
        capture_output=True,
        text=True,
        check=True,
    )
    positions = [row[1] for row in rows(merged.stdout)]
    assert positions == [row[1] for row in rows(predict().out)]


@pytest.mark.parametrize("form", ["bed", "tsv"])
def test_compressed_and_indexed(predict, tmp_path, form):
    path = tmp_path / f"sites.{form}.gz"
    done = predict("-o", path, "--format", form)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert {file.name for file in tmp_path.iterdir()} == {path.name, f"{path.name}.tbi"}
    lines = rows(predict("--format", form).out)
    assert rows(gzip.open(path, "rt").read()) == lines
    inside = [row for row in lines if 120_000 <= int(row[1]) < 140_000]
    assert 0 < len(inside) < len(lines)
    with pysam.TabixFile(str(path)) as index:
        assert [r.split("\t") for r in index.fetch("NC_004353.4", 120_000, 140_000)] == inside
    if shutil.which("tabix") is not None:
        command = ["tabix", path, "NC_004353.4:120001-140000"]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
        assert rows(found.stdout) == inside


def test_standard_input_and_output(program, fly_files, trained, predict):
    whole = gzip.open(fly_files.fasta, "rb").read()
    arguments = ("predict", "-", "-m", trained, "-o", "-", "-r", REGION, "--threads", "1")
    done = program(*arguments, input=whole.decode())
    assert (done.code, done.err) == (0, "")
    assert rows(done.out) == rows(predict().out)


def test_regions_are_scored_as_in_the_whole(predict, whole, tmp_path):
    bed = tmp_path / "regions.bed"
    bed.write_text("NC_004353.4\t100000\t120000\nNC_004353.4\t500001\t540003\tname\n")
    calls = rows(predict("--format", "tsv", regions=bed).out)
    position = whole.table["position"]
    expected = whole.table[position.between(100_000, 119_999) | position.between(500_001, 540_002)]
    assert [int(row[1]) for row in calls] == expected["position"].tolist()
    difference = np.array([float(row[4]) for row in calls]) - expected["probability"]
    assert difference.abs().max() < 1e-3
    assert predict(regions="NC_004353.4:540001-540003").code == 0


def test_regions_that_lie_nowhere_are_told(predict, tmp_path):
    bed = tmp_path / "regions.bed"
    bed.write_text("NC_004353.4\t100000\t100100\nchrX\t0\t9000\n")
    said = predict(regions=bed).err
    reason = "regions on contigs that match none of the genome's (the first is chrX)"
    assert f"note: {bed}: {reason}: 1\n" in said


@pytest.mark.parametrize("strand", ["+", "-"])
def test_one_strand(predict, strand, tmp_path):
    both = rows(predict().out)
    done = predict("-s", strand, "--bigwig", tmp_path / "one")
    assert rows(done.out) == [row for row in both if row[5] == strand]
    names = {"+": "plus", "-": "minus"}
    for name in names.values():
        with pyBigWig.open(str(tmp_path / f"one.donor.{name}.bw")) as track:
            assert bool(track.header()["nBasesCovered"]) == (name == names[strand])


def test_threshold(predict):
    many, few = (rows(predict("-t", level).out) for level in (0.05, 0.6))
    assert len(many) > len(few) > 0
    assert all(int(row[4]) >= 600 for row in few)
    assert [row for row in many if int(row[4]) > 600] == [row for row in few if int(row[4]) > 600]
    assert "donor >= 0.6, acceptor >= 0.6" in predict("-t", 0.6).out
    everything = predict("-t", 0, regions="NC_004353.4:2001-2100")
    assert len(rows(everything.out)) == 100 * 4


def test_copies_are_marked_down_unless_told_not_to(predict, trained_model, fly_species, fly_files):
    taken = trained_model.scale.copies
    assert trained_model.scale.marks_copies
    found = {
        option: {
            tuple(row[:4]): float(row[4])
            for row in rows(predict(option, "--format", "tsv", "-t", "0.02").out)
        }
        for option in ("--copies", "--no-copies")
    }
    plain, marked = found["--no-copies"], found["--copies"]
    assert marked.keys() < plain.keys()
    share = fly_species.genome.copies().share(fly_files.contig, 0, 200_000)
    for site, probability in marked.items():
        assert (probability < plain[site]) == (share[int(site[1])] * taken[site[3]] > 0)


def test_an_assembly_of_both_haplotypes_is_told(predict, fly_files, tmp_path):
    with pysam.FastaFile(str(fly_files.fasta)) as fasta:
        letters = fasta.fetch(fly_files.contig, 100_000, 160_000)
    both = tmp_path / "both.fa"
    both.write_text("".join(f">{name}\n{letters}\n" for name in "ab"))
    done = predict(fasta=both, regions="a:1-1,000")
    assert done.code == 0
    assert "exactly twice" in done.err


def test_nothing_to_call_is_no_error(predict, tmp_path):
    done = predict("-t", 1, "-o", tmp_path / "none.bed.gz", "--bigwig", tmp_path / "none")
    assert done.code == 0
    assert rows(gzip.open(tmp_path / "none.bed.gz", "rt").read()) == []
    assert (tmp_path / "none.bed.gz.tbi").exists()


def test_an_existing_file_is_replaced(predict, tmp_path):
    path = tmp_path / "sites.bed"
    path.write_text("old")
    predict("-o", path)
    assert path.read_text() == predict().out


def test_windows_line_ends_and_short_contigs(predict, tmp_path):
    unix, windows = tmp_path / "unix.fa", tmp_path / "windows.fa"
    text = ">a\nACGTAAGT\n>b\n" + "ACGGTAAGTCCTTTTTCAGG\n" * 50 + ">n\nNNNN\nNN\n"
    unix.write_bytes(text.encode())
    windows.write_bytes(text.replace("\n", "\r\n").encode())
    one, two = (predict("-t", 0, fasta=path, regions=None) for path in (unix, windows))
    assert one.out == two.out
    assert (one.code, len(rows(one.out))) == (0, 4 * (8 + 1000 + 6))
    assert all(row[4] == "0" for row in rows(one.out) if row[0] == "n")


def test_a_reader_that_has_had_enough(environment, fly_files, trained):
    command = (
        f"{sys.executable} -m splicenet predict {fly_files.fasta} -m {trained} -t 0 -r {REGION}"
    )
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -2"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 2


def test_a_full_disk(refused, program, fly_files, trained, tmp_path):
    arguments = ("predict", fly_files.fasta, "-m", trained, "-r", REGION, "--threads", "1")
    assert (
        refused(*arguments, "-o", "/dev/full") == "/dev/full: cannot be written: the disk is full"
    )
    with open("/dev/full", "w") as full:
        done = program(*arguments, stdout=full)
    assert done.sentence == "standard output: cannot be written: the disk is full"


@pytest.mark.parametrize("name", ["sites.bed", "sites.bed.gz"])
def test_no_file_may_grow(program, fly_files, trained, tmp_path, name):
    """Half of a result is none: the old one stays."""
    (tmp_path / name).write_text("old")
    region = ("-r", "NC_004353.4:100,001-105,000", "-t", 0)
    done = program(
        *("predict", fly_files.fasta, "-m", trained, "-o", tmp_path / name, *region),
        *("--bigwig", tmp_path / "tracks", "--threads", 1),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
    )
    assert "cannot be written: the file is larger than the system allows" in done.sentence
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "old"


def test_tracks_that_cannot_be_written_take_the_sites_with_them(
    refused, fly_files, trained, tmp_path, small_disk
):
    output = ("-o", tmp_path / "sites.bed", "--bigwig", tmp_path / "tracks", "-t", 0.9)
    with small_disk(2_000):
        sentence = refused("predict", fly_files.fasta, "-m", trained, "-r", REGION, *output)
    assert "tracks." in sentence
    assert "larger than the system allows" in sentence


def test_an_unwritable_folder(refused, fly_files, trained, tmp_path):
    (tmp_path / "file").touch()
    arguments = ("predict", fly_files.fasta, "-m", trained, "-r", REGION)
    for folder in ("missing", "file"):
        there = tmp_path / folder / "sites"
        for output in (("-o", there), ("-o", tmp_path / "sites", "--bigwig", there)):
            sentence = refused(*arguments, *output)
            assert sentence.startswith(str(there))
            assert "its folder does not exist; create it first" in sentence
    assert "name a file in it" in refused(*arguments, "-o", tmp_path)


KILLED = """
import os, signal, sys
from splicenet.cli.main import main
from splicenet.genome.bigwig import TrackWriter

owner, name = {"rename": (os, "replace"), "write": (TrackWriter, "write")}[sys.argv[1]]
count, true = int(sys.argv[2]), getattr(owner, name)

def counted(*arguments):
    global count
    count -= 1
    if count < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return true(*arguments)

setattr(owner, name, counted)
main(sys.argv[3:])
"""


@pytest.mark.parametrize(
    ("moment", "count", "new"),
    [("write", 2, 0), ("rename", 0, 0), ("rename", 1, 1), ("rename", 4, 4)],
)
def test_killed_it_leaves_whole_files_or_the_old_ones(
    cli, environment, fly_files, trained, tmp_path, moment, count, new
):
    """Half a file never stands under a name that was asked for, whenever the process dies."""

    def arguments(folder):
        (folder / "t").mkdir(parents=True)
        output = ("-o", folder / "x.bed.gz", "--bigwig", folder / "t" / "x")
        where = ("-r", "NC_004353.4:100,001-140,000", "--threads", 1)
        return [str(word) for word in ("predict", fly_files.fasta, "-m", trained, *output, *where)]

    def files(folder):
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("[!.]*")
            if path.is_file()
        }

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert cli(*arguments(whole)).code == 0
    expected = files(whole)
    assert len(expected) == 6
    command = arguments(killed)
    for name in expected:
        (killed / name).write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, moment, str(count), *command],
        env=environment,
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == -signal.SIGKILL
    left = files(killed)
    assert left.keys() == expected.keys()
    assert all(content in (b"old", expected[name]) for name, content in left.items())
    assert sum(content != b"old" for content in left.values()) == new


def test_other_spellings_of_the_contig(predict):
    there = predict("--format", "tsv", regions="NC_004353.4:100,001-120,000")
    assert there.out == predict("--format", "tsv", regions="chr4:100,001-120,000").out
    assert len(rows(there.out)) > 5
