from __future__ import annotations

import numpy as np
import pytest

from splicenet.exceptions import RegionError
from splicenet.genome.alphabet import N
from splicenet.genome.sequence import open_genome
from splicenet.genome.tiles import draw_tiles


@pytest.fixture
def genome(tmp_path):
    letters = np.array(list("ACGT"))[np.random.default_rng(0).integers(0, 4, 1000)]
    text = "".join(letters)
    (tmp_path / "g.fa").write_text(f">a\n{text}\n>short\nACGT\n>b\n{'N' * 150}{text[:450]}\n")
    with open_genome(tmp_path / "g.fa") as genome:
        yield genome


def test_windows_are_known_and_apart(genome):
    where, codes = draw_tiles(genome, 14, 100, seed=1)
    assert codes.shape == (14, 100)
    assert len({(one.contig, one.start) for one in where}) == 14
    assert where == sorted(where, key=lambda one: (one.contig, one.start))
    for one, told in zip(where, codes, strict=True):
        assert one.start % 100 == 0
        np.testing.assert_array_equal(told, genome.fetch(one.contig, one.start, one.end))
        assert (told == N).mean() <= 0.1
    # Of contig b the first window is unknown, the second half of it.
    assert min(one.start for one in where if one.contig == "b") == 200


def test_seeds_decide(genome):
    places = [draw_tiles(genome, 5, 100, seed=seed)[0] for seed in (1, 1, 2)]
    assert places[0] == places[1] != places[2]


def test_too_small_a_genome_is_named(genome):
    with pytest.raises(RegionError, match="it has 14 windows of 100 known bases, not 15"):
        draw_tiles(genome, 15, 100, seed=1)
