from __future__ import annotations

import numpy as np
import pytest

from splicenet.genome.alphabet import N, reverse_complement
from splicenet.genome.copies import REACH, WORD, Copies, strand_words


def counted(contigs: dict[str, np.ndarray], **options) -> Copies:
    def fetch(contig: str, start: int, end: int) -> np.ndarray:
        codes = np.full(end - start, N, np.uint8)
        first, last = max(start, 0), min(end, len(contigs[contig]))
        codes[first - start : last - start] = contigs[contig][first:last]
        return codes

    lengths = {name: len(codes) for name, codes in contigs.items()}
    return Copies(fetch, lengths, **options)


def chance(bases: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, bases).astype(np.uint8)


@pytest.fixture
def planted() -> dict[str, np.ndarray]:
    """A thousand bases of one contig stand on the other strand of another."""
    contigs = {"one": chance(20_000, 0), "two": chance(30_000, 1)}
    contigs["two"][12_000:13_000] = reverse_complement(contigs["one"][5000:6000])
    return contigs


@pytest.mark.parametrize("length", [1, 5, 6, 24, 31, 32])
def test_words_of_either_strand(length):
    codes = np.random.default_rng(length).integers(0, 5, 100).astype(np.uint8)
    words, known = strand_words(codes, length)
    assert len(words) == len(known) == 100 - length + 1
    for place, word in enumerate(words):
        letters = codes[place : place + length]
        assert known[place] == (letters != N).all()
        if known[place]:
            turned = reverse_complement(letters)
            numbers = [int("".join(map(str, one)), 4) for one in (letters, turned)]
            assert int(word) == min(numbers)


def test_shorter_than_a_word():
    for bases in (0, 1, WORD - 1):
        words, known = strand_words(chance(bases, 0))
        assert words.shape == known.shape == (0,)
    copies = counted({"short": chance(10, 0)})
    assert not copies.words.size
    assert copies.share("short", 0, 10).tolist() == [0] * 10


@pytest.mark.parametrize("most_words", [1 << 25, 10_000])
def test_what_stands_elsewhere_on_the_other_strand(planted, most_words):
    copies = counted(planted, most_words=most_words)
    assert copies.halvings == (3 if most_words == 10_000 else 0)
    for contig, start in (("one", 5000), ("two", 12_000)):
        inside = copies.share(contig, start + REACH, start + 1000 - REACH)
        assert (inside == 1).all()
        for left in (0, start + 1000 + REACH):
            assert not copies.share(contig, left, left + 1000).any()
        across = copies.share(contig, start - REACH, start + REACH)
        assert 0.3 < across.mean() < 0.6


def test_the_same_from_both_strands(planted):
    turned = {name: reverse_complement(codes) for name, codes in planted.items()}
    there = counted(planted).share("one", 0, 20_000)
    back = counted(turned).share("one", 0, 20_000)
    assert there.dtype == np.float32
    assert np.array_equal(there, back[::-1])


def test_the_same_whatever_is_asked_for(planted):
    copies = counted(planted, most_words=10_000)
    whole = copies.share("two", 0, 30_000)
    for start, end in ((0, 7), (11_990, 12_345), (29_990, 30_000)):
        assert np.array_equal(copies.share("two", start, end), whole[start:end])


def test_two_haplotypes_are_no_copies(planted):
    """Nor are their copies missed: what stands in both twice stands four times in all."""
    both = planted | {f"{name}'": codes for name, codes in planted.items()}
    assert counted(planted).haplotypes == 1
    copies = counted(both)
    assert copies.haplotypes == 2
    assert np.array_equal(copies.share("one'", 0, 20_000), counted(planted).share("one", 0, 20_000))


@pytest.mark.parametrize("haplotypes", [3, 4])
def test_nor_are_more_haplotypes(planted, haplotypes):
    every = {f"{name}{n}": codes for name, codes in planted.items() for n in range(haplotypes)}
    copies = counted(every)
    assert copies.haplotypes == haplotypes
    assert np.array_equal(copies.share("two1", 0, 30_000), counted(planted).share("two", 0, 30_000))


def test_no_seam_between_what_is_read_at_once(planted, monkeypatch):
    whole = counted(planted).words
    monkeypatch.setattr("splicenet.genome.copies._CHUNK", 100)
    assert np.array_equal(counted(planted).words, whole)


def test_share_word_by_word(planted):
    """Both ends of a contig and an unknown base, counted one by one."""
    contigs = {name: codes.copy() for name, codes in planted.items()}
    contigs["one"][[5100, 5500]] = N
    contigs["one"] = contigs["one"][4900:5700]
    copies = counted(contigs)
    words, known = strand_words(contigs["one"])
    again = np.isin(words, copies.words)
    share = copies.share("one", 0, 800)
    for place in (0, 1, 199, 200, 201, 223, 300, 450, 599, 600, 799):
        first, last = max(0, place - REACH), min(800, place + REACH + 1) - WORD + 1
        inside = known[first:last]
        expected = again[first:last][inside].sum() / inside.sum()
        assert share[place] == pytest.approx(expected)


def test_unknown_bases_are_no_copies():
    codes = chance(10_000, 2)
    codes[3000:7000] = N
    copies = counted({"gap": codes})
    assert not copies.words.size
    assert not copies.share("gap", 0, 10_000).any()


def test_every_base_is_heard_of_once(planted):
    heard: list[int] = []
    counted(planted, on_bases=heard.append)
    assert sum(heard) == 50_000


def test_a_fly_has_more_of_them_outside_of_its_genes(fly_species, fly_files):
    genome = fly_species.genome
    assert genome.copies() is genome.copies()
    share = genome.copies().share(fly_files.contig, 0, genome.lengths[fly_files.contig])
    assert 0.02 < share.mean() < 0.4
    sites = np.concatenate(
        [
            fly_species.labels.of_kind(fly_files.contig, strand, kind)
            for strand in "+-"
            for kind in ("donor", "acceptor")
        ]
    )
    assert share[sites].mean() < 0.7 * share.mean()
