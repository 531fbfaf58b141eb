from __future__ import annotations

import gzip

import pandas as pd
import pytest
import torch

from splicenet.cli.train import train as train_command
from splicenet.model.modelfile import load_model, save_model

pytestmark = pytest.mark.usefixtures("tiny_network")


@pytest.fixture
def train(cli, fly_files, quick):
    def train(output, *arguments, steps=12):
        files = ("-f", fly_files.fasta, "-a", fly_files.annotation, "--species", "fly")
        holdout = ("--holdout", "NC_004353.4:600,001-640,000")
        options = [str(steps) if option == "12" else option for option in quick]
        return cli("train", *files, "-o", output, *options, *holdout, *arguments)

    return train


def test_model_course_and_summary(train, tmp_path):
    done = train(tmp_path / "fly.splicenet")
    assert (done.code, done.out) == (0, "")
    assert {path.name for path in tmp_path.iterdir()} == {"fly.splicenet", "fly.metrics.tsv"}
    assert "step 6, " in done.err and "step 12, " in done.err
    assert "validation AUPRC donor " in done.err
    assert f"{tmp_path / 'fly.splicenet'}: best at step " in done.err
    assert "fly, held out, both strands: " in done.err
    assert "it has hardly learned anything yet; train longer" in done.err
    record = load_model(tmp_path / "fly.splicenet").record
    assert record["steps"] == 12
    assert record["data"]["fly"]["held_out"] == [["NC_004353.4", 600_000, 640_000]]
    assert pd.read_csv(tmp_path / "fly.metrics.tsv", sep="\t")["step"].tolist() == [6, 12]


def test_holdout_by_bed_by_share_and_none(train, tmp_path):
    def held_out(holdout):
        done = train(tmp_path / "m.splicenet", "--holdout", holdout, steps=2)
        assert done.code == 0
        return load_model(tmp_path / "m.splicenet").record["data"]["fly"]["held_out"]

    (tmp_path / "test.bed").write_text("NC_004353.4\t100\t5100\nNC_004353.4\t900000\t905000\n")
    assert held_out(tmp_path / "test.bed") == [
        ["NC_004353.4", 100, 5100],
        ["NC_004353.4", 900_000, 905_000],
    ]
    (tmp_path / "test.bed").write_text("chr4\t100\t5100\n")
    assert held_out(tmp_path / "test.bed") == [["NC_004353.4", 100, 5100]]
    assert held_out("0") == []
    share = held_out("0.02")
    assert 27_000 < sum(end - start for _, start, end in share) < 54_000


def test_an_incomplete_annotation(train, tmp_path):
    done = train(tmp_path / "m.splicenet", "--incomplete", "fly", steps=2)
    assert done.code == 0
    assert load_model(tmp_path / "m.splicenet").record["training"]["incomplete"] == ["fly"]
    refused = train(tmp_path / "other.splicenet", "--incomplete", "worm", steps=2)
    assert refused.code == 2 and "worm, which is not read here; there is fly" in refused.err
    assert not (tmp_path / "other.splicenet").exists()


def test_minutes_and_epochs(train, tmp_path, fly_files, cli):
    files = ("-f", fly_files.fasta, "-a", fly_files.annotation, "-o", tmp_path / "m.splicenet")
    small = "--length 512 --batch-tokens 4096 --evaluations 1 --threads 1 --holdout 0.02".split()
    for budget, name in ((("--minutes", "0.01"), "minutes"), (("--epochs", "0.01"), "epochs")):
        assert cli("train", *files, *small, *budget).code == 0
        record = load_model(tmp_path / "m.splicenet").record
        assert record["training"][name] == 0.01
        assert record["training"]["steps"] is None
    assert record["steps"] == pytest.approx(0.01 * 2 * 0.93 * 1_348_131 / 4096, abs=1)


def test_continue_another_model_with_parts_frozen(train, tmp_path, trained):
    done = train(tmp_path / "m.splicenet", "--init", trained, "--freeze", "trunk", steps=2)
    assert done.code == 0
    before, after = load_model(trained).network, load_model(tmp_path / "m.splicenet").network
    assert (before.stem.weight == after.stem.weight).all()
    assert (before.head.weight != after.head.weight).any()


@pytest.fixture
def sheet(fly_files, read_files, tmp_path):
    """Two species, one with an annotation and one with reads."""
    path = tmp_path / "species.csv"
    path.write_text(
        "species,fasta,annotation,bam\n"
        f"melanogaster,{fly_files.fasta},{fly_files.annotation},\n"
        f"reads,{read_files.fasta},,{read_files.bam}\n"
    )
    return path


def test_samplesheet_of_two_species(cli, quick, sheet, tmp_path):
    options = ("-o", tmp_path / "m.splicenet", *quick, "--holdout", "0.03")
    done = cli("train", "--samplesheet", sheet, *options)
    assert done.code == 0
    assert "note: reads: " in done.err
    record = load_model(tmp_path / "m.splicenet").record
    assert set(record["data"]) == set(record["metrics"]) == {"melanogaster", "reads"}


