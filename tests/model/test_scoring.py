from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from splicenet.genome.alphabet import N, reverse_complement
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.scoring import (
    FLANKS,
    PROBE_LENGTH,
    Stretch,
    measure_flank,
    scan,
    site_probabilities,
)
from splicenet.model.shipped import open_model, shipped_models

BATCH = 1 << 14
WINDOW = 1 << 14
"""Shorter than in use, so that short sequence crosses the lines of the grid."""


@pytest.fixture(scope="module", autouse=True)
def short_windows():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("splicenet.model.scoring.WINDOW", WINDOW)
        yield


def fetch_from(codes: np.ndarray, start: int, end: int) -> np.ndarray:
    """``codes`` with N on either side, for ever."""
    padded = np.full(end - start, N, np.uint8)
    first, last = max(start, 0), min(end, len(codes))
    if first < last:
        padded[first - start : last - start] = codes[first:last]
    return padded


@pytest.fixture(scope="module")
def network(trained_model):
    return trained_model.network.fused()


@pytest.fixture(scope="module")
def score(network, trained_model):
    """Scores of a stretch, joined: (2, 2, end - start)."""

    def score(codes, start, end, *, batch_tokens=BATCH, flank=trained_model.flank):
        stretch = Stretch("c", partial(fetch_from, codes), start, end, len(codes))
        found = scan(network, [stretch], flank=flank, batch_tokens=batch_tokens)
        windows = [scores for _, scores in found]
        assert windows[0].start == start
        assert windows[-1].end == end
        for left, right in zip(windows, windows[1:], strict=False):
            assert left.end == right.start
        return np.concatenate([window.values for window in windows], axis=-1)

    return score


@pytest.fixture(scope="module")
def chromosome(fly_species, fly_files) -> np.ndarray:
    return fly_species.genome.fetch(fly_files.contig, 100_000, 140_003)


@pytest.fixture(scope="module")
def reference(score, chromosome) -> np.ndarray:
    values = score(chromosome, 0, len(chromosome), batch_tokens=1 << 18)
    assert values.shape == (2, 2, len(chromosome))
    assert (values.max(axis=-1) > 0.2).all(), "the stretch must hold something to compare"
    return values


@pytest.mark.parametrize("batch_tokens", [1 << 12, 1 << 17])
def test_the_size_of_a_batch_does_not_show(score, chromosome, reference, batch_tokens):
    values = score(chromosome, 0, len(chromosome), batch_tokens=batch_tokens)
    assert np.abs(values - reference).max() < 1e-5


@pytest.mark.parametrize(
    ("start", "end"), [(1, 20_000), (4_999, 5_000), (12_345, 35_456), (39_990, 40_003)]
)
def test_a_region_scores_as_it_does_in_the_whole(score, chromosome, reference, start, end):
    values = score(chromosome, start, end)
    assert np.abs(values - reference[..., start:end]).max() < 1e-5


def from_another_line(network, codes, shift, flank):
    """Scores of ``codes[40_000:80_000]`` when the windows' grid begins ``shift`` bases later."""
    stretch = Stretch(
        "c",
        lambda start, end: fetch_from(codes, start + shift, end + shift),
        40_000 - shift,
        80_000 - shift,
        len(codes) - shift,
    )
    windows = scan(network, [stretch], flank=flank)
    return np.concatenate([scores.values for _, scores in windows], axis=-1)


@pytest.fixture(scope="module")
def long_stretch(fly_species, fly_files) -> np.ndarray:
    return fly_species.genome.fetch(fly_files.contig, 100_000, 220_000)


@pytest.mark.parametrize("shift", [8, 4_096, 10_000, 25_000])
def test_it_hardly_matters_where_windows_begin(network, long_stretch, trained_model, shift):
    one, other = (
        from_another_line(network, long_stretch, offset, trained_model.flank)
        for offset in (0, shift)
    )
    assert np.abs(one - other).max() < 1e-4


@pytest.mark.parametrize("name", shipped_models())
def test_nor_does_it_with_the_shipped_models(long_stretch, name):
    """Of what the recurrent level heard at most 37 % is left every 512 bases: .0003 at 4,096."""
    model = open_model(name)
    network = model.network.fused()
    one, *others = (
        from_another_line(network, long_stretch, offset, model.flank)
        for offset in (0, 10_000, 25_000)
    )
    for other in others:
        assert np.abs(one - other).max() < 1e-4


def test_a_flank_that_is_too_short_would_show(network, long_stretch):
    one, other = (from_another_line(network, long_stretch, offset, 8) for offset in (0, 10_000))
    assert np.abs(one - other).max() > 1e-3


