from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from splicenet.model.cells import CELLS, make_cell
from splicenet.model.incremental import IncrementalReader, can_read_increments
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.scoring import site_probabilities
from splicenet.model.walks import LINE, walk


def shaken(config):
    """A network in which every level has a say."""
    torch.manual_seed(1)
    network = SpliceNetwork(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        network.head.weight.normal_()
        network.head.bias.zero_()
    return network.eval()


@pytest.fixture(params=["conv", *CELLS])
def network(request, tiny):
    changed = {"cell": request.param} if request.param in CELLS else {"architecture": "conv"}
    return shaken(NetworkConfig(**{**tiny, **changed}))


@pytest.fixture
def codes():
    return np.random.default_rng(0).integers(0, 4, (2, 1600), dtype=np.uint8)


def substituted(codes, position, count):
    """The first sequence with some bases replaced."""
    changed = codes[0].copy()
    changed[position : position + count] = (changed[position : position + count] + 1) % 4
    return changed


def read(local, kept, sequences, begins, width, around):
    """Read changes to the first sequence, without what is not to be used."""
    pieces = np.stack(
        [one[b - around : b + width + around] for one, b in zip(sequences, begins, strict=True)]
    )
    rows = np.zeros(len(begins), np.int64)
    found = local.changed(kept, rows, np.array(begins), pieces, around)
    return found[..., local.margin : -local.margin]


def test_what_can_be_read_in_increments(tiny):
    config = NetworkConfig(**tiny)
    for changed, can in (
        ({}, True),
        ({"architecture": "conv", "layers": 2}, True),
        ({"layers": 2}, False),
        ({"architecture": "lstm"}, False),
    ):
        assert can_read_increments(SpliceNetwork(replace(config, **changed))) == can


def test_the_reference_is_what_the_network_says(network, codes):
    local = IncrementalReader(network)
    probabilities, _ = local.reference(codes, 803, 951)
    expected = site_probabilities(network, codes)[..., 803:951]
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)


def test_only_what_is_asked_for_is_decoded(network, codes):
    local = IncrementalReader(network)
    asked = [(0, 213, 300), (1, 290, 310), (1, 1301, 1399)]
    probabilities, _ = local.reference(codes, 213, 1399, 0, asked)
    expected = site_probabilities(network, codes)[..., 213:1399]
    for row, first, last in asked:
        there = np.s_[row, :, first - 213 : last - 213]
        np.testing.assert_allclose(probabilities[there], expected[there], atol=1e-5)
    assert not probabilities[0, :, 600:].any()


@pytest.mark.parametrize("stride", [3, 4])
def test_any_phase_will_do(tiny, codes, stride):
    network = shaken(NetworkConfig(**{**tiny, "stride": stride, "recurrent_stride": 2}))
    codes = codes[:, : 1600 // (2 * stride) * 2 * stride]
    local = IncrementalReader(network)
    probabilities, _ = local.reference(codes, 301, 1204)
    expected = site_probabilities(network, codes)[..., 301:1204]
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)


@pytest.mark.parametrize("around", [64, 320])
def test_changes_are_read_as_in_the_whole(network, codes, around):
    """Within and beyond what the convolutions see, wherever the grid of kept states lies."""
    local = IncrementalReader(network)
    assert local.reach < 780
    _, kept = local.reference(codes, 100, 1500)
    phase = local.phase
    positions = [780, 793, 801, 815]
    begins = [position // phase * phase for position in positions]
    sequences = [substituted(codes, position, 1) for position in positions]
    found = read(local, kept, sequences, begins, phase, around)
    expected = site_probabilities(network, np.stack(sequences))
    before = site_probabilities(network, codes[:1])[0]
    for row, begin in enumerate(begins):
        inner = slice(begin - around + local.margin, begin + phase + around - local.margin)
        np.testing.assert_allclose(found[row], expected[row, :, inner], atol=1e-5)
        assert np.abs(expected[row, :, inner] - before[:, inner]).max() > 0.01, "it must show"


def test_a_stop_codon_is_heard_as_far_as_frames_are_open(tiny, codes):
    """Farther than the convolutions see; the rest of the sequence has no stop."""
    network = shaken(NetworkConfig(**{**tiny, "architecture": "conv", "frames": 64}))
    codes = codes % 2  # A and C
    codes[:, 801:803] = 3, 0  # and one TAA to come
    changed = codes.copy()
    codes[:, 803], changed[:, 803] = 1, 0
    local = IncrementalReader(network)
    _, kept = local.reference(codes, 100, 1500)
    begin, around = 800, 320
    found = read(local, kept, changed[:1], [begin], local.phase, around)
    expected, before = site_probabilities(network, np.stack([changed[0], codes[0]]))
    inner = slice(begin - around + local.margin, begin + local.phase + around - local.margin)
    np.testing.assert_allclose(found[0], expected[:, inner], atol=1e-5)
    shows = np.flatnonzero(np.abs(expected - before).max(0) > 1e-4) - 803
    assert shows.min() < -network.config.margin - 64
    assert shows.max() > network.config.margin + 64


def test_several_changes_at_once(network, codes):
    local = IncrementalReader(network)
    _, kept = local.reference(codes, 100, 1500)
    changed = substituted(codes, 781, 3)
    changed[830] = (changed[830] + 2) % 4
    begin, width, around = 776, 64, 96
    (found,) = read(local, kept, [changed], [begin], width, around)
    expected = site_probabilities(network, changed[None])[0]
    inner = slice(begin - around + local.margin, begin + width + around - local.margin)
    np.testing.assert_allclose(found, expected[:, inner], atol=1e-5)


def test_changes_know_their_reference(network, codes):
    local = IncrementalReader(network)
    _, kept = local.reference(codes, 100, 1500)
    changed = codes[1].copy()
    changed[800] = (changed[800] + 1) % 4
    around, begin = 64, 800
    piece = changed[None, begin - around : begin + local.phase + around]
    (found,) = local.changed(kept, np.array([1]), np.array([begin]), piece, around)
    inner = slice(begin - around + local.margin, begin + local.phase + around - local.margin)
    expected = site_probabilities(network, changed[None])[0, :, inner]
    np.testing.assert_allclose(found[:, local.margin : -local.margin], expected, atol=1e-5)


def test_long_references_are_walked_over_in_pieces():
    """Each entered from so far before it that its beginning does not show."""
    torch.manual_seed(1)
    cell = make_cell("lstm", 6, 4, rank=2).eval()
    steps = torch.randn(2, 1500, 6)
    with torch.inference_mode():
        expected, _ = cell(steps, cell.zero_state(2, steps))
        for end in (1500, 1203, 400, 90):
            found = walk(cell, steps, 90, end)
            assert found.outputs.shape[1] >= end
            torch.testing.assert_close(found.outputs[:, :end], expected[:, :end], atol=1e-5, rtol=0)
            at = (end - 1) // LINE
            before = expected[:, at * LINE - 1] if at else torch.zeros(2, 4)
            torch.testing.assert_close(found.lines[0][:, at], before, atol=1e-5, rtol=0)
