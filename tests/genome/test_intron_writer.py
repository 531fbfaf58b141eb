"""Introns in files, read back by this program's own readers and by others."""

import shutil
import subprocess

import pytest

from splicenet.exceptions import OutputError
from splicenet.genome.annotation import read_annotation
from splicenet.genome.intervals import Junction
from splicenet.genome.intron_writer import write_introns
from splicenet.genome.introns import Chain, Intron

LENGTHS = {"chr2": 1000, "chr1": 1020}
CHAINS = [
    Chain([Intron(Junction("chr1", 900, 1000, "+"), 0.5)]),
    Chain(
        [
            Intron(Junction("chr1", 300, 400, "-"), 0.75),
            Intron(Junction("chr1", 100, 200, "-"), 0.987654321),
        ]
    ),
    Chain([Intron(Junction("chr1", 150, 250, "+"), 1.0)]),
    Chain([Intron(Junction("chr2", 20, 90, "+"), 0.6)]),
]


def test_bed(tmp_path):
    path = tmp_path / "introns.bed"
    write_introns(path, CHAINS, LENGTHS, header=["model x"])
    assert path.read_text() == (
        "#model x\n"
        "chr2\t20\t90\tchain1\t600\t+\n"
        "chr1\t100\t200\tchain2\t988\t-\n"
        "chr1\t150\t250\tchain3\t1000\t+\n"
        "chr1\t300\t400\tchain2\t750\t-\n"
        "chr1\t900\t1000\tchain4\t500\t+\n"
    )


@pytest.mark.parametrize("form", ["bed12", "gff3"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_chains_read_back_as_transcripts(tmp_path, form, suffix):
    path = tmp_path / f"introns.{form}{suffix}"
    write_introns(path, CHAINS, LENGTHS, form=form, header=["model x"])
    annotation = read_annotation(path)
    assert annotation.dialect.lower() == form
    assert annotation.introns() == {intron.junction for chain in CHAINS for intron in chain}
    assert {(one.start, one.end) for one in annotation.transcripts} == {
        (0, 140),
        (50, 450),
        (100, 300),
        (850, 1020),
    }


@pytest.mark.parametrize("form", ["bed", "bed12", "gff3"])
def test_tabix_and_bedtools(tmp_path, form):
    for program in ("tabix", "bedtools"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    path = tmp_path / "introns.gz"
    write_introns(path, CHAINS, LENGTHS, form=form)
    rows = subprocess.run(
        ["tabix", path, "chr2"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert len(rows) == {"bed": 1, "bed12": 1, "gff3": 4}[form]
    subprocess.run(["bedtools", "intersect", "-a", path, "-b", path], check=True, stdout=-3)


def test_names_with_odd_letters_are_escaped_in_gff3(tmp_path):
    path = tmp_path / "introns.gff3"
    chain = Chain([Intron(Junction("a b", 20, 90, "+"), 0.6)])
    write_introns(path, [chain], {"a b": 200}, form="gff3")
    assert path.read_text().splitlines()[1].startswith("a%20b\t")


def test_none(tmp_path):
    write_introns(tmp_path / "introns.bed.gz", [], LENGTHS)
    assert (tmp_path / "introns.bed.gz.tbi").exists()


def test_nowhere_to_write(tmp_path):
    with pytest.raises(OutputError, match="folder"):
        write_introns(tmp_path / "no" / "introns.bed", CHAINS, LENGTHS)
