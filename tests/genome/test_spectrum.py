from __future__ import annotations

import numpy as np
import pytest

from splicenet.genome.alphabet import encode, reverse_complement
from splicenet.genome.intervals import Interval
from splicenet.genome.spectrum import (
    count_words,
    known_words,
    spectrum,
    spectrum_distance,
    word_numbers,
)


def test_word_numbers_count_in_base_four():
    assert word_numbers(encode("ACGTA"), 3).tolist() == [6, 27, 44]


def test_words_with_unknown_bases_and_no_words_at_all():
    codes = np.stack([encode("ACNTA"), encode("TTTTT")])
    assert word_numbers(codes, 2).shape == (2, 4)
    assert known_words(codes, 2).tolist() == [[True, False, False, True], [True] * 4]
    assert word_numbers(encode("A"), 2).size == known_words(encode("A"), 2).size == 0


def test_words_of_both_strands_are_counted():
    counts = count_words(encode("AACN"), 2)
    words = {"AA": 1, "AC": 1, "TT": 1, "GT": 1}
    letters = "ACGT"
    named = {letters[i // 4] + letters[i % 4]: int(n) for i, n in enumerate(counts) if n}
    assert named == words
    assert not count_words(encode("A"), 2).any()


def test_a_spectrum_is_that_of_its_reverse_complement(fly_species, fly_files):
    codes = fly_species.genome.fetch(fly_files.contig, 0, 50_000)
    assert np.array_equal(count_words(codes, 5), count_words(reverse_complement(codes), 5))


def test_distances(fly_species, fly_files):
    def of(start: int, end: int):
        return spectrum(fly_species.genome, [Interval(fly_files.contig, start, end)])

    first, second = of(0, 300_000), of(300_000, 600_000)
    assert first.sum() == pytest.approx(1)
    assert spectrum_distance(first, first) == 0
    assert 0 < spectrum_distance(first, second) < 0.2
    disjoint = np.zeros_like(first)
    disjoint[first.argmin()] = 1.0
    assert spectrum_distance(disjoint, np.roll(disjoint, 1)) == pytest.approx(1)
