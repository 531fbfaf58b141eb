from __future__ import annotations

import pytest
import torch

from splicenet.exceptions import TrainingError
from splicenet.genome.alphabet import N
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import UNKNOWN
from splicenet.model.network import NetworkConfig
from splicenet.training.batches import Batches, stagger
from splicenet.training.grounds import TrainingGround


@pytest.fixture(scope="module")
def batches(fly_species, fly_files, settings):
    grounds = [TrainingGround.of(fly_species, [Interval(fly_files.contig, 100_000, 900_000)])]

    def batches(architecture="hybrid", **choices):
        config = NetworkConfig(architecture=architecture, coarse_dilations=(1,))
        return Batches(grounds, settings(**choices), config, torch.device("cpu"))

    return batches


def test_one_length_is_neither_padded_nor_cut(batches):
    batch = batches(length=512, batch_tokens=2048).draw(0, 0.0)
    assert batch.codes.shape == batch.labels.shape == (4, 512)
    assert (batch.lengths, batch.truncation, batch.recompute) == (None, None, 0)
    assert batch.bases == 2048


def test_windows_of_a_range_are_padded(batches):
    source = batches(length="256-1024", batch_tokens=8192)
    shapes = set()
    for step in range(12):
        batch = source.draw(step, 0.0)
        shapes.add(batch.codes.shape)
        lengths = batch.lengths.tolist()
        assert batch.codes.shape == (len(lengths), max(lengths))
        assert batch.bases == sum(lengths)
        for codes, labels, length in zip(batch.codes, batch.labels, lengths, strict=True):
            assert (codes[length:] == N).all() and (labels[length:] == UNKNOWN).all()
            assert (codes[:length] != N).any() and (labels[:length] != UNKNOWN).any()
            margin = min(source._sampler.margin, length // 4)
            assert margin and (labels[length - margin :] == UNKNOWN).all()
    assert len(shapes) > 5


def test_all_is_decided_by_seed_step_and_the_sampler(batches):
    """A new process that takes up the sampler's state draws what the old one would have drawn."""
    choices = {"length": "256-1024", "batch_tokens": 4096, "bptt": 128}
    one, two = batches(**choices), batches(**choices)
    for step in range(5):
        one.draw(step, 0.0)
    two.state = one.state
    for step in range(5, 10):
        a, b = one.draw(step, 0.0), two.draw(step, 0.0)
        assert torch.equal(a.codes, b.codes) and torch.equal(a.labels, b.labels)
        assert (a.truncation, a.bases) == (b.truncation, b.bases)
        assert torch.equal(a.lengths, b.lengths)


@pytest.mark.parametrize(("architecture", "every"), [("hybrid", 16), ("lstm", 128)])
def test_bases_become_recurrent_steps(batches, architecture, every):
    source = batches(architecture, length=512, bptt=128)
    assert {source.draw(step, 0.0).truncation.every for step in range(3)} == {every}


def test_cuts_are_staggered():
    """Over the batches every place is cut, and none is always cut."""
    offsets = [stagger(16, 7, step).offset for step in range(400)]
    assert set(offsets) == set(range(16))
    assert max(offsets.count(offset) for offset in range(16)) < 60
    assert offsets != [stagger(16, 8, step).offset for step in range(400)]


def test_cuts_no_window_is_long_enough_for_are_left_out(batches):
    assert batches(length=512, bptt=512).draw(0, 0.0).truncation is None
    assert batches(length=512, bptt=504).draw(0, 0.0).truncation is not None


def test_pieces_to_compute_again_are_about_the_root_of_the_steps(batches):
    assert batches(length=1024, checkpoint_activations=True).draw(0, 0.0).recompute == 11
    assert batches("lstm", length=1024, checkpoint_activations=True).draw(0, 0.0).recompute == 32


@pytest.mark.parametrize("choice", [{"bptt": 100}, {"checkpoint_activations": True}])
def test_convolutions_have_no_time_to_cut(batches, choice):
    with pytest.raises(TrainingError, match="--architecture conv leaves out"):
        batches("conv", **choice)
