from __future__ import annotations

import gzip
import shutil
from types import SimpleNamespace

import pytest

from splicenet.genome.intervals import Interval
from splicenet.genome.species import open_species
from splicenet.model.provenance import (
    held_out_regions,
    inherit,
    learned_bases,
    seen_bases,
    seen_regions,
)


def species(**prints: str) -> SimpleNamespace:
    lengths = dict.fromkeys(prints, 10)
    return SimpleNamespace(genome=SimpleNamespace(lengths=lengths), sources={"contigs": prints})


@pytest.fixture
def record():
    return {
        "data": {"fly": {"contigs": {"c": "f00d"}, "held_out": [["c", 2, 6]]}},
        "ancestors": [{"fly": {"contigs": {"old": "f00d"}, "held_out": [["old", 4, 10]]}}],
    }


def test_a_contig_is_known_under_any_name(record):
    del record["ancestors"]
    assert held_out_regions(record, species(chr4="f00d")) == [Interval("chr4", 2, 6)]
    assert seen_bases(record, species(chr4="f00d"), [Interval("chr4", 0, 5)]) == 2


def test_contigs_that_are_alike_are_all_known(record):
    del record["ancestors"]
    ours = species(one="f00d", two="f00d", three="beef")
    for contig, seen in (("one", 6), ("two", 6), ("three", 0)):
        assert seen_bases(record, ours, [Interval(contig, 0, 10)]) == seen


def test_what_an_ancestor_saw_is_seen(record):
    assert held_out_regions(record, species(c="f00d")) == [Interval("c", 4, 6)]
    assert seen_regions(record, species(c="f00d")) == [Interval("c", 0, 4), Interval("c", 6, 10)]


def test_what_was_calibrated_on_is_seen_and_not_learned(record):
    del record["ancestors"]
    record["data"]["fly"]["validation"] = [["c", 6, 9]]
    whole = [Interval("chr4", 0, 10)]
    assert seen_bases(record, species(chr4="f00d"), whole) == 6
    assert learned_bases(record, species(chr4="f00d"), whole) == 3


def test_another_genome_is_new(record):
    assert held_out_regions(record, species(c="beef")) is None
    assert seen_bases(record, species(c="beef"), [Interval("c", 0, 5)]) == 0


def test_children_inherit(record):
    assert inherit({"data": {"a": 1}, "ancestors": [{"b": 2}]}) == [{"a": 1}, {"b": 2}]


def test_a_file_written_otherwise_is_the_same_genome(fly_files, fly_species, tmp_path):
    plain = tmp_path / "renamed.fa"
    with gzip.open(fly_files.fasta, "rt") as packed, open(plain, "w") as out:
        next(packed)
        out.write(">chr4\n")
        shutil.copyfileobj(packed, out)
    again = open_species("fly", plain, fly_files.annotation)
    assert list(again.sources["contigs"].values()) == list(fly_species.sources["contigs"].values())
