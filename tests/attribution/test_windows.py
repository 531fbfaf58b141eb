from __future__ import annotations

import numpy as np
import pytest

from splicenet.attribution.segments import by_distance, by_segment, shares
from splicenet.attribution.tracks import Tracks
from splicenet.attribution.windows import SiteWindows, one_hot
from splicenet.genome.alphabet import N, encode, reverse_complement
from splicenet.genome.intervals import Site

GENOME = np.random.default_rng(0).integers(0, 4, 300, dtype=np.uint8)


def fetch(contig, start, end, genome=GENOME):
    assert contig == "one"
    codes = np.full(end - start, N, np.uint8)
    first, last = max(start, 0), min(end, len(genome))
    codes[first - start : last - start] = genome[first:last]
    return codes


def mirrored(site):
    return Site(
        site.contig,
        len(GENOME) - 1 - site.position,
        "-" if site.strand == "+" else "+",
        site.kind,
    )


SITES = [
    Site("one", 3, "+", "donor"),
    Site("one", 20, "+", "donor"),
    Site("one", 25, "-", "acceptor"),
    Site("one", 150, "-", "donor"),
    Site("one", 299, "+", "acceptor"),
]


@pytest.mark.parametrize("length", [64, 65])
def test_the_site_stands_at_the_centre(length):
    windows = SiteWindows.around(SITES, fetch, length=length)
    assert windows.codes.shape == (5, length)
    for site, row in zip(SITES, windows.codes, strict=True):
        base = GENOME[site.position]
        assert row[windows.centre] == (3 - base if site.strand == "-" else base)
        assert site.strand == "-" or row[windows.centre - 1] == GENOME[site.position - 1]
    assert (windows.codes[0, : windows.centre - 3] == N).all()
    assert (windows.codes[4, windows.centre + 1 :] == N).all()
    assert windows.offsets[windows.centre] == 0
    assert windows.kinds.tolist() == [1, 1, 2, 1, 2]
    part = windows[1:3]
    assert part.sites == SITES[1:3]
    np.testing.assert_array_equal(part.codes, windows.codes[1:3])


@pytest.mark.parametrize("length", [64, 65])
def test_values_on_the_plus_strand_lie_where_their_bases_are(length):
    windows = SiteWindows.around(SITES, fetch, length=length)
    plus = windows.on_plus(windows.codes)
    for row, site, start in zip(plus, SITES, windows.starts, strict=True):
        there = fetch("one", start, start + length)
        np.testing.assert_array_equal(
            row, reverse_complement(there)[::-1] if site.strand == "-" else there
        )


@pytest.mark.parametrize("length", [64, 65])
def test_the_other_strand_of_the_other_genome_reads_the_same(length):
    other = reverse_complement(GENOME)
    windows = SiteWindows.around(SITES, fetch, length=length)
    mirror = SiteWindows.around(
        [mirrored(site) for site in SITES],
        lambda *where: fetch(*where, genome=other),
        length=length,
    )
    np.testing.assert_array_equal(windows.codes, mirror.codes)
    actual = np.random.default_rng(1).normal(size=windows.codes.shape)
    tracks, reflected = Tracks(windows, actual), Tracks(mirror, actual)
    (ours,) = tracks.pieces["donor", "+"]
    (theirs,) = reflected.pieces["donor", "-"]
    np.testing.assert_array_equal(ours.positions, 299 - theirs.positions[::-1])
    np.testing.assert_allclose(ours.values, theirs.values[::-1])


def test_overlapping_windows_are_averaged_and_tracks_add_up():
    windows = SiteWindows.around(SITES, fetch, length=64)
    actual = np.random.default_rng(1).normal(size=windows.codes.shape)
    actual[windows.codes == N] = 0
    tracks = Tracks(windows, actual)
    rows = {("donor", "+"): [0, 1], ("donor", "-"): [3], ("acceptor", "-"): [2]}
    for key, members in rows.items():
        (piece,) = tracks.pieces[key]
        assert piece.positions.min() >= 0
        np.testing.assert_allclose(piece.values.sum(), tracks.totals[members].sum())
    np.testing.assert_allclose(tracks.totals[3], actual[3].sum())
    (piece,) = tracks.pieces["donor", "+"]
    both = piece.values[piece.positions == 20][0]
    assert both == pytest.approx((actual[0, 32 + 17] + actual[1, 32]) / 2)
    alone = piece.values[piece.positions == 50][0]
    assert alone == pytest.approx(actual[1, 32 + 30])


def test_one_hot():
    assert one_hot(encode("ACGTN")).tolist() == [*np.eye(4).tolist(), [0, 0, 0, 0]]


def test_segments_share_everything():
    offsets = np.arange(200) - 100
    actual = np.random.default_rng(0).normal(size=(6, 200))
    kinds = ["donor", "acceptor"] * 3
    for kind in ("donor", "acceptor"):
        np.testing.assert_allclose(sum(shares(actual, offsets, kind).values()), 1)
    for table in (by_segment(actual, offsets, kinds), by_distance(actual, offsets, kinds)):
        np.testing.assert_allclose(table.groupby("kind")["share"].sum(), 1)
        sizes = (table["last"] - table["first"] + 1) * table["per_base"]
        total = np.abs(actual).sum(1).mean()
        assert sizes.groupby(table["kind"]).sum().mean() == pytest.approx(total)


def test_segments_lie_where_they_are_named():
    offsets = np.arange(200) - 100
    actual = np.zeros((1, 200))
    actual[0, 100 - 10] = -2
    assert shares(actual, offsets, "acceptor")["polypyrimidine tract"] == 1
    assert shares(actual, offsets, "donor")["exon"] == 1
    actual = np.roll(actual, 15, axis=1)
    assert shares(actual, offsets, "donor")["donor core"] == 1
    assert not any(shares(np.zeros((1, 200)), offsets, "donor").values())
