"""Chains of introns are told from chance by what is left when they are cut out."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from splicenet.genome.alphabet import encode, reverse_complement
from splicenet.genome.intervals import Interval, Junction
from splicenet.genome.introns import Chain, Intron
from splicenet.genome.labels import ACCEPTOR, DONOR, UNKNOWN

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def unannotated(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("unannotated")


def chain_of(introns) -> Chain:
    return Chain(Intron(intron, 0.9) for intron in introns)


def two_introns(species, strand) -> tuple[Junction, Junction, Junction]:
    """Two introns of one transcript, and the second of them a base further right."""
    transcript = next(
        one for one in species.transcripts if one.strand == strand and len(one.introns) > 1
    )
    first, second = transcript.introns[:2]
    return first, second, replace(second, start=second.start + 1, end=second.end + 1)


def test_exons_come_in_reading_direction(unannotated, monkeypatch):
    monkeypatch.setattr(unannotated, "_FRAME", 8)
    codes = encode("ACCCAGTTAGACGTTGTTAGGGCGTTAGATACAAAAAA")

    def species(codes):
        def fetch(contig, start, end):
            return codes[start:end]

        return SimpleNamespace(genome=SimpleNamespace(fetch=fetch, lengths={"c": len(codes)}))

    starts, last = (5, 15, 23), len(codes)
    plus = chain_of([Junction("c", start, start + 5, "+") for start in starts])
    minus = chain_of([Junction("c", last - start - 5, last - start, "-") for start in starts])
    expected = [encode(exon).tolist() for exon in ("ACCCA", "ACGTT", "GGC", "ATACAAAA")]
    read = unannotated.exons_of(plus, species(codes))
    assert [exon.tolist() for exon in read] == expected
    read = unannotated.exons_of(minus, species(reverse_complement(codes)))
    assert [exon.tolist() for exon in read] == expected


def test_a_broken_frame_closes_what_is_open(unannotated):
    """GCT AAC CTA AGC reads TAA in the other two frames."""
    exon = encode("GCTAACCTAAGC" * 12)
    whole = [exon, exon, exon]
    assert unannotated.is_open(whole)
    assert not unannotated.is_open([part[:120] for part in whole])
    random = np.random.default_rng(0)
    for _ in range(20):
        parts = unannotated.broken(whole, random)
        assert len(parts[0]) == 144
        assert {len(part) for part in parts[1:]} <= {142, 143}
        assert not unannotated.is_open(parts)


@pytest.mark.parametrize("strand", "+-")
def test_chains_are_parted_by_what_is_annotated(unannotated, fly_species, strand):
    first, second, moved = two_introns(fly_species, strand)
    assert unannotated.sort_of(chain_of([first, moved]), fly_species) == "annotated"
    assert unannotated.sort_of(chain_of([moved]), fly_species) == "over_genes"
    other = replace(moved, strand="-" if strand == "+" else "+")
    assert unannotated.sort_of(chain_of([other]), fly_species) == "over_genes"
    ends = [gene.end for gene in fly_species.genes]
    free = Interval(first.contig, max(ends) + 100, max(ends) + 200)
    outside = Junction(free.contig, free.start, free.end, strand)
    assert unannotated.sort_of(chain_of([outside]), fly_species) == "outside"


@pytest.mark.parametrize("strand", "+-")
def test_only_what_is_not_annotated_is_left_unknown(unannotated, fly_species, strand):
    first, second, moved = two_introns(fly_species, strand)
    labels = unannotated.left_unknown(fly_species.labels, [chain_of([first, moved])])
    key = (first.contig, strand)
    told = dict(zip(labels.positions[key].tolist(), labels.values[key].tolist(), strict=True))
    assert (np.diff(labels.positions[key]) > 0).all()
    assert (told[first.donor], told[first.acceptor]) == (DONOR, ACCEPTOR)
    assert (told[second.donor], told[second.acceptor]) == (DONOR, ACCEPTOR)
    assert told[moved.donor] == told[moved.acceptor] == UNKNOWN
    assert len(told) == len(fly_species.labels.positions[key]) + 2


def test_a_strand_without_labels(unannotated, fly_species):
    chain = chain_of([Junction("elsewhere", 10, 90, "+")])
    assert unannotated.sort_of(chain, fly_species) == "outside"
    labels = unannotated.left_unknown(fly_species.labels, [chain])
    assert labels.positions["elsewhere", "+"].tolist() == [9, 90]
