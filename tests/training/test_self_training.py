from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from splicenet.exceptions import TrainingError
from splicenet.genome.alphabet import encode, reverse_complement
from splicenet.genome.intervals import Interval, Junction
from splicenet.genome.labels import UNKNOWN
from splicenet.genome.reading_frames import frame_through
from splicenet.model.modelfile import load_model, save_model
from splicenet.model.scale import Scale
from splicenet.training import self_training
from splicenet.training.course import Reporter
from splicenet.training.self_training import self_labelled, self_train
from splicenet.training.settings import TrainingSettings


class Always(dict):
    """Calibrations by which every base is a donor, and none an acceptor."""

    def __getitem__(self, kind):
        return SimpleNamespace(apply=lambda values: np.full_like(values, kind == "donor"))


class Notes(Reporter):
    def __init__(self):
        self.sentences, self.read = [], []

    def note(self, sentence):
        self.sentences.append(sentence)

    def scoring(self, what, strand_bases):
        self.read.append([what, strand_bases, 0])

        def hear(bases):
            self.read[-1][2] += bases

        return hear


def bases_of(regions):
    return sum(map(len, regions))


def labelled(model, species, outside, **same):
    heard = Notes()
    options = {"first": model, "bases": 2_000_000, "seed": 1} | same
    options["scoring"] = lambda bases: heard.scoring("", bases)
    return *self_labelled(model, species, outside=outside, **options), heard


@pytest.fixture
def outside(fly_files):
    return [Interval(fly_files.contig, 0, 700_000)]


def test_a_model_labels_for_itself(trained_model, fly_species, fly_files, outside):
    species, parts, count, heard = labelled(trained_model, fly_species, outside)
    taught = species.labels.within(parts.splits[0].training)
    assert 0 < taught.count("donor") <= count and 0 < taught.count("acceptor") <= count
    true = {(s.position, s.strand, s.kind) for s in fly_species.labels.sites()}
    called = {(s.position, s.strand, s.kind) for s in taught.sites()}
    assert len(called & true) > len(called) / 2
    assert min(s.position for s in species.labels.sites()) >= 700_000
    split = parts.splits[0]
    assert bases_of(split.training) > 5 * bases_of(split.validation) > 0
    assert all(r.start >= 700_000 for r in [*split.training, *split.validation])
    ((_, promised, done),) = heard.read
    assert promised == done == 2 * bases_of([*split.training, *split.validation])
    assert bases_of(split.held_out) + promised // 2 == sum(fly_species.genome.lengths.values())
    assert not species.genes and not species.transcripts and not parts.judged


def test_what_is_doubtful_is_unknown(trained_model, fly_species, outside, monkeypatch):
    surely, _, many, _ = labelled(trained_model, fly_species, outside)
    # A frame that no exon can hold leaves no intron; one that any holds leaves them all.
    monkeypatch.setattr(self_training, "_FRAME", 0)
    every, _, more, _ = labelled(trained_model, fly_species, outside)
    assert more > many
    for key, values in surely.labels.values.items():
        # What is an intron's end here or there may be a site in both.
        assert np.array_equal(surely.labels.positions[key], every.labels.positions[key])
        assert (values == UNKNOWN).sum() > (every.labels.values[key] == UNKNOWN).sum()
    monkeypatch.setattr(self_training, "_FRAME", 301)
    with pytest.raises(TrainingError, match="sure of 0 introns"):
        labelled(trained_model, fly_species, outside)


def test_what_is_promised_is_what_the_first_model_thinks(trained_model, fly_species, outside):
    """Sites to validate by are drawn by its probabilities, whatever another model finds."""
    species, parts, *_ = labelled(trained_model, fly_species, outside)
    watched = parts.splits[0].validation
    read = list(self_training._read(trained_model, fly_species.genome, watched))
    drawn = species.labels.within(watched)
    for index, kind in enumerate(("donor", "acceptor")):
        expected = sum(scores.values[:, index].sum() for _, scores in read)
        assert expected > 5
        assert abs(drawn.count(kind) - expected) < 4 * expected**0.5
    # A base that it is sure of is drawn, and one that it excludes is not.
    sure = replace(trained_model, scale=Scale(Always(), trained_model.scale.threshold))
    everywhere, *_ = labelled(trained_model, fly_species, outside, first=sure)
    assert everywhere.labels.within(watched).count("donor") == 2 * bases_of(watched)


