from __future__ import annotations

import signal

import numpy as np
import pandas as pd
import pytest
import torch

from splicenet.evaluation.scored import NotANumber
from splicenet.exceptions import ModelFileError, OutputError, TrainingError
from splicenet.genome.checksum import sha256
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import UNKNOWN
from splicenet.genome.sequence import Genome
from splicenet.genome.species import open_species
from splicenet.genome.tasks import Task
from splicenet.model.modelfile import load_model, save_model
from splicenet.training.course import Reporter, checkpoint_path
from splicenet.training.goals import SpliceSites
from splicenet.training.inherit import with_frames
from splicenet.training.loss import splice_loss
from splicenet.training.parts import split_species
from splicenet.training.windows import WindowSampler


@pytest.fixture(autouse=True)
def listening():
    """Python's own handler, even where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def same_weights(one, other) -> bool:
    mine, theirs = one.network.state_dict(), other.network.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[k], theirs[k]) for k in mine)


class Notes(Reporter):
    def __init__(self):
        self.notes = []

    def note(self, sentence):
        self.notes.append(sentence)


def interrupt_at(monkeypatch, draw: int) -> None:
    """Let Ctrl-C come in the middle of a step: its windows are drawn, nothing is learned yet."""
    original, drawn = WindowSampler.draw, []

    def interrupted(sampler, *lengths):
        drawn.append(1)
        batch = original(sampler, *lengths)
        if len(drawn) == draw:
            signal.raise_signal(signal.SIGINT)
        return batch

    monkeypatch.setattr(WindowSampler, "draw", interrupted)


@pytest.fixture
def seen(monkeypatch):
    """The labels of every batch that is drawn."""
    original, labels = WindowSampler.draw, []

    def draw(sampler, *arguments):
        batch = original(sampler, *arguments)
        labels.append(batch.labels)
        return batch

    monkeypatch.setattr(WindowSampler, "draw", draw)
    return labels


@pytest.mark.parametrize(("incomplete", "least", "most"), [((), 0, 0.3), (("fly",), 0.3, 1)])
def test_an_incomplete_annotation_leaves_the_rest_unknown(train, seen, incomplete, least, most):
    choices = {"steps": 4, "length": 2048, "batch_tokens": 32768, "genes": 0.0}
    model = train(incomplete=incomplete, **choices)
    assert least < np.mean([(labels == UNKNOWN).mean() for labels in seen]) < most
    # What validates and what judges is all of it.
    assert model.record["training"]["incomplete"] == incomplete
    assert model.record["metrics"]["fly"]["both strands"]["donor"]["bases"] == 80_000


def test_an_incomplete_annotation_of_nobody(train):
    with pytest.raises(TrainingError, match="names worm, which is not read here"):
        train(incomplete=("worm",), steps=1)
    with pytest.raises(TrainingError, match="leave one of them out"):
        train(incomplete=("fly",), tasks=(Task("region", "region"),), steps=1)


@pytest.mark.parametrize("architecture", ["hybrid", "conv", "lstm"])
def test_same_command_same_weights(train, architecture):
    options = {"architecture": architecture, "steps": 4, "evaluations": 1, "length": 128}
    one, two = train("one", **options), train("two", **options)
    other = train("other", seed=2, **options)
    assert same_weights(one, two)
    assert (one.flank, one.threshold, one.calibration) == (
        two.flank,
        two.threshold,
        two.calibration,
    )
    assert not same_weights(one, other)


def test_loss_falls(train, tmp_path):
    model = train(steps=150, evaluations=6, length=1024, batch_tokens=2048)
    table = pd.read_csv(tmp_path / "model.metrics.tsv", sep="\t")
    assert table["step"].tolist() == [25, 50, 75, 100, 125, 150]
    assert table["loss"].iloc[-2:].mean() < 0.8 * table["loss"].iloc[0]
    assert table["auprc_donor"].iloc[-1] > 5 * table["auprc_donor"].iloc[0] or (
        table["auprc_donor"].iloc[-1] > 0.05
    )
    assert table["strand_bases"].iloc[-1] == 150 * 2048
    assert model.record["steps"] == 150


def test_best_weights_are_kept_and_not_the_last(train, monkeypatch):
    """The model of a run that gets worse after its first evaluation is that of the first."""

    monkeypatch.setattr("splicenet.training.validation.average_precision", lambda scored: 0.5)
    first = train("first", steps=12, evaluations=3)
    assert first.record["best_step"] == 4
    reporter = Notes()
    short = train("patient", steps=12, evaluations=3, patience=1, reporter=reporter)
    assert short.record["steps"] == 8
    (note,) = reporter.notes
    assert note.startswith("stopped early, at step 8: nothing better was found since step 4, ")
    assert same_weights(first, short)


def test_sequence_held_out_is_not_fetched_before_the_end(train, fly_files, monkeypatch):
    fetched = []
    original = Genome.fetch

    def fetch(genome, contig, start, end):
        fetched.append(Interval(contig, max(start, 0), end))
        return original(genome, contig, start, end)

    class AtTheEnd(Reporter):
        before = None

        def scoring(self, what, strand_bases):
            self.before = len(fetched)
            return super().scoring(what, strand_bases)

    monkeypatch.setattr(Genome, "fetch", fetch)
    reporter = AtTheEnd()
    # Several blocks, so that much of the sequence trained and validated on lies beside them.
    regions = [Interval(fly_files.contig, s, s + 15_000) for s in range(50_000, 1_300_000, 60_000)]
    named = ",".join(f"{r.contig}:{r.start + 1}-{r.end}" for r in regions)
    model = train(holdout=named, reporter=reporter, validation=0.3)
    assert model.record["data"]["fly"]["held_out"] == [[r.contig, r.start, r.end] for r in regions]
    assert reporter.before > 20
    during, after = fetched[: reporter.before], fetched[reporter.before :]
    assert not [one for one in during if any(one.overlaps(region) for region in regions)]
    assert all(any(one.overlaps(region) for one in after) for region in regions)


def test_the_three_parts_are_recorded_and_apart(train, fly_species, settings):
    model = train(holdout=0.1)
    data = model.record["data"]["fly"]
    held_out = [Interval(*span) for span in data["held_out"]]
    validation = [Interval(*span) for span in data["validation"]]
    assert not any(a.overlaps(b) for a in held_out for b in validation)
    total = sum(fly_species.genome.lengths.values())
    assert 0.1 * total <= sum(map(len, held_out)) < 0.15 * total


@pytest.mark.parametrize("draw", [1, 2, 7])
def test_interrupted_in_the_middle_of_a_step_and_resumed(train, tmp_path, monkeypatch, draw):
    whole = train("whole", steps=8, evaluations=4)
    with monkeypatch.context() as patch:
        interrupt_at(patch, draw)
        reporter = Notes()
        with pytest.raises(KeyboardInterrupt):
            train("broken", steps=8, evaluations=4, reporter=reporter)
    assert reporter.notes == [f"stopped at step {draw}; {reporter.again}"]
    assert checkpoint_path(tmp_path / "broken.splicenet").exists()
    assert not (tmp_path / "broken.splicenet").exists()
    reporter = Notes()
    resumed = train("broken", steps=8, evaluations=4, resume=True, reporter=reporter)
    assert reporter.notes == [f"resumed at step {draw}"]
    assert same_weights(whole, resumed)
    assert whole.calibration == resumed.calibration
    first, second = (
        pd.read_csv(tmp_path / f"{name}.metrics.tsv", sep="\t").drop(columns="minutes")
        for name in ("whole", "broken")
    )
    pd.testing.assert_frame_equal(first, second)
    assert not checkpoint_path(tmp_path / "broken.splicenet").exists()


def test_interrupted_while_it_evaluates(train, monkeypatch):
    whole = train("whole", steps=6, evaluations=3)

    class Impatient(Reporter):
        def evaluation(self, row):
            if row["step"] == 4:
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train("broken", steps=6, evaluations=3, reporter=Impatient())
    assert same_weights(whole, train("broken", steps=6, evaluations=3, resume=True))


def test_a_checkpoint_is_neither_overlooked_nor_overwritten(train, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        interrupt_at(patch, 2)
        with pytest.raises(KeyboardInterrupt):
            train()
    checkpoint = checkpoint_path(tmp_path / "model.splicenet")
    content = checkpoint.read_bytes()
    with pytest.raises(TrainingError, match=r"--resume.*--restart"):
        train()
    with pytest.raises(TrainingError, match=r"another .*training\.seed"):
        train(seed=9, resume=True)
    with pytest.raises(TrainingError, match=r"another .*training\.steps"):
        train(steps=13, resume=True)
    assert checkpoint.read_bytes() == content
    fresh = train("fresh")
    # What is judged at the end, and how often a checkpoint is written, changes no weight.
    assert same_weights(train(test_bases=20_000, checkpoint_minutes=1, resume=True), fresh)
    checkpoint.write_bytes(content)
    assert same_weights(train(restart=True), fresh)


@pytest.mark.parametrize("damage", [b"", b"nonsense" * 30, None])
def test_a_damaged_checkpoint(train, tmp_path, monkeypatch, trained, damage):
    """``None``: a model where a checkpoint should be."""
    checkpoint = checkpoint_path(tmp_path / "model.splicenet")
    checkpoint.write_bytes(trained.read_bytes() if damage is None else damage)
    with pytest.raises(TrainingError, match="cannot be read") as caught:
        train(resume=True)
    assert caught.value.path == str(checkpoint)


def test_resuming_what_never_began_begins(train):
    assert same_weights(train("one", steps=2), train("two", steps=2, resume=True))


def test_another_model_is_continued(train, trained):
    start = load_model(trained)
    model = train(init=trained, steps=2, learning_rate=1e-6)
    assert model.network.config == start.network.config
    for name, tensor in start.network.named_parameters():
        torch.testing.assert_close(model.network.get_parameter(name), tensor, rtol=0, atol=1e-4)
    init = {"name": trained.name, "sha256": sha256(trained)}
    assert model.record["training"]["init"] == init


def test_a_network_that_was_not_told_of_frames_learns_them(train, trained, tmp_path):
    """At first it reads as before; ``frames=0`` leaves it as it is."""
    untold = train("untold", steps=2, frames=0)
    path = tmp_path / "untold.splicenet"
    assert untold.network.config.codons == 0
    codes = torch.randint(0, 4, (1, 800), generator=torch.manual_seed(0))
    grown = with_frames(untold.network, 16).eval()
    assert grown.config.codons == 16
    with torch.inference_mode():
        torch.testing.assert_close(grown(codes), untold.network.eval()(codes))
    save_model(path, untold)
    notes = Notes()
    told = train("told", init=path, steps=2, frames=16, reporter=notes)
    assert "learns of reading frames from here on" in "".join(notes.notes)
    assert told.network.coarse.frames.weight.abs().max() > 0
    assert train("as it was", init=path, steps=1, frames=0).network.coarse.frames is None
    with pytest.raises(TrainingError, match="up to 16 codons.*leave --frames out"):
        train("as it is", init=trained, steps=1, frames=64)
    with pytest.raises(TrainingError, match="--freeze coarse keeps what --frames is to teach"):
        train("frozen", init=path, steps=1, frames=16, freeze=["coarse"])
    frozen = train("frozen", init=path, steps=1, frames=None, freeze=["coarse"])
    assert frozen.network.config.codons == 0, "what is frozen learns of no frames"


def test_frozen_parts_stay(train, trained):
    start = load_model(trained).network.state_dict()
    model = train(init=trained, steps=3, freeze=["trunk", "recurrent"])
    frozen = ("stem.", "trunk.", "coarse.recurrent.")
    for name, tensor in model.network.state_dict().items():
        if name.startswith(frozen):
            assert torch.equal(tensor, start[name]), name
    assert not torch.equal(model.network.head.weight, start["head.weight"])
    assert model.record["training"]["freeze"] == ["trunk", "recurrent"]


def test_what_cannot_be_frozen(train, trained):
    train("conv", architecture="conv", steps=1, evaluations=1)
    with pytest.raises(TrainingError, match="no recurrent level"):
        train(architecture="conv", freeze=["recurrent"])
    with pytest.raises(TrainingError, match="no parts to freeze"):
        train(architecture="lstm", freeze=["trunk"])


def test_init_with_what_is_no_model(train, fly_files):
    with pytest.raises(ModelFileError, match="not a splicenet model"):
        train(init=fly_files.annotation)


def test_a_folder_that_cannot_be_written_shows_at_once(train, tmp_path, monkeypatch):
    def never(sampler, *lengths):
        raise AssertionError("a step was made")

    monkeypatch.setattr(WindowSampler, "draw", never)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="folder does not exist"):
        train("missing/model")
    with pytest.raises(OutputError, match="folder does not exist"):
        train("file/model")
    (tmp_path / "model.splicenet").mkdir()
    with pytest.raises(OutputError, match="name a file"):
        train()


def test_a_loss_that_is_no_number(train, monkeypatch, tmp_path):
    monkeypatch.setattr(
        "splicenet.training.descent.splice_loss",
        lambda logits, *_, **__: logits.sum() * float("nan"),
    )
    reporter = Notes()
    with pytest.raises(TrainingError, match=r"not finite at step 1;.*--learning-rate"):
        train(reporter=reporter)
    assert len(reporter.notes) == 2
    assert checkpoint_path(tmp_path / "model.splicenet").exists()


def test_scores_that_are_no_numbers(train, monkeypatch, tmp_path):
    """A network may diverge in the very step before it is judged."""
    judged, judge = [], SpliceSites.judge

    def diverged(goal, network):
        judged.append(1)
        if len(judged) == 2:
            raise NotANumber
        return judge(goal, network)

    with monkeypatch.context() as patch:
        patch.setattr(SpliceSites, "judge", diverged)
        reporter = Notes()
        model = train(steps=12, evaluations=3, reporter=reporter)
    (setback,) = model.record["setbacks"]
    assert (setback["step"], setback["back_to"]) == (9, 4)
    assert setback["cause"] == "a score is not a number"
    assert len(reporter.notes) == 1
    assert model.record["steps"] == 12
    history = pd.read_csv(tmp_path / "model.metrics.tsv", sep="\t")
    assert history["step"].tolist() == [4, 8, 12]


def plant_nan(monkeypatch, *draws: int) -> None:
    """Let the loss be NaN at the steps that read these draws of windows, counted from 1."""
    drawn, draw = [], WindowSampler.draw

    def counted(sampler, *lengths):
        drawn.append(1)
        return draw(sampler, *lengths)

    def loss(logits, *arguments, **options):
        value = splice_loss(logits, *arguments, **options)
        return value * float("nan") if len(drawn) in draws else value

    monkeypatch.setattr(WindowSampler, "draw", counted)
    monkeypatch.setattr("splicenet.training.descent.splice_loss", loss)


def test_back_to_the_last_evaluation_at_half_the_rate(train, tmp_path, monkeypatch):
    whole = train("whole", steps=12, evaluations=3)
    reporter = Notes()
    with monkeypatch.context() as patch:
        plant_nan(patch, 7)
        model = train("planted", steps=12, evaluations=3, reporter=reporter)
    (setback,) = model.record["setbacks"]
    assert (setback["step"], setback["back_to"]) == (7, 4)
    assert setback["cause"] == "the gradient of head.bias is not finite"
    (note,) = reporter.notes
    assert "head.bias is not finite at step 7; back to step 4 and on at half" in note
    assert all(t.isfinite().all() for t in model.network.state_dict().values())
    assert model.record["steps"] == 12 and whole.record["setbacks"] == []
    rates, halved = (
        pd.read_csv(tmp_path / f"{name}.metrics.tsv", sep="\t")["learning_rate"].to_numpy()
        for name in ("whole", "planted")
    )
    assert halved == pytest.approx(rates * [1, 0.5, 0.5])


@pytest.mark.parametrize(("retries", "draws"), [(0, (6,)), (1, (6, 8))])
def test_what_cannot_be_saved_by_going_back(train, tmp_path, monkeypatch, retries, draws):
    """The checkpoint that is left is good, and goes on at half the rate."""
    path = tmp_path / "model.splicenet"
    with monkeypatch.context() as patch:
        plant_nan(patch, *draws)
        with pytest.raises(TrainingError, match="at step 6; --resume goes on from step 4 at half"):
            train(retries=retries)
    assert checkpoint_path(path).exists() and not path.exists()
    model = train(retries=retries, resume=True)
    assert model.record["steps"] == 12
    assert len(model.record["setbacks"]) == retries + 1


def test_killed_after_a_setback_and_resumed(train, monkeypatch):
    with monkeypatch.context() as patch:
        plant_nan(patch, 6, 9)  # at step 6, and then, back to step 4, at step 7
        whole = train("whole")
    with monkeypatch.context() as patch:
        plant_nan(patch, 6)
        interrupt_at(patch, 8)
        with pytest.raises(KeyboardInterrupt):
            train("broken")
    with monkeypatch.context() as patch:
        plant_nan(patch, 1)
        resumed = train("broken", resume=True)
    assert [setback["step"] for setback in whole.record["setbacks"]] == [6, 7]
    assert whole.record["setbacks"] == resumed.record["setbacks"]
    assert same_weights(whole, resumed)


@pytest.mark.parametrize(
    "choices",
    [
        {"length": "256-1024", "bptt": 128},
        {"length": "128:512", "bptt": 200, "checkpoint_activations": True, "clip_value": 0.1},
        {"architecture": "lstm", "length": "128-256", "bptt": 60},
    ],
)
def test_windows_of_many_lengths_and_cuts_resume_alike(train, monkeypatch, choices):
    options = {"steps": 6, "evaluations": 2, **choices}
    whole = train("whole", **options)
    with monkeypatch.context() as patch:
        interrupt_at(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            train("broken", **options)
    assert same_weights(whole, train("broken", resume=True, **options))
    assert not same_weights(whole, train("other", **{**options, "bptt": 32}))


def test_computing_again_gives_the_same_network(train):
    options = {"steps": 3, "evaluations": 1, "bptt": 256}
    one, two = train("one", **options), train("two", checkpoint_activations=True, **options)
    mine, theirs = one.network.state_dict(), two.network.state_dict()
    for name, tensor in mine.items():
        torch.testing.assert_close(tensor, theirs[name], rtol=1e-3, atol=1e-3)


def test_bases_of_padded_batches_are_counted_without_padding(train, tmp_path):
    train(steps=6, evaluations=1, length="256-1024", batch_tokens=2048)
    (bases,) = pd.read_csv(tmp_path / "model.metrics.tsv", sep="\t")["strand_bases"]
    assert 6 * 1024 < bases < 6 * 2048


def test_nothing_left_to_train_on(fly_species, fly_files, settings):
    with pytest.raises(TrainingError, match="hold out less"):
        split_species([fly_species], fly_files.contig, settings())
    with pytest.raises(TrainingError, match="hold out less"):
        split_species([fly_species], 0.999, settings())


def test_reads_alone_and_beside_an_annotation(train, tmp_path, read_files):
    alone = open_species("alone", read_files.fasta, None, read_files.bam)
    model = train("alone", species=[alone], holdout="chr4:1-40,000", steps=3)
    assert model.record["data"]["alone"]["alignments"]["name"] == read_files.bam.name
    rows = [
        f'chr4\tx\texon\t{start}\t{end}\t.\t+\t.\tgene_id "g"; transcript_id "t";\n'
        for start, end in ((100_001, 100_100), (100_501, 100_600))
    ]
    (tmp_path / "genes.gtf").write_text("".join(rows))
    both = open_species("both", read_files.fasta, tmp_path / "genes.gtf", read_files.bam)
    model = train("both", species=[both], holdout="chr4:1-40,000", steps=3)
    data = model.record["data"]["both"]
    assert {"annotation", "alignments"} <= data.keys()
    assert data["donors"] == alone.labels.count("donor") + 1


def test_two_species(train, fly_species, fly_files, read_files):
    reads = open_species("reads", read_files.fasta, None, read_files.bam)
    model = train("both", species=[fly_species, reads], holdout=0.05)
    assert set(model.record["data"]) == set(model.record["metrics"]) == {"fly", "reads"}
    named = train("named", species=[fly_species, reads], holdout="chr4:1-40,000")
    assert set(named.record["metrics"]) == {"reads"}
    assert named.record["data"]["fly"]["held_out"] == []


def test_an_accuracy_that_is_undefined_is_no_obstacle(train, fly_files):
    """Neither the validation nor the held-out part need hold a site."""
    model = train(holdout=f"{fly_files.contig}:1-300", steps=2, validation=1e-6)
    assert model.record["metrics"]["fly"]["genes"]["donor"]["auprc"] is None