def test_reads_alone(cli, quick, read_files, tmp_path):
    files = ("-f", read_files.fasta, "-b", read_files.bam, "--min-reads", 5)
    options = ("-o", tmp_path / "m.splicenet", *quick, "--holdout", "chr4:1-40000")
    assert cli("train", *files, *options).code == 0
    record = load_model(tmp_path / "m.splicenet").record
    assert record["data"]["genome"]["alignments"]["min_reads"] == 5


def test_a_checkpoint_needs_a_decision(train, refused, tmp_path, fly_files):
    checkpoint = tmp_path / "m.splicenet.checkpoint"
    checkpoint.write_bytes(b"some run's")
    done = train(tmp_path / "m.splicenet")
    assert "go on with --resume, or throw it away with --restart" in done.sentence
    assert str(checkpoint) in done.sentence
    assert "start anew" in train(tmp_path / "m.splicenet", "--resume").sentence
    assert checkpoint.read_bytes() == b"some run's"
    assert train(tmp_path / "m.splicenet", "--restart", steps=2).code == 0
    assert not checkpoint.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--minutes", "1"), "give one of --minutes, --steps and --epochs"),
        (("--batch-tokens", "100"), "raise --batch-tokens or lower --length"),
        (("--length", "1"), "--length must be at least 64 bases"),
        (("--length", "far"), "a range such as 2048-16384 or a curriculum such as 2048:16384"),
        (("--learning-rate", "-1"), "--learning-rate must be more than 0"),
        (("--clip-value", "0"), "--clip-value must be more than 0"),
        (("--retries", "-1"), "--retries must not be negative"),
        (("--cell", "rnn", "--initialisation", "chrono"), "the cell rnn has no gate"),
        (("--architecture", "conv", "--bptt", "100"), "which --architecture conv leaves out"),
        (("--evaluations", "0"), "--evaluations must be more than 0"),
        (("--genes", "1"), "--genes must be"),
        (("--validation", "0"), "--validation must"),
        (("--holdout", "chrZ:1-100"), "chrZ:1-100"),
        (("--holdout", "1.5"), "1.5"),
        (("--holdout", "0.9999"), "hold out less"),
        (("--device", "tpu9"), "device 'tpu9' cannot be used here"),
        (("--init", "nothing.splicenet"), "nothing.splicenet"),
        (("--architecture", "lstm", "--freeze", "trunk", "--init", "MODEL"), None),
    ],
)
def test_choices_that_make_no_sense(train, tmp_path, trained, options, message):
    options = [trained if option == "MODEL" else option for option in options]
    if message is None:  # the architecture is that of the model continued
        assert train(tmp_path / "m.splicenet", *options, steps=1).code == 0
        return
    assert message in train(tmp_path / "m.splicenet", *options).sentence
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "options",
    [
        ("--hidden", "0"),
        ("--layers", "-1"),
        ("--cell", "transistor"),
        ("--bptt", "0"),
        ("--seed", "-1"),
        ("--freeze", "trunk"),
        ("--resume", "--restart"),
        ("--samplesheet", "sheet.csv"),
        ("--threads", "0"),
    ],
)
def test_usage_errors(train, tmp_path, options):
    done = train(tmp_path / "m.splicenet", *options)
    assert done.code == 2
    assert done.err.startswith("Usage: ")
    assert "Traceback" not in done.err
    assert not list(tmp_path.iterdir())


def test_a_genome_is_needed(cli):
    assert "give a genome with --fasta" in cli("train", "-o", "x").err


def test_an_unwritable_folder_is_found_out_before_training(train, tmp_path):
    (tmp_path / "file").touch()
    for folder in ("missing", "file"):
        sentence = train(tmp_path / folder / "m.splicenet", steps=1_000_000).sentence
        assert "its folder does not exist; create it first" in sentence
    assert "name a file in it" in train(tmp_path, steps=1_000_000).sentence


def test_a_full_disk_is_found_out_before_training(train, tmp_path, small_disk):
    with small_disk(2_000):
        sentence = train(tmp_path / "m.splicenet", steps=1_000_000).sentence
    assert "the file is larger than the system allows" in sentence
    assert not list(tmp_path.iterdir())


def test_genome_from_standard_input(cli, quick, fly_files, tmp_path, program):
    text = gzip.open(fly_files.fasta, "rt").read()
    options = ("-o", tmp_path / "m.splicenet", "--evaluations", 0)
    done = program("train", "-f", "-", "-a", fly_files.annotation, *options, input=text)
    assert done.sentence == "--evaluations must be more than 0"


def test_the_recurrent_level_is_as_asked_for(train, tmp_path):
    shape = "--cell lowrank --rank 3 --layers 2 --layer-stride 2 --initialisation orthogonal"
    done = train(tmp_path / "m.splicenet", *shape.split(), steps=2)
    assert done.code == 0, done.err
    config = load_model(tmp_path / "m.splicenet").network.config
    assert (config.cell, config.rank, config.layers, config.layer_stride) == ("lowrank", 3, 2, 2)
    assert config.initialisation == "orthogonal" and config.forget_bias is None
    assert train(tmp_path / "m.splicenet", "--forget-bias", 2, steps=2).code == 0
    assert load_model(tmp_path / "m.splicenet").network.config.forget_bias == 2


