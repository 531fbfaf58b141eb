from __future__ import annotations

import numpy as np
import pytest

from splicenet.evaluation.judge import judge_baselines, judge_sites
from splicenet.evaluation.protocol import Tally, score_regions
from splicenet.exceptions import RegionError
from splicenet.genome.intervals import Interval, Site
from splicenet.genome.labels import DONOR, UNKNOWN, Labels
from splicenet.genome.species import Species
from splicenet.model.scoring import Scores


class Bases:
    """A genome of one contig, in memory."""

    def __init__(self, codes: np.ndarray) -> None:
        self.codes = codes
        self.path = "bases.fa"
        self.lengths = {"c": len(codes)}

    def fetch(self, contig: str, start: int, end: int) -> np.ndarray:
        codes = np.full(end - start, 4, np.uint8)
        first, last = max(start, 0), min(end, len(self.codes))
        codes[first - start : last - start] = self.codes[first:last]
        return codes


@pytest.fixture
def species() -> Species:
    """Ten bases with a donor at 3 of the plus strand; 5 unknown by its label, 8 by its letter."""
    codes = np.array([0, 1, 2, 3, 0, 1, 2, 3, 4, 1], np.uint8)
    labels = Labels(
        {("c", "+"): np.array([3, 5])}, {("c", "+"): np.array([DONOR, UNKNOWN], np.uint8)}
    )
    genes = [Interval("c", 2, 7, "+")]
    return Species("s", Bases(codes), labels, genes, sources={"fasta": {"sha256": "x"}})


def test_what_counts(species):
    tally = Tally(species, floor=0.1)
    values = np.zeros((2, 2, 10), np.float32)
    values[0, 0, [3, 5, 8]] = 0.9
    values[1, 0, 4] = 0.5
    tally.add("c", Scores(0, values[..., :4]))
    tally.add("c", Scores(4, values[..., 4:]))
    both, genes = (tally.scored[name]["donor"] for name in ("both strands", "genes"))
    assert (both.bases, both.sites) == (8 + 9, 1)
    assert both.true_scores.tolist() == pytest.approx([0.9])
    assert both.false_scores.tolist() == pytest.approx([0.5])
    assert (genes.bases, genes.sites) == (4, 1)
    assert genes.false_scores.size == 0
    assert tally.scored["both strands"]["acceptor"].sites == 0


def test_baselines_are_read_in_each_strands_own_direction(species):
    """A score that marks AC marks the first base of AC; on the other strand, that of GT."""

    def score(codes, kind):
        found = np.zeros(len(codes), np.float32)
        found[:-1] = (codes[:-1] == 0) & (codes[1:] == 1)
        return found

    regions = [Interval("c", 1, 10)]
    for stretch in (3, 100):
        pieces = list(score_regions(score, species, regions, reach=2, stretch=stretch))
        assert pieces[0][1].start == 1
        values = np.concatenate([scores.values for _, scores in pieces], axis=-1)
        assert (np.flatnonzero(values[0, 0]) + 1).tolist() == [4]
        assert (np.flatnonzero(values[1, 0]) + 1).tolist() == [3, 7]


def test_sites_are_taken_as_they_are(species):
    sites = [Site("c", 3, "+", "donor", 0.7), Site("c", 3, "-", "donor", 0.4)]
    judged = judge_sites(sites, species, [Interval("c", 0, 10)])
    metrics = judged.metrics()["both strands", "donor"]
    assert (metrics.sites, metrics.precision, metrics.recall) == (1, 0.5, 1)
    elsewhere = judge_sites(sites, species, [Interval("c", 4, 10)])
    assert elsewhere.metrics()["both strands", "donor"].sites == 0


def test_many_sites_in_any_order_fall_where_they_belong(species, monkeypatch):
    monkeypatch.setattr("splicenet.evaluation.judge._STRETCH", 3)
    added = []
    monkeypatch.setattr(Tally, "add", lambda tally, contig, scores: added.append(scores))
    rng = np.random.default_rng(0)
    values = rng.random((2, 2, 10), np.float32)
    sites = [
        Site("c", place, strand, kind, float(values[row, column, place]))
        for row, strand in enumerate("+-")
        for column, kind in enumerate(("donor", "acceptor"))
        for place in rng.permutation(10).tolist()
    ]
    judge_sites(sites, species, [Interval("c", 1, 10)])
    assert [scores.start for scores in added] == [1, 4, 7]
    found = np.concatenate([scores.values for scores in added], axis=-1)
    assert np.array_equal(found, values[..., 1:])


def test_the_time_to_judge_sites_grows_with_their_number_alone(species, monkeypatch):
    """Each site is looked at a fixed number of times, however many stretches there are."""
    looks = []

    class Watched:
        contig, strand, kind, score = "c", "+", "donor", 0.5

        @property
        def position(self):
            looks.append(1)
            return 3

    monkeypatch.setattr("splicenet.evaluation.judge._STRETCH", 1)
    judge_sites([Watched()] * 20, species, [Interval("c", 0, 10)])
    assert len(looks) <= 3 * 20


def test_baselines_need_sites_elsewhere(fly_species, fly_files):
    whole = [Interval(fly_files.contig, 0, fly_species.genome.lengths[fly_files.contig])]
    with pytest.raises(RegionError, match="cannot be trained"):
        judge_baselines(fly_species, whole)
