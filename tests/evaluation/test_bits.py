from __future__ import annotations

import numpy as np
import pytest
import torch

from splicenet.evaluation.bits import base_bits, markov_bits, network_bits
from splicenet.genome.alphabet import N, encode
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import open_genome
from splicenet.genome.words import WordModel, count_followers, fit_words
from splicenet.model.language import LanguageNetwork
from splicenet.model.network import NetworkConfig

REGION = Interval("NC_004353.4", 300_000, 320_000)


@pytest.fixture
def genome(fly_files):
    with open_genome(fly_files.fasta) as genome:
        yield genome


@pytest.fixture
def words(genome):
    counts = count_followers([(genome, [Interval("NC_004353.4", 0, 200_000)])], 4)
    return fit_words(counts, [genome.fetch("NC_004353.4", 100_000, 120_000)])


def test_nothing_known_is_two_bits_and_N_costs_nothing():
    codes = torch.tensor([[0, 1, 4, 3]])
    cost = base_bits(torch.zeros(1, 2, 4, 4), codes)
    assert cost.tolist() == [[[2, 2, 0, 2]] * 2]
    sure = torch.full((1, 2, 4, 4), -50.0)
    sure[0, :, [0, 1, 0, 3], [0, 1, 2, 3]] = 50
    assert base_bits(sure, codes).abs().max() < 1e-6


def test_a_network_that_says_what_words_say_has_their_bits(genome, words, tiny, monkeypatch):
    """Windows leave no base out and count none twice, in both directions."""
    monkeypatch.setattr("splicenet.evaluation.bits._WINDOW", 1024)
    monkeypatch.setattr("splicenet.evaluation.bits._CONTEXT", 256)
    network = LanguageNetwork(NetworkConfig(**tiny), words.order)
    told = network_bits(network, genome, [REGION, Interval("NC_004353.4", 0, 700)], words)
    markov = markov_bits(words, genome, [REGION, Interval("NC_004353.4", 0, 700)])
    assert told.bases == markov.bases == 20_700
    # At a region's beginning the network says nothing of one base.
    np.testing.assert_allclose(told.per_base, markov.per_base[-1], atol=3e-4)


def test_longer_words_tell_more_of_real_sequence(genome, words):
    bits = markov_bits(words, genome, [REGION]).per_base
    assert bits.shape == (5, 2)
    assert (np.diff(bits, axis=0) < 0).all()
    assert 1.8 < bits.min() < bits.max() < 1.96


def test_unknown_bases_count_in_neither(tmp_path, words, tiny):
    (tmp_path / "n.fa").write_text(f">c\n{'ACGTTGCA' * 20}{'N' * 40}{'GATTACA' * 10}\n")
    with open_genome(tmp_path / "n.fa") as genome:
        region = [Interval("c", 0, 270)]
        assert markov_bits(words, genome, region).bases == 230
        assert network_bits(LanguageNetwork(NetworkConfig(**tiny)), genome, region).bases == 230


def test_markov_by_hand():
    words = WordModel(np.array([[3, 1, 0, 0]] * 4, np.int32), (1.0, 1.0))

    class Made:
        def fetch(self, contig, start, end):
            return encode("AANA")[start:end]

    bits = markov_bits(words, Made(), [Interval("c", 0, 4)])
    zero = (12 + 0.25) / 17
    first = (3 + zero) / 5
    ahead = -np.log2([zero, first, zero]).sum()  # after the N nothing is known
    np.testing.assert_allclose(bits.bits[1, 0], ahead, rtol=1e-6)
    assert bits.bases == 3
    assert N == 4