def test_how_the_gradient_is_computed_is_as_asked_for(train, tmp_path):
    choices = "--length 256-512 --bptt 128 --checkpoint-activations --clip-value 0.5 --retries 0"
    assert train(tmp_path / "m.splicenet", *choices.split(), steps=2).code == 0
    training = load_model(tmp_path / "m.splicenet").record["training"]
    assert (training["length"], training["bptt"]) == ("256-512", 128)
    assert training["checkpoint_activations"] is True
    assert (training["clip_value"], training["retries"]) == (0.5, 0)


def test_a_loss_that_is_no_number_ends_in_a_sentence(train, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "splicenet.training.descent.splice_loss", lambda logits, *_, **__: logits.sum() * torch.nan
    )
    done = train(tmp_path / "m.splicenet")
    assert done.code == 2
    *_, first, second, last = done.err.splitlines()
    for line in (first, second):
        assert "is not finite at step 1; back to step 0 and on at half the learning rate" in line
    assert last.startswith("splicenet: ") and "--resume goes on" in last
    assert "Traceback" not in done.err
    assert (tmp_path / "m.splicenet.checkpoint").exists()


def test_help_begins_with_what_a_newcomer_needs(cli):
    text = cli("train", "--help").out
    titles = [line[:-1] for line in text.splitlines() if line.endswith(":") and line[0] != " "]
    assert titles[0] == "Options" and len(titles) == 6
    first = text[text.index("\nOptions:") : text.index("\nThe network:")]
    assert first.count("\n  -") <= 13
    for option in ("--fasta", "--annotation", "--output", "--minutes", "--holdout", "--resume"):
        assert option in first
    for option in ("--cell", "--bptt", "--retries", "--min-reads", "--freeze"):
        assert option in text and option not in first


def test_every_option_stands_in_the_help_once(cli):
    text = cli("train", "--help").out
    for parameter in train_command.params:
        assert (
            sum(
                line.split()[0].strip(",") in parameter.opts
                for line in text.splitlines()
                if line.startswith("  -")
            )
            == 1
        ), parameter.name


def test_biases_of_species(cli, quick, sheet, fly_files, tmp_path):
    model = tmp_path / "m.splicenet"
    options = ("-o", model, *quick, "--holdout", "0.03", "--species-bias")
    assert cli("train", "--samplesheet", sheet, *options).code == 0
    made = load_model(model)
    assert made.network.config.species == ("melanogaster", "reads")
    # Spoil one, and see by whom it is read.
    with torch.no_grad():
        made.network.accent.bias[0].normal_(std=5, generator=torch.manual_seed(1))
    save_model(model, made)

    def figures(name, *files):
        where = ("-r", f"{fly_files.contig}:600001-700000", "-o", tmp_path / "t.tsv")
        assert cli("evaluate", "-m", name, *files, *where, "--threads", 1).code == 0
        return pd.read_csv(tmp_path / "t.tsv", sep="\t").drop(columns="species").to_csv()

    files = ("-f", fly_files.fasta, "-a", fly_files.annotation)
    plain, told = figures(f"{model}:any", *files), figures(f"{model}:melanogaster", *files)
    assert plain != told
    sheet.write_text("".join(sheet.read_text().splitlines(keepends=True)[:2]))
    assert figures(model, "--samplesheet", sheet) == told


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-f", "a.fa", "-a", "a.gtf"), "name several in --samplesheet"),
        (("--samplesheet", "s.csv", "--against-species", "0.3"), "give one"),
    ],
)
def test_biases_of_species_that_make_no_sense(cli, tmp_path, options, message):
    done = cli("train", *options, "--species-bias", "-o", tmp_path / "m.splicenet")
    assert done.code == 2
    assert message in done.err


def test_a_plain_lstm_has_no_biases_of_species(refused, fly_files, tmp_path):
    (tmp_path / "s.csv").write_text(
        "species,fasta,annotation\n"
        f"a,{fly_files.fasta},{fly_files.annotation}\nb,{fly_files.fasta},{fly_files.annotation}\n"
    )
    choices = ("--samplesheet", tmp_path / "s.csv", "--species-bias", "--architecture", "lstm")
    told = refused("train", *choices, "-o", tmp_path / "m.splicenet")
    assert "no biases for species" in told


def test_biases_of_one_species(refused, fly_files, tmp_path):
    sheet = tmp_path / "s.csv"
    sheet.write_text(f"species,fasta,annotation\na,{fly_files.fasta},{fly_files.annotation}\n")
    told = refused(
        "train", "--samplesheet", sheet, "--species-bias", "-o", tmp_path / "m.splicenet"
    )
    assert "name at least two" in told
