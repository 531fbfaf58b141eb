from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from splicenet.exceptions import ModelFileError, SequenceError
from splicenet.genome.alphabet import reverse_complement
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import open_genome
from splicenet.model.kin import ALIKE, nearest_kin, sample_words
from splicenet.model.modelfile import load_model, save_model, species_in
from splicenet.model.shipped import DEFAULT, find_model, narrowest_model, shipped_models


def genome(*contigs):
    """Contigs by number, read from memory."""
    named = {str(number): codes for number, codes in enumerate(contigs)}
    return SimpleNamespace(
        lengths={name: codes.size for name, codes in named.items()},
        fetch=lambda name, start, end: named[name][start:end],
    )


@pytest.fixture(scope="module")
def fly(fly_files):
    with open_genome(fly_files.fasta) as one:
        yield one


@pytest.fixture(scope="module")
def halves(fly, fly_files):
    """A stretch of the chromosome, and another one."""
    return fly.fetch(fly_files.contig, 0, 600_000), fly.fetch(fly_files.contig, 700_000, 1_300_000)


@pytest.fixture
def words(halves):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 4, 500_000).astype(np.uint8)
    return {"noise": sample_words(genome(noise)), "fly": sample_words(genome(halves[0]))}


def test_a_genome_is_known_by_other_sequence_of_it(words, halves):
    found = nearest_kin(words, genome(halves[1]))
    assert found.name == "fly"
    assert 0 < found.distance < ALIKE
    assert found.alike
    turned = nearest_kin(words, genome(reverse_complement(halves[1])))
    assert turned == (found.name, pytest.approx(found.distance))


def test_a_genome_like_none_is_nobodys(words, halves):
    skewed = np.random.default_rng(1).choice(4, 500_000, p=(0.4, 0.1, 0.1, 0.4)).astype(np.uint8)
    assert not nearest_kin(words, genome(skewed)).alike
    assert nearest_kin({}, genome(halves[1])) is None


def test_a_genome_that_cannot_be_read_whole_is_nobodys(words):
    def fetch(name, start, end):
        raise SequenceError("'X' is no nucleotide")

    broken = SimpleNamespace(lengths={"bad": 1_000_000}, fetch=fetch)
    assert nearest_kin(words, broken) is None


def test_too_little_sequence_is_nobodys(words, halves):
    assert not nearest_kin(words, genome(halves[1][:3_000])).alike
    assert not nearest_kin(words, genome(np.full(10_000, 4, np.uint8))).alike


def test_only_the_regions_are_read(fly, fly_files, words):
    region = [Interval(fly_files.contig, 0, 600_000)]
    np.testing.assert_array_equal(sample_words(fly, region), words["fly"])


def test_the_file_keeps_the_words(trained_model, words, tmp_path):
    save_model(tmp_path / "m.splicenet", replace(trained_model, words=words))
    read = load_model(tmp_path / "m.splicenet").words
    assert set(read) == set(words)
    for name, values in read.items():
        assert values.sum() == pytest.approx(1)
        np.testing.assert_allclose(values, words[name], atol=2e-6)


def test_damaged_words_are_no_model(trained_model, tmp_path):
    save_model(tmp_path / "m.splicenet", replace(trained_model, words={"fly": np.ones(7) / 7}))
    with pytest.raises(ModelFileError, match="damaged or incomplete"):
        load_model(tmp_path / "m.splicenet")


def test_shipped_models_know_the_words_of_their_species():
    for path in shipped_models().values():
        model = load_model(path)
        assert set(model.words) == set(model.network.config.species) <= model.known_species
        assert species_in(path) == model.known_species


def test_the_narrowest_shipped_model_is_taken():
    known = {name: load_model(path).known_species for name, path in shipped_models().items()}
    for species in known[DEFAULT]:
        name = narrowest_model(species)
        assert len(known[name]) == min(len(some) for some in known.values() if species in some)
    assert find_model("auto") == find_model(DEFAULT)
