from __future__ import annotations

from dataclasses import replace

import pytest

from splicenet.genome.intervals import Interval
from splicenet.genome.labels import Labels
from splicenet.genome.sequence import open_genome
from splicenet.training.parts import hold_out, part_species, split_species
from splicenet.training.settings import TrainingSettings

SETTINGS = TrainingSettings(steps=1)


@pytest.fixture
def genomes(tmp_path):
    """Two species whose first contigs would be taken for one, if they were not asked together."""
    for name, contig in (("worm", "chrI"), ("yeast", "I")):
        (tmp_path / f"{name}.fa").write_text(f">{contig}\n{'ACGT' * 5000}\n>own\n{'ACGT' * 5000}\n")
    with open_genome(tmp_path / "worm.fa") as worm, open_genome(tmp_path / "yeast.fa") as yeast:
        yield [worm, yeast]


def test_a_contig_is_held_out_of_the_species_that_has_it_by_name(genomes, tmp_path):
    (tmp_path / "test.bed").write_text("chrI\t0\t9000\n")
    together = hold_out(genomes, str(tmp_path / "test.bed"), SETTINGS)
    assert together == [[Interval("chrI", 0, 9000)], []]
    alone = hold_out(genomes[1:], str(tmp_path / "test.bed"), SETTINGS)
    assert alone == [[Interval("I", 0, 9000)]]  # which is why all of them are asked


def test_regions_to_hold_out_that_lie_nowhere_are_told(fly_species, fly_files, tmp_path):
    path = tmp_path / "test.bed"
    path.write_text(f"{fly_files.contig}\t0\t90000\nchrX\t0\t9000\nchrX\t9500\t9900\n")
    parts = split_species([fly_species], str(path), SETTINGS)
    assert parts.notes == [
        f"{path}: regions on contigs that match none of the genome's (the first is chrX): 2"
    ]
    assert not split_species([fly_species], f"{fly_files.contig}:1-90000", SETTINGS).notes


def test_what_is_held_out_can_be_settled_before(fly_species):
    (held_out,) = hold_out([fly_species.genome], 0.1, SETTINGS)
    split = split_species([fly_species], 0.1, SETTINGS).splits[0]
    assert split.held_out == held_out
    (again,) = part_species([fly_species], [held_out], SETTINGS).splits
    assert again.held_out == held_out
    assert sum(map(len, again.training)) + sum(map(len, again.validation)) + sum(
        map(len, held_out)
    ) <= sum(fly_species.genome.lengths.values())


def test_of_few_genes_more_is_validated(fly_species):
    def parted(**settings):
        (split,) = split_species([fly_species], 0.1, TrainingSettings(steps=1, **settings)).splits
        return split

    def share(split):
        watched = sum(map(len, split.validation))
        return watched / (watched + sum(map(len, split.training)))

    usual = parted()
    all_donors = fly_species.labels.count("donor")
    enough = parted(validation_sites=all_donors // 8)
    most = parted(validation_sites=10**6)
    assert parted(validation_sites=1) == usual
    assert usual.held_out == enough.held_out == most.held_out
    assert share(usual) < 0.09
    assert 0.11 < share(enough) < 0.18
    assert 0.19 < share(most) < 0.24  # blocks are whole


def test_where_no_gene_is_known_no_more_is_validated(fly_species):
    bare = replace(fly_species, labels=Labels({}, {}))
    (split,) = split_species([bare], 0.1, SETTINGS).splits
    wanted = TrainingSettings(steps=1, validation_sites=100)
    assert split_species([bare], 0.1, wanted).splits == [split]
