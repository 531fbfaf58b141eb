"""The commands that learn from several species at once, on two assemblies of one chromosome."""

from __future__ import annotations

import pandas as pd
import pytest

from splicenet.model.modelfile import load_model


@pytest.fixture
def sheet(fly_files, read_files, tmp_path):
    path = tmp_path / "species.csv"
    path.write_text(
        "species,fasta,annotation,bam\n"
        f"new,{fly_files.fasta},{fly_files.annotation},\n"
        f"old,{read_files.fasta},,{read_files.bam}\n"
    )
    return path


def test_two_assemblies_of_one_chromosome_are_not_told_apart(cli, trained, sheet, tmp_path):
    options = ("-m", trained, "--windows", "100", "--length", "512", "--threads", "1")
    done = cli("probe", sheet, *options, "-o", tmp_path / "probe.tsv")
    assert done.code == 0
    table = pd.read_csv(tmp_path / "probe.tsv", sep="\t")
    assert list(table.columns) == ["read", "numbers", "accuracy", "chance", "new", "old"]
    assert table["accuracy"].between(0.3, 0.7).all()
    printed = cli("probe", sheet, *options)
    assert "words of 4" in printed.out and "last" in printed.out


def test_bad_input(cli, trained, sheet, fly_files, tmp_path):
    alone = tmp_path / "alone.csv"
    alone.write_text("\n".join(sheet.read_text().split("\n")[:2]) + "\n")
    assert "cannot be told apart" in cli("probe", alone, "-m", trained).sentence
    for sentence, *options in (
        ("nothing of old is held out", "--holdout", f"{fly_files.contig}:1-100,000"),
        ("windows of 900,000", "--length", "900000"),
    ):
        done = cli("probe", sheet, "-m", trained, *options)
        assert done.code == 2 and not done.out
        assert sentence in done.err.splitlines()[-1]  # after notes on the reads


def test_learn_to_learn_against_the_species_and_adapt(
    cli, quick, tiny_network, sheet, fly_files, tmp_path
):
    model, mine = tmp_path / "meta.splicenet", tmp_path / "mine.splicenet"
    several = ("--meta", "4", "--against-species", "0.5")
    done = cli("train", "--samplesheet", sheet, *quick, *several, "-o", model)
    assert done.code == 0, done.err
    assert "species: loss" in done.err
    assert not load_model(model).network.config.tasks
    record = load_model(model).record
    assert record["training"]["meta"] == 4
    assert record["network"]["tasks"][0]["against"] == 0.5
    files = ("-f", fly_files.fasta, "-a", fly_files.annotation, "-o", mine)
    done = cli("adapt", *files, "-m", model, "--genes", "5", "--steps", "2")
    assert done.code == 0, done.err
    assert load_model(mine).record["ancestors"]


def test_one_species_is_refused(cli, quick, tiny_network, fly_files, tmp_path):
    files = ("-f", fly_files.fasta, "-a", fly_files.annotation, "-o", tmp_path / "m.splicenet")
    assert "name several" in cli("train", *files, *quick, "--meta", "3").sentence
    assert "several species" in cli("train", *files, *quick, "--against-species", "1").sentence
