from __future__ import annotations

import json

import numpy as np
import pytest

from splicenet.genome.alphabet import N
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import ACCEPTOR, DONOR, NEITHER, UNKNOWN
from splicenet.genome.sequence import Genome
from splicenet.genome.species import open_species
from splicenet.training.grounds import TrainingGround
from splicenet.training.windows import WindowSampler, read_window

LENGTH = 512
MARGIN = 32
REGIONS = ((50_000, 300_000), (400_000, 400_200), (500_000, 900_000))


@pytest.fixture(scope="module")
def regions(fly_files) -> list[Interval]:
    return [Interval(fly_files.contig, start, end) for start, end in REGIONS]


@pytest.fixture(scope="module")
def sampler(fly_species, regions):
    def sampler(*, regions=regions, genes=0.7, seed=3, batch_size=8, margin=MARGIN):
        return WindowSampler(
            [TrainingGround.of(fly_species, regions)],
            length=LENGTH,
            batch_size=batch_size,
            genes=genes,
            margin=margin,
            seed=seed,
        )

    return sampler


def draws(sampler: WindowSampler, batches: int) -> tuple[np.ndarray, np.ndarray]:
    codes, labels, *_ = zip(*(sampler.draw() for _ in range(batches)), strict=True)
    return np.concatenate(codes), np.concatenate(labels)


@pytest.mark.parametrize("genes", [0.0, 0.7, 0.99])
def test_nothing_outside_the_regions_is_read(sampler, regions, monkeypatch, genes):
    fetched = []
    fetch = Genome.fetch

    def recorded(genome, contig, start, end):
        fetched.append((contig, start, end))
        return fetch(genome, contig, start, end)

    monkeypatch.setattr(Genome, "fetch", recorded)
    draws(sampler(genes=genes), 40)
    assert len(fetched) == 320
    for contig, start, end in fetched:
        assert any(r.contig == contig and r.start <= start < end <= r.end for r in regions)
    starts = [start for _, start, _ in fetched]
    assert any(start < 300_000 for start in starts)
    assert any(start >= 500_000 for start in starts)


def test_around_a_region_that_is_shorter_than_a_window_all_is_unknown(sampler, regions):
    codes, labels = draws(sampler(regions=regions[1:2], margin=0), 10)
    known = codes != N
    assert (known.sum(axis=1) <= 200).all()
    assert known.any()
    assert (labels[~known] == UNKNOWN).all()


def test_every_base_of_a_region_is_learned_from_up_to_its_ends(fly_species, fly_files):
    """Windows run over the ends; what lies beyond is N and unknown."""
    region = Interval(fly_files.contig, 100_000, 100_700)
    seen = np.zeros(len(region), int)
    ground = TrainingGround(fly_species, [region], np.empty((0, 3), np.int64))
    sampler = WindowSampler([ground], length=LENGTH, batch_size=8, genes=0.0, margin=MARGIN, seed=1)
    windows = []

    def recorded(species, within, start, end, strand):
        windows.append((start, strand))
        return read_window(species, within, start, end, strand)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("splicenet.training.windows.read_window", recorded)
        codes, labels = draws(sampler, 60)
    for (start, strand), known in zip(windows, labels != UNKNOWN, strict=True):
        places = start + np.flatnonzero(known if strand == "+" else known[::-1]) - region.start
        assert (places >= 0).all() and (places < len(region)).all()
        seen[places] += 1
    assert (labels[codes == N] == UNKNOWN).all()
    ends, middle = seen[[*range(20), *range(-20, 0)]], seen[330:370]
    assert ends.min() > 0.3 * middle.mean()


def test_some_windows_are_fragments_with_the_place_inside(sampler, fly_files, monkeypatch):
    """Within a long region N stands only beside a fragment's ends, and labels stand up to them."""
    inside = [Interval(fly_files.contig, 500_000, 900_000)]
    codes, labels = draws(sampler(regions=inside, genes=1.0), 200)
    known = codes != N
    cut = (~known).sum(axis=1) > 100
    assert 0.03 < cut.mean() < 0.1
    assert known.any(axis=1).all()
    sizes, sites = known[cut].sum(axis=1), (labels[cut] == DONOR) | (labels[cut] == ACCEPTOR)
    assert sizes.min() < 100 < 350 < sizes.max()
    assert sites.any(axis=1).mean() > 0.8
    first = known[cut].argmax(axis=1)
    assert (labels[cut][range(len(first)), first] != UNKNOWN).mean() > 0.5


