import numpy as np
import pytest

from splicenet.genome.intervals import Interval, Variant
from splicenet.genome.sequence import open_genome
from splicenet.inference.head_effects import Place
from splicenet.inference.mutate import (
    all_pairs,
    all_singles,
    epistasis,
    score_changes,
    score_constructs,
    strongest_site,
)
from splicenet.inference.predictor import Predictor
from splicenet.inference.variants import VariantScorer
from splicenet.inference.windows import WindowReader

CONTIG = "NC_004353.4"


@pytest.fixture(scope="module")
def genome(fly_files):
    with open_genome(fly_files.fasta) as genome:
        yield genome


@pytest.fixture(scope="module")
def reader(trained_model):
    return WindowReader(trained_model, batch_tokens=1 << 15)


@pytest.fixture(scope="module")
def scorer(reader, genome):
    return VariantScorer(reader, genome)


@pytest.fixture(scope="module")
def site(fly_species):
    """A donor on the minus strand, where directions are easily got wrong."""
    return next(s for s in fly_species.labels.sites() if s.strand == "-" and s.kind == "donor")


def test_breaking_a_site_is_seen_at_the_site(scorer, genome, site):
    region = Interval(CONTIG, site.position - 2, site.position)  # GT, read backwards: AC
    singles = all_singles(genome, region)
    assert len(singles) == 6
    for donor, _ in score_changes(scorer, genome, singles, at=Place(site.position, "-")):
        assert donor.place == Place(site.position, "-")
        assert donor.delta < 0
        assert donor.delta_log_odds < -1
    # Without a place it is found.
    donor, _ = next(score_changes(scorer, genome, singles[:1], distance=5))
    assert donor.place == Place(site.position, "-")


def test_the_reference_is_what_prediction_says(scorer, genome, site, trained_model):
    change = (Variant(CONTIG, site.position + 20, "", "A"),)
    heads = next(score_changes(scorer, genome, [change], at=Place(site.position, "-")))
    region = Interval(CONTIG, site.position, site.position + 1)
    ((_, scores),) = Predictor(trained_model, copies=False).scores(genome, [region])
    for head, value in zip(heads, scores.values[1, :, 0], strict=True):
        assert head.ref == pytest.approx(value, abs=2e-3)


def test_pairs_are_scored_as_two_changes_at_once(scorer, genome, site):
    region = Interval(CONTIG, site.position - 3, site.position)
    singles = all_singles(genome, region)
    pairs = all_pairs(singles)
    assert len(pairs) == 27
    tried = singles + pairs
    scored = score_changes(scorer, genome, tried, at=Place(site.position, "-"))
    deltas = {edits: donor.delta_log_odds for edits, (donor, _) in zip(tried, scored, strict=True)}
    grid = epistasis(region, deltas)
    assert np.isnan(np.diag(grid)).all()
    np.testing.assert_array_equal(grid, grid.T)
    # Breaking a broken site again costs less than breaking it did twice.
    assert grid[1, 2] > 0.5


def test_epistasis_of_additive_changes_is_none():
    a, b = Variant("c", 0, "A", "C"), Variant("c", 1, "G", "T")
    deltas = {(a,): -1.0, (b,): 2.0, (a, b): 1.0}
    grid = epistasis(Interval("c", 0, 2), deltas)
    assert grid[0, 1] == 0
    deltas[(a, b)] = -3.0
    assert epistasis(Interval("c", 0, 2), deltas)[1, 0] == -4


def test_the_strongest_site_is_found(scorer, site):
    region = Interval(CONTIG, site.position - 5, site.position + 5)
    found = strongest_site(scorer, region, distance=20)
    assert (found.position, found.strand, found.kind) == (site.position, "-", "donor")


def test_constructs_are_compared_with_the_first(reader, genome, site):
    plus = genome.fetch(CONTIG, site.position - 300, site.position + 301)
    wild = (3 - plus[::-1]).astype(np.uint8)
    broken = wild.copy()
    broken[301] = 0
    same, changed = score_constructs(reader, [wild, broken], at=300)
    assert same[0].delta == 0
    assert changed[0].delta < 0
    (_, found) = score_constructs(reader, [wild, broken])
    assert found[0].place == Place(300, "+")
