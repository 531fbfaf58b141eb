from __future__ import annotations

import numpy as np
import pytest

from splicenet.genome.alphabet import N, reverse_complement
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import open_genome
from splicenet.genome.sketch import Sketch, sketch_words


@pytest.fixture(scope="module")
def chromosome(fly_files):
    with open_genome(fly_files.fasta) as genome:
        yield genome


@pytest.fixture(scope="module")
def sketch(chromosome, fly_files):
    return Sketch([("fly", chromosome, [Interval(fly_files.contig, 0, 500_000)])])


def test_both_strands_have_the_same_words(chromosome, fly_files):
    codes = chromosome.fetch(fly_files.contig, 100_000, 110_000)
    words = sketch_words(codes)
    assert 400 < len(words) < 900  # one in sixteen
    assert sorted(sketch_words(reverse_complement(codes))) == sorted(words)


def test_words_with_an_unknown_base_are_left_out(chromosome, fly_files):
    codes = chromosome.fetch(fly_files.contig, 100_000, 110_000)
    holed = codes.copy()
    holed[::20] = N
    assert not len(sketch_words(holed))
    assert not len(sketch_words(codes[:20]))


def test_a_copy_is_found_where_it_stands(chromosome, sketch, fly_files):
    codes = chromosome.fetch(fly_files.contig, 200_000, 203_000)
    for read in (codes, reverse_complement(codes)):
        found = sketch.find(read)
        assert found.share == 1
        assert found.name == "fly"
        assert found.place.start <= 200_000 < found.place.end + 3000


def test_half_the_words_are_left_at_three_hundredths_changed(chromosome, sketch, fly_files):
    codes = chromosome.fetch(fly_files.contig, 200_000, 260_000).copy()
    rng = np.random.default_rng(1)
    changed = rng.random(codes.size) < 0.03
    codes[changed] = (codes[changed] + 1) % 4
    assert sketch.find(codes).share == pytest.approx(0.97**21, abs=0.06)


def test_what_is_not_there_is_not_found(chromosome, sketch, fly_files):
    strange = np.random.default_rng(1).integers(0, 4, 5000).astype(np.uint8)
    assert sketch.find(strange) is None
    assert sketch.find(chromosome.fetch(fly_files.contig, 200_000, 200_040)) is None  # too short
    elsewhere = sketch.find(chromosome.fetch(fly_files.contig, 600_000, 610_000))
    assert elsewhere is None or elsewhere.share < 0.3
