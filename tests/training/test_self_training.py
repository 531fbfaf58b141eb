from __future__ import annotations

from splicenet.genome.intervals import Interval
from splicenet.training.self_training import self_labelled


def test_a_model_labels_for_itself(trained_model, fly_species, fly_files):
    outside = [Interval(fly_files.contig, 0, 700_000)]
    species, loci = self_labelled(
        trained_model, fly_species, bases=800_000, outside=outside, seed=1
    )
    assert all(locus.end > 700_000 - 500 for locus in loci)
    sites = species.labels.sites()
    known = {(site.position, site.strand, site.kind) for site in fly_species.labels.sites()}
    called = {(site.position, site.strand, site.kind) for site in sites}
    assert len(loci) > 1 and len(called) > 4
    assert len(called & known) > len(called) / 2
    for site in sites:
        assert site.position >= 700_000
        assert any(locus.start <= site.position < locus.end for locus in loci)
    assert fly_species.labels.count("donor") > species.labels.count("donor")
