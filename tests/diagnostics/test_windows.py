from __future__ import annotations

import numpy as np
import pytest

from splicenet.diagnostics.windows import draw_sites, site_windows
from splicenet.exceptions import RegionError
from splicenet.genome.alphabet import N
from splicenet.genome.intervals import Interval, Site
from splicenet.genome.labels import ACCEPTOR, DONOR, UNKNOWN


@pytest.mark.parametrize("length", [64, 65])
def test_every_site_stands_in_the_middle_of_its_window(fly_species, fly_files, length):
    region = Interval(fly_files.contig, 500_000, 700_000)
    sites = draw_sites(fly_species, [region], 60, seed=1)
    windows = site_windows(fly_species, sites, length)
    assert windows.codes.shape == windows.labels.shape == (60, length)
    middle = windows.middle
    by_kind = {"donor": DONOR, "acceptor": ACCEPTOR}
    assert windows.labels[:, middle].tolist() == [by_kind[site.kind] for site in sites]
    assert {site.strand for site in sites} == {"+", "-"}
    for codes, site in zip(windows.codes, sites, strict=True):
        if site.kind == "donor":  # the intron begins with GT, now and then with GC
            assert codes[middle + 1] == 2 and codes[middle + 2] in (1, 3)
        else:
            assert codes[middle - 2 : middle].tolist() == [0, 2]  # and ends with AG


def test_the_annotation_knows_the_site_in_the_same_place(fly_species, fly_files):
    region = Interval(fly_files.contig, 500_000, 700_000)
    for site in draw_sites(fly_species, [region], 20, seed=2):
        other = Site(site.contig, site.position + 1, site.strand, site.kind)
        labels = site_windows(fly_species, [other], 64).labels[0]
        place = 32 + (1 if site.strand == "-" else -1)
        assert labels[place] == (DONOR if site.kind == "donor" else ACCEPTOR)


def test_sites_are_drawn_inside_the_regions_and_by_seed(fly_species, fly_files):
    region = Interval(fly_files.contig, 500_000, 700_000)
    everything = draw_sites(fly_species, [region], 10_000, seed=1)
    assert all(500_000 <= site.position < 700_000 for site in everything)
    few = draw_sites(fly_species, [region], 5, seed=1)
    assert len(few) == 5 and set(few) < set(everything)
    assert few == draw_sites(fly_species, [region], 5, seed=1)
    assert few != draw_sites(fly_species, [region], 5, seed=2)


def test_labels_outside_the_regions_and_outside_the_contig_are_unknown(fly_species, fly_files):
    inside = Interval(fly_files.contig, 0, 100)
    for strand, known in (("+", slice(90, 190)), ("-", slice(11, 111))):
        site = Site(fly_files.contig, 10, strand, "donor")
        windows = site_windows(fly_species, [site], 200, regions=[inside])
        expected = np.ones(200, bool)
        expected[known] = False
        assert (windows.labels[0] == UNKNOWN).tolist() == (
            expected | (windows.codes[0] == N) & (np.arange(200) != 100)
        ).tolist()


def test_a_site_outside_the_genome_is_refused(fly_species, fly_files):
    for site in (Site(fly_files.contig, 10**9, "+", "donor"), Site("chrZ", 5, "+", "donor")):
        with pytest.raises(RegionError, match="lies outside the genome"):
            site_windows(fly_species, [site], 64)
