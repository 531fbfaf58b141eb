from __future__ import annotations

import numpy as np
import pytest

from splicenet.genome.intervals import Junction, Site, Transcript
from splicenet.genome.labels import ACCEPTOR, DONOR, NEITHER, UNKNOWN, Labels

EXONS = ((10, 20), (30, 40), (55, 60))


def labelled(labels: Labels, contig: str = "c", strand: str = "+") -> dict[int, int]:
    key = (contig, strand)
    if key not in labels.positions:
        return {}
    return dict(zip(labels.positions[key].tolist(), labels.values[key].tolist(), strict=True))


def test_plus_strand_by_hand():
    labels = Labels.build([Transcript("c", "+", EXONS)])
    assert labelled(labels) == {19: DONOR, 30: ACCEPTOR, 39: DONOR, 55: ACCEPTOR}
    assert labelled(labels, strand="-") == {}


def test_minus_strand_by_hand():
    labels = Labels.build([Transcript("c", "-", EXONS)])
    assert labelled(labels, strand="-") == {19: ACCEPTOR, 30: DONOR, 39: ACCEPTOR, 55: DONOR}
    assert labelled(labels) == {}


def test_windows_are_in_reading_direction():
    transcripts = [Transcript("c", "+", EXONS), Transcript("c", "-", ((10, 21), (33, 40)))]
    labels = Labels.build(transcripts)
    plus = labels.window("c", 15, 35, "+")
    minus = labels.window("c", 15, 35, "-")
    assert plus.dtype == np.uint8
    assert np.flatnonzero(plus).tolist() == [4, 15]
    assert plus[[4, 15]].tolist() == [DONOR, ACCEPTOR]
    assert np.flatnonzero(minus).tolist() == [34 - 33, 34 - 20]
    assert minus[[1, 14]].tolist() == [DONOR, ACCEPTOR]
    assert not labels.window("c", -10, 10, "+").any()
    assert not labels.window("other", 0, 100, "+").any()


@pytest.mark.parametrize(("strand", "intron"), [("+", "GCAG"), ("-", "CTGC"), ("+", "ATAC")])
def test_introns_are_labelled_whatever_their_dinucleotides(tmp_path, strand, intron):
    from splicenet.genome.species import open_species

    bases = "A" * 100 + intron[:2] + "T" * 96 + intron[2:] + "A" * 100
    (tmp_path / "g.fa").write_text(f">c\n{bases}\n")
    rows = [
        f'c\tx\texon\t{start}\t{end}\t.\t{strand}\t.\tgene_id "g"; transcript_id "t";\n'
        for start, end in ((1, 100), (201, 300))
    ]
    (tmp_path / "g.gtf").write_text("".join(rows))
    species = open_species("s", tmp_path / "g.fa", tmp_path / "g.gtf")
    first, second = (DONOR, ACCEPTOR) if strand == "+" else (ACCEPTOR, DONOR)
    assert labelled(species.labels, strand=strand) == {99: first, 200: second}


def test_ends_that_are_open_are_unknown():
    labels = Labels.build([Transcript("c", "+", EXONS, open_start=True, open_end=True)])
    assert labelled(labels)[10] == labelled(labels)[59] == UNKNOWN
    assert len(labelled(labels)) == 6
    closed = Labels.build([Transcript("c", "+", EXONS)])
    assert labelled(closed).get(10, NEITHER) == NEITHER


def test_an_open_end_that_is_a_site_elsewhere_is_that_site():
    open_ended = Transcript("c", "+", ((25, 40),), open_end=True)
    for transcripts in (
        [open_ended, Transcript("c", "+", EXONS)],
        [Transcript("c", "+", EXONS), open_ended],
    ):
        assert labelled(Labels.build(transcripts))[39] == DONOR


def test_weak_junctions_are_unknown_strong_ones_are_labels():
    junctions = [Junction("c", 100, 200, "+", 2), Junction("c", 300, 400, "-", 3)]
    labels = Labels.build((), junctions, min_reads=3)
    assert labelled(labels) == {99: UNKNOWN, 200: UNKNOWN}
    assert labelled(labels, strand="-") == {299: ACCEPTOR, 400: DONOR}


def test_weak_junctions_that_are_annotated_are_labels():
    labels = Labels.build(
        [Transcript("c", "+", EXONS)], [Junction("c", 20, 45, "+", 1)], min_reads=3
    )
    assert labelled(labels)[19] == DONOR
    assert labelled(labels)[45] == UNKNOWN


def test_an_exon_of_one_base_fits_no_class():
    labels = Labels.build([Transcript("c", "+", ((0, 10), (20, 21), (30, 40)))])
    assert labelled(labels) == {9: DONOR, 20: UNKNOWN, 30: ACCEPTOR}
    thrice = Labels.build(
        [Transcript("c", "+", ((0, 10), (20, 21), (30, 40)))] * 2
        + [Transcript("c", "+", ((20, 21), (30, 40)))]
    )
    assert labelled(thrice)[20] == UNKNOWN


def test_sites_and_counts():
    labels = Labels.build([Transcript("c", "-", EXONS), Transcript("c", "+", EXONS[:2])])
    assert labels.count("donor") == labels.count("acceptor") == 3
    assert labels.of_kind("c", "-", "donor").tolist() == [30, 55]
    assert labels.of_kind("x", "-", "donor").tolist() == []
    assert labels.sites()[0] == Site("c", 19, "+", "donor")
    assert labels.sites() == sorted(labels.sites())
