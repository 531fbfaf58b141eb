import numpy as np
import pytest

from splicenet.evaluation import background as module
from splicenet.evaluation.background import Background
from splicenet.genome.alphabet import encode, reverse_complement


def test_words_of_both_strands_are_counted():
    background = Background(order=1)
    background.add(encode("AAC"))  # AA, AC; on the other strand GT, TT
    wanted = np.ones((4, 4))
    for word in ("AA", "AC", "GT", "TT"):
        wanted[tuple(encode(word))] += 1
    np.testing.assert_allclose(background.probabilities(2), wanted / wanted.sum())


def test_words_with_n_are_not_counted():
    background = Background(order=1)
    background.add(encode("NANCN"))
    np.testing.assert_allclose(background.probabilities(2), 1 / 16)


def test_both_directions_give_the_same_chain():
    codes = np.random.default_rng(0).integers(0, 4, 1000, dtype=np.uint8)
    forward, backward = Background(order=2), Background(order=2)
    forward.add(codes)
    backward.add(reverse_complement(codes))
    np.testing.assert_allclose(forward.probabilities(4), backward.probabilities(4))


def test_chunks_lose_no_word(monkeypatch):
    codes = np.random.default_rng(0).integers(0, 5, 1000, dtype=np.uint8)
    whole, pieces = Background(order=3), Background(order=3)
    whole.add(codes)
    monkeypatch.setattr(module, "_CHUNK", 7)
    pieces.add(codes)
    np.testing.assert_array_equal(whole.probabilities(4), pieces.probabilities(4))


@pytest.mark.parametrize("length", [1, 3, 6])
def test_probabilities_sum_to_one_at_any_length(length):
    background = Background(order=2)
    background.add(np.random.default_rng(0).integers(0, 4, 500, dtype=np.uint8))
    probabilities = background.probabilities(length)
    assert probabilities.shape == (4,) * length
    assert probabilities.sum() == pytest.approx(1)


def test_longer_words_follow_the_chain():
    background = Background(order=1)
    background.add(encode("ACACACACAC" * 20))
    pairs, triples = background.probabilities(2), background.probabilities(3)
    step = pairs / pairs.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(triples, pairs[:, :, None] * step[None, :, :])
