from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from splicenet.exceptions import TrainingError
from splicenet.genome.interval_sets import merge
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import UNKNOWN
from splicenet.genome.species import open_species
from splicenet.training.grounds import TrainingGround
from splicenet.training.incomplete import learned_from
from splicenet.training.loci import find_loci


@pytest.fixture(scope="module")
def loci(fly_species):
    return find_loci(fly_species)


def test_an_incomplete_annotation_is_known_in_its_spliced_genes(fly_species, fly_files, loci):
    everywhere = [Interval(fly_files.contig, 0, 1_000_000)]
    assert learned_from(fly_species, ("worm",), everywhere) is fly_species
    known = np.zeros(1_000_000, bool)
    for locus in loci:
        known[locus.start : locus.end] = True
    assert 0.2 < known.mean() < 0.9
    nowhere = int(np.flatnonzero(~known)[0])
    intronless = replace(fly_species.genes[0], start=nowhere, end=nowhere + 1)
    species = replace(fly_species, genes=[intronless, *fly_species.genes])
    narrow = learned_from(species, ("fly",), everywhere)
    assert narrow.labels.sites() == fly_species.labels.sites()
    labels = narrow.labels.window(fly_files.contig, 0, 1_000_000, "+")
    assert ((labels != UNKNOWN) == known).all()
    # No window is drawn around what nothing is known of.
    for _, place, _ in TrainingGround.of(narrow, everywhere).anchors:
        assert known[place]


def test_nothing_known_where_an_incomplete_annotation_is_trained_on(fly_species, fly_files, loci):
    empty = Interval(fly_files.contig, 0, min(locus.start for locus in loci))
    with pytest.raises(TrainingError, match="--incomplete fly: no spliced gene is known"):
        learned_from(fly_species, ("fly",), [empty])


def test_reads_join_loci_where_they_are_labels(read_files):
    files = {"alignments": read_files.bam, "min_reads": 5}
    with open_species("fly", read_files.fasta, **files) as species:
        everywhere = [Interval(name, 0, end) for name, end in species.genome.lengths.items()]
        known = learned_from(species, ("fly",), everywhere).labels.known
        expected = species.labels.within(merge(find_loci(species, min_reads=5))).known
        assert known.keys() == expected.keys()
        assert all((known[name] == expected[name]).all() for name in known)