def test_a_small_genome_is_read_once():
    """A third of a megabase has fewer than 300 batches; a large genome has them all."""
    settings = TrainingSettings(steps=300, warmup_steps=30)
    few = self_training._once(settings, 20 * settings.batch_tokens + 5)
    assert (few.steps, few.warmup_steps) == (20, 2)
    assert self_training._once(settings, 1000 * settings.batch_tokens) == settings
    by_time = TrainingSettings(minutes=1)
    assert self_training._once(by_time, 5) == by_time


def test_exons_are_read_in_the_direction_of_transcription():
    #            exon    intron       exon
    codes = encode("CATAACGCC" + "GTAAGTTTTCAG" + "GCCTGACG")
    whole = {"+": codes, "-": reverse_complement(codes)}
    start, end, last = 9, 21, len(codes)
    frames = {}
    for strand, read in whole.items():
        genome = SimpleNamespace(
            fetch=lambda contig, a, b, read=read: read[a:b], lengths={"c": last}
        )
        place = (start, end) if strand == "+" else (last - end, last - start)
        frames[strand] = self_training._frame_of(Junction("c", *place, strand), genome)
    # From behind the TAA up to the TGA, of one frame: CGCC, GCC.
    assert frames["+"] == frames["-"] == frame_through([codes[:start], codes[end:]]) > 0
    assert frame_through([whole["-"][: last - end], whole["-"][last - start :]]) != frames["+"]


def test_rounds_that_were_killed_go_on(trained_model, fly_species, outside, tmp_path, monkeypatch):
    start = tmp_path / "start.splicenet"
    save_model(start, trained_model)
    output = tmp_path / "mine.splicenet"
    settings = TrainingSettings(steps=2, warmup_steps=1, learning_rate=1e-4)
    rounds = {"settings": settings, "rounds": 2, "bases": 600_000, "outside": outside}
    heard = Notes()
    whole = self_train(start, fly_species, output, reporter=heard, **rounds)
    assert [s for s in heard.sentences if "introns to learn from" in s][1].startswith(
        "round 2 of 2"
    )
    assert {p.name for p in tmp_path.iterdir()} == {
        "start.splicenet",
        "mine.splicenet",
        "mine.metrics.tsv",
    }
    assert whole.scale != trained_model.scale
    assert len(whole.record["ancestors"]) == len(trained_model.record.get("ancestors", [])) + 2

    taught = self_training.train_model
    calls = []

    def killed(*args, **kwargs):
        calls.append(kwargs["init"])
        if len(calls) == 2:
            raise KeyboardInterrupt
        return taught(*args, **kwargs)

    monkeypatch.setattr(self_training, "train_model", killed)
    again = tmp_path / "again.splicenet"
    with pytest.raises(KeyboardInterrupt):
        self_train(start, fly_species, again, **rounds)
    assert not again.exists() and (tmp_path / "again.round1.splicenet").exists()
    others = rounds | {"settings": replace(settings, learning_rate=2e-4)}
    with pytest.raises(TrainingError, match="other settings"):
        self_train(start, fly_species, again, resume=True, **others)
    self_train(start, fly_species, again, resume=True, **rounds)
    assert len(calls) == 3 and calls[2] == tmp_path / "again.round1.splicenet"
    assert not (tmp_path / "again.round1.splicenet").exists()
    assert load_model(again).scale == whole.scale
    theirs, ours = (load_model(path).network.state_dict() for path in (output, again))
    assert all(theirs[name].equal(ours[name]) for name in theirs)


def test_too_little_sequence(trained_model, fly_species):
    length = fly_species.genome.lengths
    everything = [Interval(contig, 60_000, n) for contig, n in length.items()]
    with pytest.raises(TrainingError, match="fewer than 131,072 bases"):
        labelled(trained_model, fly_species, everything)
