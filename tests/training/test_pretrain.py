"""Pretraining of seconds on real sequence."""

from __future__ import annotations

import signal

import numpy as np
import pandas as pd
import pytest
import torch

from splicenet.exceptions import ModelFileError, TrainingError
from splicenet.genome.sequence import Genome
from splicenet.genome.species import open_bare
from splicenet.model.language import LanguageNetwork
from splicenet.model.modelfile import load_model
from splicenet.model.network import NetworkConfig
from splicenet.model.pretrained import is_pretrained, load_pretrained
from splicenet.training.course import Reporter, checkpoint_path
from splicenet.training.inherit import open_parent
from splicenet.training.parts import split_species
from splicenet.training.pretrain import bits_table, pretrain_model
from splicenet.training.settings import TrainingSettings
from splicenet.training.windows import WindowSampler


@pytest.fixture(scope="module", autouse=True)
def few_words_watched():
    """Words are weighed by less sequence than in earnest, which takes seconds a genome."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("splicenet.training.pretrain._WATCHED", 1 << 16)
        yield


@pytest.fixture(scope="module")
def genomes(fly_files, read_files):
    with open_bare("new", fly_files.fasta) as new, open_bare("old", read_files.fasta) as old:
        yield [new, old]


@pytest.fixture
def pretrain(genomes, tiny, tmp_path):
    def pretrain(name="p", *, architecture="hybrid", words=0, species=genomes, **options):
        passed = ("resume", "restart", "holdout", "reporter", "markov")
        more = {key: options.pop(key) for key in passed if key in options}
        settings = {
            "steps": 8,
            "length": 256,
            "batch_tokens": 1024,
            "learning_rate": 1e-2,
            "warmup_steps": 3,
            "validation": 0.05,
            "validation_bases": 20_000,
            "test_bases": 20_000,
            "evaluations": 2,
        }
        return pretrain_model(
            species,
            tmp_path / f"{name}.splicenet",
            config=NetworkConfig(architecture=architecture, **tiny),
            settings=TrainingSettings(**settings | options),
            words=words,
            **{"markov": 3} | more,
        )

    return pretrain


@pytest.fixture(autouse=True)
def listening():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def same(one, other) -> bool:
    mine, theirs = one.network.state_dict(), other.network.state_dict()
    return all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_it_learns_to_tell_bases(pretrain, tmp_path):
    model, table = pretrain(steps=60, batch_tokens=4096)
    assert set(table["genome"]) == {"new", "old"}
    assert set(table["direction"]) == {"forward", "backward"}
    assert (table["network"] < 1.97).all()  # the fly's letters alone cost 1.94
    np.testing.assert_allclose(
        table["markov"], table[[f"markov_{order}" for order in range(4)]].min(axis=1)
    )
    written = pd.read_csv(tmp_path / "p.bits.tsv", sep="\t")
    pd.testing.assert_frame_equal(written, table)
    history = pd.read_csv(tmp_path / "p.metrics.tsv", sep="\t")
    assert {"loss", "bits_new", "bits_old"} < set(history.columns)
    read = load_pretrained(tmp_path / "p.splicenet")
    assert same(read, model)
    assert read.record["bits"] == model.record["bits"]
    assert not checkpoint_path(tmp_path / "p.splicenet").exists()


def test_words_are_a_guess_to_improve_on(pretrain, tmp_path):
    model, table = pretrain(words=5, steps=40)
    assert (table["network"] < table["markov"] + 0.01).all()
    read = load_pretrained(tmp_path / "p.splicenet")
    assert read.network.words == 5
    assert same(read, model)


@pytest.mark.parametrize("words", [0, 3])
def test_killed_and_resumed_it_gives_the_same_weights(pretrain, monkeypatch, words):
    whole, _ = pretrain("whole", words=words)
    original, drawn = WindowSampler.draw, []

    def interrupted(sampler, *arguments):
        drawn.append(1)
        if len(drawn) == 6:
            signal.raise_signal(signal.SIGINT)
        return original(sampler, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(WindowSampler, "draw", interrupted)
        with pytest.raises(KeyboardInterrupt):
            pretrain("killed", words=words)
    with pytest.raises(TrainingError, match="--resume"):
        pretrain("killed", words=words)
    with pytest.raises(TrainingError, match="another"):
        pretrain("killed", words=words, resume=True, seed=5)
    resumed, _ = pretrain("killed", words=words, resume=True)
    assert same(whole, resumed)


def test_a_run_that_learns_nothing_ends_all_the_same(pretrain):
    model, table = pretrain(steps=4, evaluations=1, learning_rate=50.0, clip=1e9)
    assert len(table) == 4
    assert model.record["best_step"] == 4


def test_held_out_sequence_is_never_read_before_the_end(pretrain, monkeypatch):
    held_out = {"NC_004353.4": (400_000, 500_000), "chr4": (300_000, 400_000)}
    read, original = [], Genome._codes

    def watched(genome, contig, start, end):
        read.append((contig, start, end))
        return original(genome, contig, start, end)

    def stop(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("splicenet.genome.sequence.Genome._codes", watched)
    monkeypatch.setattr("splicenet.training.pretrain.bits_table", stop)
    where = ",".join(f"{name}:{start + 1}-{end}" for name, (start, end) in held_out.items())
    with pytest.raises(KeyboardInterrupt):
        pretrain(holdout=where, words=4)
    assert read
    for contig, start, end in read:
        first, last = held_out[contig]
        assert end <= first or start >= last


@pytest.mark.parametrize("architecture", ["hybrid", "lstm"])
def test_training_begins_with_what_was_pretrained(
    pretrain, fly_species, settings, tmp_path, architecture
):
    from splicenet.training.run import train_model

    pretrained, _ = pretrain(architecture=architecture, words=3)
    notes = []

    class Notes(Reporter):
        def note(self, sentence):
            notes.append(sentence)

    def train(**options):
        return train_model(
            [fly_species],
            tmp_path / "model.splicenet",
            config=NetworkConfig(),
            settings=settings(steps=1, evaluations=1, learning_rate=1e-9),
            init=tmp_path / "p.splicenet",
            reporter=Notes(),
            **options,
        )

    model = train(holdout="NC_004353.4:900001-940000")
    theirs = pretrained.network.state_dict()
    ours = {n: p for n, p in model.network.named_parameters() if not n.startswith("head")}
    frames = ours.pop("coarse.frames.weight", torch.zeros(1))  # of which the pretrained knew none
    torch.testing.assert_close(frames, torch.zeros_like(frames), rtol=0, atol=1e-7)
    for name, parameter in ours.items():
        torch.testing.assert_close(parameter, theirs[name], rtol=0, atol=1e-7)
    taken = sum(parameter.numel() for parameter in ours.values())
    assert f"{taken:,} pretrained weights taken" in notes[0]
    assert model.record["ancestors"][0].keys() == {"new", "old"}
    warnings = [note for note in notes if "the model to begin from" in note]
    assert len(warnings) == 1  # what it read without a label spoils no validation
    assert "held out here" in warnings[0]
    assert load_model(tmp_path / "model.splicenet").record["training"]["init"]
    if architecture == "hybrid":
        with pytest.raises(TrainingError, match="leave --freeze out"):
            train(freeze=["trunk"])


def test_a_splice_model_is_not_pretrained(trained):
    assert not is_pretrained(trained)
    assert open_parent(trained, (), "last").taken == ""
    with pytest.raises(ModelFileError, match="not what `splicenet pretrain` writes"):
        load_pretrained(trained)


def test_a_file_of_another_format(pretrain, tmp_path, monkeypatch):
    pretrain(steps=1, evaluations=1)
    monkeypatch.setattr("splicenet.model.modelfile.FORMAT", 99)
    with pytest.raises(ModelFileError, match="an older splicenet .file format") as refused:
        load_pretrained(tmp_path / "p.splicenet")
    assert refused.value.path == str(tmp_path / "p.splicenet")


def test_a_damaged_file(pretrain, tmp_path):
    pretrain(steps=1, evaluations=1)
    path = tmp_path / "p.splicenet"
    data = path.read_bytes()
    path.write_bytes(data.replace(b'\\"hidden\\": 8', b'\\"hidden\\": 9'))
    with pytest.raises(ModelFileError, match="damaged"):
        load_pretrained(path)
    with pytest.raises(ModelFileError, match="no splicenet model"):
        load_model(path)


def test_words_of_a_small_genome_are_not_trusted_too_far(tmp_path, settings, tiny):
    """What is left of a genome that is all watched tells nothing of it."""
    codes = np.random.default_rng(1).integers(0, 4, (4, 15_000))
    text = "".join(
        f">{i}\n" + "".join("ACGT"[c] for c in row) + "\n" for i, row in enumerate(codes)
    )
    (tmp_path / "g.fa").write_text(text)
    with open_bare("g", tmp_path / "g.fa") as one:
        parts = split_species([one], "0", settings(genes=0.0, validation=0.3))
        network = LanguageNetwork(NetworkConfig(**tiny)).eval()
        table = bits_table(network, parts, markov=8, bases=None)
    assert table["markov_8"].max() < 2.05
