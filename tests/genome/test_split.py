from __future__ import annotations

import numpy as np
import pytest

from splicenet.genome.alphabet import N
from splicenet.genome.interval_sets import merge
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import Genome
from splicenet.genome.split import FencedGenome, choose_blocks, split_genome

LENGTHS = {"one": 1_350_000, "two": 300_000, "three": 500, "none": 0}


def bases(intervals) -> int:
    return sum(map(len, intervals))


@pytest.mark.parametrize("holdout", [0, 0.1, 0.5, [Interval("one", 100, 700_000)]])
@pytest.mark.parametrize("seed", range(3))
def test_parts_are_disjoint_and_complete(holdout, seed):
    split = split_genome(LENGTHS, holdout, 0.05, seed=seed)
    parts = [*split.training, *split.validation, *split.held_out]
    assert bases(parts) == sum(LENGTHS.values())
    whole = [Interval(name, 0, length) for name, length in LENGTHS.items() if length]
    assert merge(parts) == sorted(whole)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3])
def test_shares_are_about_right(share):
    split = split_genome(LENGTHS, share, share, seed=1)
    total = sum(LENGTHS.values())
    assert share * total <= bases(split.held_out) < 1.4 * share * total
    rest = total - bases(split.held_out)
    assert share * rest <= bases(split.validation) < 1.4 * share * rest


def test_the_seed_decides():
    splits = [split_genome(LENGTHS, 0.1, 0.05, seed=seed) for seed in (1, 1, 2)]
    assert splits[0] == splits[1]
    assert splits[0].held_out != splits[2].held_out
    assert splits[0].validation != splits[2].validation


def test_named_regions_are_held_out_exactly():
    held_out = [Interval("one", 5, 17), Interval("two", 0, 300_000)]
    split = split_genome(LENGTHS, held_out, 0.2, seed=1)
    assert split.held_out == held_out
    for part in (*split.training, *split.validation):
        assert not any(part.overlaps(region) for region in held_out)


def test_a_share_comes_from_several_places():
    split = split_genome({"one": 1_350_000}, 0.1, 0.05, seed=1)
    assert len(split.held_out) > 2
    assert all(len(block) > 10_000 for block in split.held_out)


def test_small_contigs_stay_whole():
    contigs = [Interval(f"c{index}", 0, 300) for index in range(2_000)]
    chosen = choose_blocks(contigs, 0.5, np.random.default_rng(0))
    assert bases(chosen) == bases(contigs) / 2
    assert chosen == [contig for contig in contigs if contig in chosen]


def test_behind_the_fence_nothing_is_read(fly_species, fly_files, monkeypatch):
    genome, contig = fly_species.genome, fly_files.contig
    hidden = [Interval(contig, 200_000, 200_100), Interval(contig, 200_150, 200_160)]
    whole = genome.fetch(contig, 199_900, 200_300)
    expected = whole.copy()
    expected[100:200] = expected[250:260] = N
    assert (whole != N).all()

    fetched = []
    fetch = Genome.fetch

    def recorded(genome, contig, start, end):
        fetched.append(Interval(contig, start, end))
        return fetch(genome, contig, start, end)

    monkeypatch.setattr(Genome, "fetch", recorded)
    fenced = FencedGenome(genome, hidden)
    assert np.array_equal(fenced.fetch(contig, 199_900, 200_300), expected)
    assert (fenced.fetch(contig, 200_010, 200_090) == N).all()
    assert not any(read.overlaps(region) for read in fetched for region in hidden)
    assert fenced.lengths == genome.lengths


def test_past_the_ends_a_fenced_genome_is_unknown_like_any(fly_species, fly_files):
    fenced = FencedGenome(fly_species.genome, [Interval(fly_files.contig, 0, 10)])
    end = fenced.lengths[fly_files.contig]
    for start, stop in ((-50, -10), (-50, 100), (end - 20, end + 20), (end, end + 5), (7, 7)):
        expected = fly_species.genome.fetch(fly_files.contig, start, stop)
        expected[max(0, -start) : max(0, 10 - start)] = N
        assert np.array_equal(fenced.fetch(fly_files.contig, start, stop), expected)
