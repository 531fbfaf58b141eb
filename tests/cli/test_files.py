"""No command writes over what it reads, and none computes what has no place to go."""

from __future__ import annotations

import shutil

import pytest


@pytest.fixture
def genome(tmp_path, fly_files):
    """A copy that may be lost."""
    return shutil.copy(fly_files.fasta, tmp_path / "genome.fa.gz")


@pytest.fixture
def genes(tmp_path, fly_files):
    return shutil.copy(fly_files.annotation, tmp_path / "genes.gtf.gz")


@pytest.fixture
def refuses(cli):
    """A command is refused by its options, and changes no file."""

    def refuses(*arguments):
        files = [argument for argument in arguments if getattr(argument, "is_file", bool)()]
        before = {file: file.read_bytes() for file in files}
        result = cli(*arguments)
        assert result.code == 2
        assert "Traceback" not in result.err
        assert {file: file.read_bytes() for file in files} == before
        return result.err

    return refuses


def test_an_output_is_no_input(refuses, genome, genes, trained):
    words = "are the same file"
    assert words in refuses("predict", genome, "-m", trained, "-o", genome)
    assert words in refuses("predict", genome, "-m", trained, "-o", trained)
    assert words in refuses("introns", genome, "-a", genes, "-o", genes)
    assert words in refuses("draw", "-f", genome, "-a", genes, "-m", trained, "-o", genes)
    assert words in refuses("mutscan", "-f", genome, "-r", "x", "-o", genome)
    assert words in refuses("variants", genes, "-f", genome, "-o", "-", "--tsv", genes)
    assert words in refuses("junctions", genes, "-f", genome, "-o", genes)
    assert words in refuses("train", "-f", genome, "-a", genes, "-o", genes)
    assert words in refuses("mutate", genes, "-f", genome, "-o", genome)


def test_by_another_path(refuses, genome, trained, tmp_path):
    link = tmp_path / "link.fa.gz"
    link.symlink_to(genome)
    error = refuses("predict", genome, "-m", trained, "-o", link)
    assert f"GENOME.FA and --output are the same file: {genome}" in error


def test_two_outputs_are_two_files(refuses, genome, tmp_path, trained):
    place = tmp_path / "new.tsv"
    error = refuses(
        "mutate", "-f", genome, "-r", "x:1-9", "--pairs", "-o", place, "--picture", place
    )
    assert "--output and --picture are the same file" in error
    assert not place.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("mutate", "-r", "chr4:1-10", "-o"),
        ("mutate", "-r", "chr4:1-10", "--pairs", "--picture"),
        ("mutscan", "-r", "chr4:1-10", "--tsv"),
        ("introns", "-o"),
    ],
)
def test_where_no_folder_is_shows_before_anything_is_read(refuses, tmp_path, trained, arguments):
    """The genome, which is not there, would be the next mistake."""
    command, *rest = arguments
    genome = [tmp_path / "no.fa"] if command == "introns" else ["-f", tmp_path / "no.fa"]
    error = refuses(command, *genome, "-m", trained, *rest, tmp_path / "none" / "x.svg")
    assert "its folder does not exist; create it first" in error
