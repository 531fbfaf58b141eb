"""Chains of introns are told from chance by what is left when they are cut out."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from splicenet.genome.alphabet import encode
from splicenet.genome.intervals import Junction
from splicenet.genome.introns import Chain, Intron
from splicenet.genome.labels import ACCEPTOR, DONOR, UNKNOWN

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def unannotated(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("unannotated")


def chain_of(introns) -> Chain:
    return Chain(Intron(intron, 0.9) for intron in introns)


@pytest.mark.parametrize(
    ("sequence", "opened"),
    [
        ("ATGGCCGCCGCC", True),
        ("TAACTAACTAAC", False),
        ("TAAGTGACTAG", False),
        ("TAAGCGGCCTAG", True),
        ("TNAGTGNCTNGC", True),
    ],
)
def test_a_frame_without_a_stop_codon_is_open(unannotated, sequence, opened):
    assert unannotated.is_open(encode(sequence)) is opened


@pytest.mark.parametrize("strand", "+-")
def test_exons_of_real_genes_are_open_in_reading_direction(unannotated, fly_species, strand):
    chains = [
        chain_of(one.introns)
        for one in fly_species.transcripts
        if one.strand == strand and len(one.introns) > 3
    ]
    exons = [unannotated.joined_exons(chain, fly_species) for chain in chains]
    opened = np.mean([unannotated.is_open(codes) for codes in exons])
    backwards = np.mean([unannotated.is_open(codes[::-1]) for codes in exons])
    assert opened > 0.2
    assert backwards < 0.05


@pytest.mark.parametrize("strand", "+-")
def test_only_what_is_not_annotated_is_left_unknown(unannotated, fly_species, strand):
    transcript = next(
        one for one in fly_species.transcripts if one.strand == strand and len(one.introns) > 1
    )
    first, second = transcript.introns[:2]
    assert unannotated.is_annotated(chain_of([first, second]), fly_species.labels)
    moved = replace(second, start=second.start + 1, end=second.end + 1)
    assert not unannotated.is_annotated(chain_of([moved]), fly_species.labels)
    labels = unannotated.left_unknown(fly_species.labels, [chain_of([first, moved])])
    key = (transcript.contig, strand)
    told = dict(zip(labels.positions[key].tolist(), labels.values[key].tolist(), strict=True))
    assert (np.diff(labels.positions[key]) > 0).all()
    assert (told[first.donor], told[first.acceptor]) == (DONOR, ACCEPTOR)
    assert (told[second.donor], told[second.acceptor]) == (DONOR, ACCEPTOR)
    assert told[moved.donor] == told[moved.acceptor] == UNKNOWN
    assert len(told) == len(fly_species.labels.positions[key]) + 2


def test_a_strand_without_labels(unannotated, fly_species):
    chain = chain_of([Junction("elsewhere", 10, 90, "+")])
    assert not unannotated.is_annotated(chain, fly_species.labels)
    labels = unannotated.left_unknown(fly_species.labels, [chain])
    assert labels.positions["elsewhere", "+"].tolist() == [9, 90]
