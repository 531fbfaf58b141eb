"""Leave-one-species-out on two parts of a fly's chromosome, with a gene of one in the other."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from splicenet.model.modelfile import load_model

PART = 400_000
CHOICES = (
    "--steps 3 --length 1024 --batch-tokens 2048 --evaluations 1 --validation-bases 50000 "
    "--no-ceiling --threads 1 --device cpu"
)


@pytest.fixture(scope="module")
def planted():
    """A gene of the second part that stands in the first as well, 0-based half-open there."""
    return 200_000, 206_000


@pytest.fixture(scope="module")
def sheet(fly_files, planted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("species")
    with gzip.open(fly_files.fasta, "rt") as file:
        sequence = "".join(line.strip() for line in file if line[0] != ">")
    first, second = sequence[:PART], sequence[PART : 2 * PART]
    start, end = planted
    first = first[:100_000] + second[start:end] + first[100_000 + end - start :]
    rows = ["species,kingdom,fasta,annotation"]
    for name, part, offset in (("left", first, 0), ("right", second, PART)):
        (folder / f"{name}.fa").write_text(f">{name}\n{part}\n")
        genes = []
        with gzip.open(fly_files.annotation, "rt") as file:
            for line in file:
                cells = line.split("\t")
                if line[0] != "#" and offset < int(cells[3]) <= int(cells[4]) <= offset + PART:
                    places = [str(int(cell) - offset) for cell in cells[3:5]]
                    genes.append("\t".join([name, *cells[1:3], *places, *cells[5:]]))
        (folder / f"{name}.gtf").write_text("".join(genes))
        rows.append(f"{name},animal,{name}.fa,{name}.gtf")
    (folder / "right.bed").write_text("left\t300000\t400000\nright\t150000\t250000\n")
    path = folder / "species.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture
def three(sheet):
    """The sheet with a third species, whose sequence is that of the second."""
    for end in ("fa", "gtf"):
        text = sheet.with_name(f"right.{end}").read_text()
        sheet.with_name(f"third.{end}").write_text(text.replace("right", "third"))
    three = sheet.with_name("three.csv")
    three.write_text(sheet.read_text() + "third,animal,third.fa,third.gtf\n")
    return three


@pytest.fixture(scope="module")
def arguments(sheet):
    holdout = str(sheet.with_name("right.bed"))
    return ["crossval", str(sheet), "--holdout", holdout, *CHOICES.split()]


@pytest.fixture(scope="module")
def done(arguments, environment, tmp_path_factory):
    """A cross-validation that nothing disturbed."""
    folder = tmp_path_factory.mktemp("crossval") / "out"
    command = [sys.executable, "-m", "splicenet", *arguments, "-o", str(folder)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return folder, ended


def test_each_species_is_judged_by_a_model_that_never_saw_it(done):
    folder, ended = done
    table = pd.read_csv(folder / "crossval.tsv", sep="\t")
    assert set(table["species"]) == {"left", "right"}
    assert set(table["method"]) == {"left out", "position weights", "maximum entropy"}
    assert len(table) == 2 * 3 * 2 * 2
    nearest = table.groupby("species")["nearest"].first()
    assert nearest.to_dict() == {"left": "right", "right": "left"}
    assert "| species |" in ended.stdout
    assert (folder / "crossval.png").read_bytes()[:4] == b"\x89PNG"
    for name, other in (("left", "right"), ("right", "left")):
        model = load_model(folder / "folds" / f"without-{name}-1" / "model.splicenet")
        assert list(model.record["data"]) == [other]


def test_the_planted_gene_is_named(done, planted):
    folder, _ = done
    found = pd.read_csv(folder / "folds" / "without-right-1" / "similar.tsv", sep="\t")
    start, end = planted
    inside = found[(found["start"] < end) & (found["end"] > start)]
    assert len(inside)
    assert set(inside["like_species"]) == {"left"}
    assert (inside["like_start"] <= 106_000).all()
    assert (inside["like_end"] > 100_000).all()
    assert inside["share"].max() > 0.5


def test_what_is_done_is_not_done_again(cli, arguments, done):
    folder, _ = done
    tables = sorted(folder.glob("folds/*/judged.tsv"))
    before = [path.stat().st_mtime_ns for path in tables]
    again = cli(*arguments, "-o", folder)
    assert again.code == 0
    assert "2 folds, 2 of them finished" in again.err
    assert [path.stat().st_mtime_ns for path in tables] == before
    other = cli(*[word if word != "3" else "4" for word in arguments], "-o", folder)
    assert "another training" in other.sentence


def test_a_killed_run_ends_with_the_same_table(arguments, environment, done, tmp_path):
    folder = tmp_path / "out"
    command = [sys.executable, "-m", "splicenet", *arguments, "-o", str(folder)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 240
    while not list(folder.glob("folds/*/model.splicenet.checkpoint")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)  # its fold is an orphan now, and goes on
    process.communicate()
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    mine, theirs = (pd.read_csv(path / "crossval.tsv", sep="\t") for path in (folder, done[0]))
    pd.testing.assert_frame_equal(mine, theirs)


def test_folds_have_names(cli, sheet):
    listed = cli("crossval", sheet, "--list", "--seeds", "2")
    assert listed.out.split() == [
        f"{way}-{name}-{seed}"
        for seed in (1, 2)
        for way in ("without", "within")
        for name in ("left", "right")
    ]


def test_bad_sheets(cli, sheet, tmp_path):
    same = cli("crossval", sheet, "--by", "kingdom", "-o", tmp_path / "a")
    assert "all species have the same kingdom" in same.sentence
    missing = cli("crossval", sheet, "--by", "planet", "-o", tmp_path / "a")
    assert "there is no column planet; the others are kingdom" in missing.sentence
    unknown = cli("crossval", sheet, "--fold", "without-mars-1", "-o", tmp_path / "b")
    assert "there is no fold without-mars-1" in unknown.sentence
    assert json.loads((tmp_path / "b" / "crossval.json").read_text())["similar"] == 0.5


@pytest.mark.long
def test_ceiling_and_left_out_model_are_judged_by_the_same_bases(cli, sheet, tmp_path):
    """Whatever species are called, two folds at a time, without the genes that are known."""
    odd = sheet.with_name("odd.csv")
    odd.write_text(sheet.read_text().replace("\nleft,", "\n7,").replace("\nright,", "\nN/A|$x$,"))
    choices = CHOICES.replace("--no-ceiling ", "").replace("--steps 3", "--steps 1").split()
    holdout = ("--holdout", sheet.with_name("right.bed"), "--test-bases", 160_000)
    folder = tmp_path / "out"
    done = cli(
        *("crossval", odd, *holdout, *choices, "-o", folder),
        *("--jobs", 2, "--exclude-similar", "--similar", 0.5),
    )
    assert done.code == 0, done.err
    table = pd.read_csv(folder / "crossval.tsv", sep="\t", dtype=str, keep_default_na=False)
    assert set(table["species"]) == {"7", "N/A|$x$"}
    whole = table[table["where"] == "both strands"]
    assert set(whole["method"]) == {
        *("left out", "within species", "position weights", "maximum entropy"),
    }
    assert (whole.groupby(["species", "kind"])["bases"].nunique() == 1).all()
    bases = whole.groupby("species")["bases"].first().astype(int)
    assert bases["N/A|$x$"] < bases["7"] <= 160_000  # the planted gene is left out
    assert "N/A\\|$x$" in done.out
    similar = pd.read_csv(folder / "similar.tsv", sep="\t", dtype=str)
    assert "7" in set(similar["like_species"])


@pytest.mark.usefixtures("tiny_network")
def test_networks_may_be_told_their_species(cli, sheet, three, tmp_path):
    choices = (*CHOICES.replace("--no-ceiling ", "").split(), "--species-bias", "--untold", 0.5)
    for fold in ("without-third-1", "within-third-1"):
        done = cli("crossval", three, "--holdout", 0.2, *choices, "--fold", fold, "-o", tmp_path)
        assert done.code == 0, done.err
    told, alone = (
        load_model(tmp_path / "folds" / fold / "model.splicenet")
        for fold in ("without-third-1", "within-third-1")
    )
    assert told.network.config.species == ("left", "right")
    assert told.record["training"]["untold"] == 0.5
    assert alone.network.config.species == ()
    judged = pd.read_csv(tmp_path / "folds" / "without-third-1" / "judged.tsv", sep="\t")
    assert set(judged["species"]) == {"third"}
    assert judged["auprc"].notna().all()
    plain = [choice for choice in choices[:-2] if choice != "--species-bias"]
    again = ("crossval", three, "--holdout", 0.2, "-o", tmp_path)
    assert (
        "folds of another training and species_bias"
        in cli(*again, *plain, "--untold", 0.125).sentence
    )
    useless = cli(*again, *plain, "--untold", 0.5)
    assert useless.code == 2 and "--untold is for networks that are told" in useless.err
    assert "every network here is trained on one" in cli("crossval", sheet, *choices).sentence


@pytest.mark.usefixtures("tiny_network")
def test_incomplete_species_are_so_where_they_teach(cli, sheet, tmp_path):
    choices = ("--holdout", sheet.with_name("right.bed"), *CHOICES.split(), "-o", tmp_path)
    for left_out in ("left", "right"):
        fold = ("--incomplete", "left", "--fold", f"without-{left_out}-1")
        done = cli("crossval", sheet, *choices, *fold)
        assert done.code == 0, done.err
        model = load_model(tmp_path / "folds" / fold[-1] / "model.splicenet")
        assert model.record["training"]["incomplete"] == ([] if left_out == "left" else ["left"])
    unknown = cli("crossval", sheet, *choices, "--incomplete", "mars", "--list")
    assert (
        "--incomplete names mars, which is not read here; there is left, right" in unknown.sentence
    )


def test_folds_are_told_what_the_command_was(monkeypatch, cli, three, tmp_path):
    """As processes of their own, with the same choices."""
    begun = []
    monkeypatch.setattr(
        "splicenet.cli.crossval.run_processes", lambda commands, *_, **__: begun.extend(commands)
    )
    monkeypatch.setattr("splicenet.cli.crossval._report", lambda folder, folds: folder.touch())
    (tmp_path / "crossval.md").touch()
    held_out = tmp_path / "test.bed"
    held_out.write_text(three.with_name("right.bed").read_text() + "chrQ\t0\t9\n")
    choices = ("--untold", 0.5, "--incomplete", "left", "--incomplete", "third")
    done = cli("crossval", three, "--species-bias", *choices, "--holdout", held_out, "-o", tmp_path)
    assert done.code == 0, done.err
    assert "match none of the genome's (the first is chrQ): 1" in done.err
    assert len(begun) == 6
    for command in begun:
        told = command.arguments
        assert "--species-bias" in told and told[told.index("--untold") + 1] == "0.5"
        named = [told[at + 1] for at, word in enumerate(told) if word == "--incomplete"]
        assert named == ["left", "third"]


def test_a_changed_file_is_another_cross_validation(cli, sheet, arguments, tmp_path):
    copies = {name: sheet.with_name(name).read_text() for name in ("species.csv", "right.bed")}
    for name in ("left.fa", "right.fa", "left.gtf", "right.gtf"):
        copies[name] = sheet.with_name(name).read_text()
    for name, text in copies.items():
        (tmp_path / name).write_text(text)
    command = ["crossval", tmp_path / "species.csv", "--fold", "nobody", "-o", tmp_path / "out"]
    assert "there is no fold nobody" in cli(*command).sentence
    with open(tmp_path / "right.gtf", "a") as file:
        file.write("# one more line\n")
    assert "folds of another files" in cli(*command).sentence
    (tmp_path / "out" / "crossval.json").write_text("{")
    assert "cannot be read" in cli(*command).sentence


def test_a_species_that_nothing_judges(cli, sheet, tmp_path):
    (tmp_path / "left.bed").write_text("left\t300000\t400000\n")
    choices = ("--holdout", tmp_path / "left.bed", *CHOICES.split(), "-o", tmp_path / "out")
    done = cli("crossval", sheet, *choices, "--fold", "without-right-1")
    assert "nothing of right is held out" in done.sentence