def test_the_other_strand_mirrors(score, chromosome, network):
    codes = chromosome[: len(chromosome) // network.config.phase * network.config.phase]
    values = score(codes, 0, len(codes))
    mirrored = score(reverse_complement(codes), 0, len(codes))[::-1, :, ::-1]
    assert np.abs(values - mirrored).max() < 1e-4


@pytest.mark.parametrize("length", [1, 7, 100, 1000])
def test_contigs_shorter_than_a_window(score, chromosome, length):
    values = score(chromosome[2000 : 2000 + length], 0, length)
    assert values.shape == (2, 2, length)
    assert np.isfinite(values).all()


def test_short_contigs_share_batches_and_score_as_they_do_alone(
    network, score, chromosome, trained_model
):
    rng = np.random.default_rng(5)
    starts, lengths = rng.integers(0, 30_000, 60), rng.integers(1, 2000, 60)
    lengths[20] = 0.9 * len(chromosome)
    contigs = [
        chromosome[start : start + length]
        for start, length in zip(np.minimum(starts, 3000), lengths, strict=True)
    ]
    stretches = [
        Stretch(str(name), partial(fetch_from, codes), 0, len(codes), len(codes))
        for name, codes in enumerate(contigs)
    ]
    batches = []
    network.register_forward_pre_hook(lambda module, inputs: batches.append(len(inputs[0])))
    found = list(scan(network, stretches, flank=trained_model.flank))
    network._forward_pre_hooks.clear()
    assert len(batches) < 30
    assert list(dict.fromkeys(contig for contig, _ in found)) == [one.contig for one in stretches]
    for name, codes in enumerate(contigs):
        values = [scores.values for contig, scores in found if contig == str(name)]
        alone = score(codes, 0, len(codes))
        assert np.abs(np.concatenate(values, axis=-1) - alone).max() < 1e-5


def test_what_lies_past_a_contigs_end_is_unknown_bases(score, network, chromosome):
    codes = chromosome[:4000]
    padded = np.full((1, 8192), N, np.uint8)
    padded[0, 2048:6048] = codes
    expected = site_probabilities(network, padded)[0, :, 2048:6048]
    assert np.abs(score(codes, 0, 4000)[0] - expected).max() < 1e-4


def test_unknown_bases_are_no_sites_however_windows_fall(score, chromosome):
    codes = chromosome[:40_000].copy()
    codes[10_000:30_000] = N
    codes[5_000:5_003] = N
    coarse = score(codes, 0, len(codes), batch_tokens=1 << 18)
    fine = score(codes, 0, len(codes), batch_tokens=1 << 12)
    assert not coarse[..., codes == N].any()
    assert not fine[..., codes == N].any()
    assert np.abs(coarse - fine).max() < 1e-4
    assert fine[..., codes != N].all()


def test_nothing_but_unknown_bases(score):
    assert not score(np.full(5000, N, np.uint8), 0, 5000).any()


def test_memory_is_bounded_by_the_batch(network, chromosome):
    """No batch is larger than asked for, unless a single window with its flanks is."""
    sizes = []
    network.register_forward_pre_hook(lambda module, inputs: sizes.append(inputs[0].numel()))
    for batch_tokens in (1 << 13, 1 << 17):
        sizes.clear()
        fetch = partial(fetch_from, chromosome)
        pieces = [Stretch("c", fetch, 0, end, end) for end in (700, 5000, 900, len(chromosome))]
        for _ in scan(network, pieces, flank=256, batch_tokens=batch_tokens):
            pass
        assert max(sizes) <= max(batch_tokens, 2 * (WINDOW + 512))
    network._forward_pre_hooks.clear()


def test_stretches_in_one_window_are_read_at_once(network, chromosome, reference):
    """As many exons lie; a base in two of them comes twice."""
    sizes = []
    network.register_forward_pre_hook(lambda module, inputs: sizes.append(inputs[0].shape[0]))
    fetch = partial(fetch_from, chromosome)
    places = [(100, 300), (5_000, 5_200), (5_100, 5_150), (WINDOW - 50, WINDOW + 50), (40, 60)]
    pieces = [Stretch("c", fetch, *place, len(chromosome)) for place in places]
    found = list(scan(network, pieces, flank=FLANKS[-1]))
    network._forward_pre_hooks.clear()
    assert sum(sizes) == 2 * 3  # two strands; one window, the next, and the first again
    starts = [100, 5_000, 5_100, WINDOW - 50, WINDOW, 40]
    assert [scores.start for _, scores in found] == starts
    for _, scores in found:
        expected = reference[..., scores.start : scores.end]
        assert np.abs(scores.values - expected).max() < 1e-4


def test_the_flank_is_not_measured_where_nothing_is_read(network, chromosome):
    nothing = np.full(PROBE_LENGTH, N, np.uint8)
    assert measure_flank(network, [nothing]) == FLANKS[-1]
    probe = fetch_from(chromosome, 0, PROBE_LENGTH)
    assert measure_flank(network, [nothing, probe]) == measure_flank(network, [probe])


def test_flank_is_long_enough_to_forget_the_beginning(trained_model, fly_species, fly_files):
    assert trained_model.flank in FLANKS
    rng = np.random.default_rng(0)
    stretches = [
        fly_species.genome.fetch(fly_files.contig, start, start + PROBE_LENGTH)
        for start in rng.integers(100_000, 1_000_000, 4)
    ]
    network = trained_model.network.fused()
    strict = measure_flank(network, stretches, tolerance=1e-9)
    assert strict >= measure_flank(network, stretches) >= FLANKS[0]


def test_a_network_that_never_forgets_gets_the_longest_flank():
    network = SpliceNetwork(NetworkConfig(architecture="lstm", hidden=4)).eval()
    stretch = np.zeros(PROBE_LENGTH, np.uint8)
    assert measure_flank(network, [stretch], tolerance=0.0) == FLANKS[-1]
