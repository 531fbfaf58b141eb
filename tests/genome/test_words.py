from __future__ import annotations

import numpy as np
import pytest

from splicenet.genome.alphabet import N, encode, reverse_complement
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import open_genome
from splicenet.genome.words import WordModel, count_followers, fit_words

TEXT = "ACGTTGCANNACGTACGTTTTGCAGCATCGATTACG"


def numbered(word: str) -> int:
    return int("".join(str(code) for code in encode(word)), 4)


def counted(text: str, order: int) -> np.ndarray:
    table = np.zeros((4**order, 4), np.int32)
    for strand in (encode(text), reverse_complement(encode(text))):
        for place in range(order, strand.size):
            word = strand[place - order : place + 1]
            if (word != N).all():
                table[int("".join(map(str, word[:-1])) or "0", 4), word[-1]] += 1
    return table


@pytest.mark.parametrize("order", [0, 1, 3])
def test_counts_are_those_of_a_loop(tmp_path, order, monkeypatch):
    (tmp_path / "g.fa").write_text(f">c\n{TEXT}\n")
    monkeypatch.setattr("splicenet.genome.words._CHUNK", 7)
    with open_genome(tmp_path / "g.fa") as genome:
        table = count_followers([(genome, [Interval("c", 0, len(TEXT))])], order)
    assert table.dtype == np.int32
    np.testing.assert_array_equal(table, counted(TEXT, order))


def test_short_words_are_sums_of_long_ones():
    rng = np.random.default_rng(1)
    model = WordModel(rng.integers(0, 9, (64, 4)).astype(np.int32), (1.0,) * 4)
    assert [level.shape for level in model.levels] == [(1, 4), (4, 4), (16, 4), (64, 4)]
    row = numbered("CT")
    np.testing.assert_array_equal(model.levels[2][row], model.counts[row::16].sum(0))


def test_predictions_fall_back_to_shorter_words():
    counts = np.zeros((16, 4), np.int32)
    counts[numbered("AC")] = (0, 0, 6, 0)
    counts[numbered("GC")] = (2, 0, 0, 0)
    model = WordModel(counts, (4.0, 2.0, 2.0))
    told = model.tell(encode("ACNAC")[None])
    assert told.probabilities.shape == (1, 5, 3, 4)
    np.testing.assert_allclose(told.probabilities.sum(-1), 1, rtol=1e-6)
    plain = (np.array([2, 0, 6, 0]) + 4 * 0.25) / 12
    after_c = (np.array([2, 0, 6, 0]) + 2 * plain) / 10
    after_ac = (np.array([0, 0, 6, 0]) + 2 * after_c) / 8
    longer = model.tell(encode("ACG")[None])
    np.testing.assert_allclose(longer.probabilities[0, 2], [plain, after_c, after_ac], rtol=1e-6)
    assert longer.seen[0, 2].tolist() == [8, 8, 6]
    # After an N nothing is known but how common the bases are.
    np.testing.assert_allclose(told.probabilities[0, 3], [plain] * 3, rtol=1e-6)


def test_strengths_are_fitted_by_what_is_told_of_all_the_rest():
    rng = np.random.default_rng(1)
    unlike = rng.integers(0, 4, 4000).astype(np.uint8)  # words of 5 tell nothing of it
    noise = rng.integers(1, 9, (4**5, 4)).astype(np.int32)
    own = counted("".join("ACGT"[code] for code in unlike), 5)
    assert fit_words(noise + own, [unlike]).strengths[-1] == 2048
    # Were it told from itself, it would seem to be known by heart.
    assert fit_words(noise + 50 * own, [unlike]).strengths[-1] <= 1
    # Of a genome that is all watched nothing is left to trust.
    assert set(fit_words(own, [unlike]).strengths) == {2048}
    repeated = encode("ACGGTCATTA" * 40)
    model = fit_words(2 * counted("ACGGTCATTA" * 40, 5), [repeated])
    assert model.strengths[-1] <= 1
    told = model.tell(repeated[None])
    assert told.probabilities[0, np.arange(20, 400), -1, repeated[20:400]].min() > 0.9


def test_the_best_strength_is_that_of_a_loop():
    rng = np.random.default_rng(3)
    pieces = [rng.choice(5, 300, p=[0.4, 0.3, 0.1, 0.1, 0.1]).astype(np.uint8) for _ in range(2)]
    others = rng.integers(0, 6, (64, 4)).astype(np.int32)
    own = sum(counted("".join("ACGTN"[code] for code in codes), 3) for codes in pieces)
    model = fit_words(others + own, pieces)

    def bits(strengths):
        tried, total = WordModel(others + own, strengths), 0.0
        for codes in pieces:
            for strand in (codes, reverse_complement(codes)):
                known = np.flatnonzero(strand != N)
                told = tried.tell(strand[None], counted=True).probabilities[0, known, -1]
                total -= np.log2(told[np.arange(known.size), strand[known]]).sum(dtype=float)
        return total

    for other in (0.5, 2.0, 8.0, 64.0, 2048.0):
        assert bits(model.strengths) <= bits((*model.strengths[:-1], other)) + 1e-2


def test_a_sequence_that_was_counted_is_told_from_all_the_rest(tmp_path):
    (tmp_path / "g.fa").write_text(f">c\n{TEXT}\n>rest\n{TEXT[::-1]}\n")
    order, strengths = 2, (4.0, 2.0, 2.0)
    with open_genome(tmp_path / "g.fa") as genome:
        here, rest = ([Interval(name, 0, len(TEXT))] for name in ("c", "rest"))
        all_words = count_followers([(genome, [*here, *rest])], order)
        rest_words = count_followers([(genome, rest)], order)
    codes = encode(TEXT)[None]
    told = WordModel(all_words, strengths).tell(codes, counted=True)
    expected = WordModel(rest_words, strengths).tell(codes)
    np.testing.assert_allclose(told.probabilities, expected.probabilities, rtol=1e-6)
    np.testing.assert_array_equal(told.seen, expected.seen)


def test_a_sequence_without_words_takes_nothing_away():
    model = WordModel(np.ones((16, 4), np.int32), (1.0, 1.0, 1.0))
    told = model.tell(np.full((1, 5), N, np.uint8), counted=True)
    np.testing.assert_allclose(told.probabilities, 0.25)


def test_shortened_words_are_those_that_were_fitted_shorter():
    rng = np.random.default_rng(2)
    counts, seen = rng.integers(0, 9, (64, 4)).astype(np.int32), encode(TEXT * 5)
    shorter = fit_words(counts.reshape(4, 16, 4).sum(0, dtype=np.int32), [seen])
    again = fit_words(counts, [seen]).shortened(2)
    assert again.strengths == shorter.strengths
    np.testing.assert_array_equal(again.counts, shorter.counts)
