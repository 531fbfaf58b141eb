import gzip

import numpy as np
import pytest

from splicenet.attribution.seqlets import find_seqlets, placed, write_seqlets
from splicenet.genome.intervals import Interval, Site

LENGTH, CENTRE = 200, 100


@pytest.fixture(scope="module")
def noise():
    rng = np.random.default_rng(0)
    return rng.normal(size=(300, LENGTH)).astype(np.float32)


def test_planted_stretches_are_found_with_their_sign_and_span(noise):
    actual = noise[:50].copy()
    actual[7, 60:68] += 8
    actual[9, 150:156] -= 8
    found = [one for one in find_seqlets(actual, noise[50:]) if abs(one.score) > 30]
    assert [one.sequence for one in found] == [7, 9]
    for one, (first, last), sign in zip(found, [(60, 68), (150, 156)], (1, -1), strict=True):
        assert np.sign(one.score) == sign
        assert abs(one.start - first) <= 1 and abs(one.end - last) <= 1
        assert one.p_value == pytest.approx(1 / (1 + 250 * 20), rel=0.2)


def test_unknown_bases_are_part_of_no_seqlet(noise):
    actual = noise[:2].copy()
    actual[:, 50:60] += 8
    known = np.ones(actual.shape, bool)
    known[1, 55:] = False
    found = [one for one in find_seqlets(actual, noise[50:], known=known) if one.score > 30]
    assert [one.sequence for one in found] == [0, 1]
    assert found[0].end > 55 >= found[1].end


def test_noise_is_seldom_called(noise):
    found = find_seqlets(noise[:150], noise[150:])
    assert 0 < len(found) < 150 * LENGTH * 0.005


def test_one_tall_base_makes_no_seqlet(noise):
    actual = noise[:20].copy()
    actual[3, 50] += 6  # too little for all four-base stretches around it to stand out alone
    control = noise[20:].copy()
    control[:, 45:55] *= 6
    assert not [one for one in find_seqlets(actual, control) if one.sequence == 3
                and 45 < one.start < 52]  # fmt: skip


def test_what_is_large_near_the_site_is_judged_by_what_is_there(noise):
    control, actual = noise[100:].copy(), noise[:100].copy()
    control[:, 90:110] *= 20
    actual[:, 90:110] *= 20
    near = [one for one in find_seqlets(actual, control) if one.end > 90 and one.start < 110]
    assert len(near) < 100 * 40 * 0.005 * 2


def test_seqlets_do_not_overlap(noise):
    actual = noise[:30] + 3 * (np.arange(LENGTH) % 40 < 25)
    found = find_seqlets(actual.astype(np.float32), noise)
    assert len(found) > 30
    for one, other in zip(found, found[1:], strict=False):
        assert one.sequence < other.sequence or one.end <= other.start


@pytest.mark.parametrize(("strand", "span"), [("+", (990, 995)), ("-", (1006, 1011))])
def test_places_on_the_genome(strand, span):
    site = Site("chr4", 1000, strand, "donor")
    at = placed(site, CENTRE, CENTRE - 10, CENTRE - 5)
    assert (at.start, at.end, at.strand) == (*span, strand)
    whole = placed(site, CENTRE, CENTRE, CENTRE + 1)
    assert whole == Interval("chr4", 1000, 1001, strand)


def test_bed_is_sorted_and_names_sites(tmp_path, noise):
    actual = noise[:2].copy()
    actual[:, 20:28] += 9
    sites = [Site("chr4", 5000, "+", "donor"), Site("chr4", 700, "-", "donor")]
    path = tmp_path / "seqlets.bed.gz"
    write_seqlets(path, find_seqlets(actual, noise[2:]), sites, CENTRE)
    assert (tmp_path / "seqlets.bed.gz.tbi").exists()
    head, *rows = gzip.decompress(path.read_bytes()).decode().splitlines()
    assert head.startswith("#contig\tstart\tend\tname\tscore\tstrand")
    cells = [row.split("\t") for row in rows]
    assert [int(row[1]) for row in cells] == sorted(int(row[1]) for row in cells)
    planted = [row for row in cells if float(row[7]) > 40]
    assert [(row[3], row[5], row[8]) for row in planted] == [
        ("donor+", "-", "chr4:700"),
        ("donor+", "+", "chr4:5000"),
    ]
    assert abs(int(planted[0][1]) - (700 + CENTRE - 27)) <= 1