def test_a_window_reads_its_region_and_nothing_beside_it(fly_species, fly_files, regions):
    region = regions[1]
    plus, plus_labels = read_window(fly_species, region, 399_900, 400_412, "+")
    minus, minus_labels = read_window(fly_species, region, 399_900, 400_412, "-")
    inside = fly_species.genome.fetch(fly_files.contig, 400_000, 400_200)
    assert np.array_equal(plus[100:300], inside)
    assert (plus[:100] == N).all() and (plus[300:] == N).all()
    assert np.array_equal(minus[212:412], (3 - inside)[::-1])
    assert (plus_labels[:100] == UNKNOWN).all() and (minus_labels[412:] == UNKNOWN).all()


def test_labels_stand_beside_their_dinucleotides_on_both_strands(fly_species, fly_files):
    """Donors before GT, acceptors after AG, but for the few introns that differ."""
    region = Interval(fly_files.contig, 0, 1_200_000)
    for strand in ("+", "-"):
        codes, labels = read_window(fly_species, region, 0, 1_200_000, strand)
        donors, acceptors = np.flatnonzero(labels == DONOR), np.flatnonzero(labels == ACCEPTOR)
        assert len(donors) > 200 and len(acceptors) > 200
        gt = (codes[donors + 1] == 2) & (codes[donors + 2] == 3)
        ag = (codes[acceptors - 2] == 0) & (codes[acceptors - 1] == 2)
        assert gt.mean() > 0.95
        assert ag.mean() > 0.95


def test_drawn_labels_stand_beside_their_dinucleotides(sampler):
    codes, labels = draws(sampler(), 60)
    rows, places = np.nonzero(labels[:, :-2] == DONOR)
    assert len(rows) > 100
    assert ((codes[rows, places + 1] == 2) & (codes[rows, places + 2] == 3)).mean() > 0.95


def test_both_strands_and_all_labels_occur(fly_species, sampler, monkeypatch):
    strands = []

    def recorded(species, region, start, end, strand):
        strands.append(strand)
        return read_window(species, region, start, end, strand)

    monkeypatch.setattr("splicenet.training.windows.read_window", recorded)
    _, labels = draws(sampler(), 30)
    assert min(strands.count("+"), strands.count("-")) > 60
    assert {NEITHER, DONOR, ACCEPTOR, UNKNOWN} <= set(np.unique(labels))


def test_genes_are_favoured_and_the_rest_is_not_forgotten(sampler):
    def sites(genes):
        _, labels = draws(sampler(genes=genes), 40)
        return ((labels == DONOR) | (labels == ACCEPTOR)).sum(), labels

    many, labels = sites(0.9)
    few, _ = sites(0.0)
    assert many > 2 * few > 0
    empty = ~((labels == DONOR) | (labels == ACCEPTOR)).any(axis=1)
    assert empty.any()


def test_margins_are_not_learned_from(sampler):
    _, labels = draws(sampler(genes=0.99), 20)
    assert (labels[:, :MARGIN] == UNKNOWN).all()
    assert (labels[:, -MARGIN:] == UNKNOWN).all()
    assert (labels[:, MARGIN:-MARGIN] != UNKNOWN).mean() > 0.9


def test_same_seed_same_batches(sampler):
    one, two, other = (draws(sampler(seed=seed), 3) for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert not np.array_equal(one[0], other[0])


def test_state_goes_through_json_and_back(sampler):
    first = sampler()
    draws(first, 2)
    state = json.loads(json.dumps(first.state))
    expected = draws(first, 2)
    second = sampler(seed=99)
    second.state = state
    assert all(np.array_equal(a, b) for a, b in zip(expected, draws(second, 2), strict=True))


def test_what_is_doubtful_is_no_anchor(read_files):
    with open_species("fly", read_files.fasta, alignments=read_files.bam, min_reads=30) as species:
        (contig,) = species.genome.lengths
        ground = TrainingGround.of(species, [Interval(contig, 0, species.genome.lengths[contig])])
        known = {(site.position, site.strand) for site in species.labels.sites()}
        marked = sum(map(len, species.labels.positions.values()))
    anchors = {(int(place), "+-"[strand]) for _, place, strand in ground.anchors}
    assert 0 < len(known) < marked
    assert anchors == known


def test_intronless_genes_are_anchors_too(fly_species, regions):
    ground = TrainingGround.of(fly_species, regions)
    labelled = sum(
        np.count_nonzero((places >= r.start) & (places < r.end))
        for places in fly_species.labels.positions.values()
        for r in regions
    )
    assert len(ground.anchors) > labelled > 100
    assert ground.strand_bases == 2 * sum(end - start for start, end in REGIONS)
