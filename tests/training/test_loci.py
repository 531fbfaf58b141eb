from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from splicenet.exceptions import TrainingError
from splicenet.genome.intervals import Interval, Transcript
from splicenet.genome.labels import NEITHER, UNKNOWN, Labels
from splicenet.genome.species import open_species
from splicenet.training.grounds import TrainingGround
from splicenet.training.loci import choose_loci, find_loci, locus_parts


@pytest.fixture(scope="module")
def loci(fly_species):
    return find_loci(fly_species)


def test_loci_hold_every_spliced_gene(fly_species, loci):
    sites = fly_species.labels.sites()
    assert len(sites) > 500
    for site in sites[::20]:
        assert any(locus.start <= site.position < locus.end for locus in loci)


def test_a_gene_that_is_cut_off_is_not_spliced_for_that(fly_species):
    """Where a transcript is cut off a base is marked UNKNOWN, which is no site."""
    contig = next(iter(fly_species.genome.lengths))
    whole = Transcript(contig, "+", ((8_000, 9_000),), gene="a", open_start=True, open_end=True)
    genes = [Interval(contig, 8_000, 9_000, "+")]
    cut = replace(fly_species, labels=Labels.build([whole]), genes=genes, junctions=[])
    assert len(cut.labels.positions[contig, "+"]) == 2
    assert not find_loci(cut)
    anchors = TrainingGround.of(cut, [Interval(contig, 0, 20_000)]).anchors
    assert anchors.tolist() == [[0, 8_500, 0]]


def test_loci_of_spliced_reads(read_files):
    with open_species("fly", read_files.fasta, alignments=read_files.bam) as species:
        loci = find_loci(species)
        assert loci
        for junction in species.junctions:
            assert any(i.start < junction.start and junction.end < i.end for i in loci)
        doubtful = [junction for junction in species.junctions if junction.reads < 3]
        alone = replace(species, junctions=doubtful)
        assert find_loci(alone) and not find_loci(alone, min_reads=3)


def test_as_many_as_asked_for_and_none_held_out(fly_species, fly_files, loci):
    held_out = [Interval(fly_files.contig, 0, 600_000)]
    chosen = choose_loci(loci, 12, outside=held_out, seed=1)
    assert 2 <= len(chosen) <= 12  # genes that overlap are one
    held = [locus for locus in loci if any(locus.overlaps(one) for one in chosen)]
    assert len(held) >= 12
    for left, right in zip(chosen, chosen[1:], strict=False):
        assert left.end < right.start
    assert all(locus.start >= 600_000 for locus in chosen)
    assert chosen == choose_loci(loci, 12, outside=held_out, seed=1)
    assert chosen != choose_loci(loci, 12, outside=held_out, seed=2)
    everything = [Interval(fly_files.contig, 0, fly_species.genome.lengths[fly_files.contig])]
    with pytest.raises(TrainingError, match="at least 2"):
        choose_loci(loci, 12, outside=everything, seed=1)


def test_what_is_not_annotated_is_not_known(fly_species, fly_files, loci):
    held_out = [Interval(fly_files.contig, 1_000_000, 1_100_000)]
    chosen = choose_loci(loci, 10, outside=held_out, seed=1)
    narrow, parts = locus_parts(fly_species, chosen, held_out=held_out, seed=1)
    (split,) = parts.splits
    length = fly_species.genome.lengths[fly_files.contig]
    for strand in "+-":
        labels = narrow.labels.window(fly_files.contig, 0, length, strand)
        labels = labels[::-1] if strand == "-" else labels
        known = np.zeros(length, bool)
        for locus in (*chosen, *held_out):
            known[locus.start : locus.end] = True
        assert (labels[~known] == UNKNOWN).all()
        assert (labels[known] == NEITHER).mean() > 0.9
        whole = fly_species.labels.window(fly_files.contig, 0, length, strand)
        whole = whole[::-1] if strand == "-" else whole
        assert (labels[known] == whole[known]).all()
    three = [split.training, split.validation, split.held_out]
    covered = np.zeros(length, int)
    for part in three:
        assert part
        for region in part:
            covered[region.start : region.end] += 1
    assert covered.max() == 1
