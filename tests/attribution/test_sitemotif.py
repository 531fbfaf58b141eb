import numpy as np
import pytest

from splicenet.attribution.gradient import gradient
from splicenet.attribution.sitemotif import (
    SPANS,
    agreement,
    counted_motif,
    information,
    site_motif,
)
from splicenet.attribution.windows import SiteWindows
from splicenet.genome.meme import Motif

UNIFORM = np.full(4, 0.25)


@pytest.fixture(scope="module")
def explained(fly_species, trained_model):
    """Real sites of a fly, read by a tiny network."""

    def explained(kind):
        sites = [site for site in fly_species.labels.sites() if site.kind == kind][::4]
        windows = SiteWindows.around(sites, fly_species.genome.fetch, length=256)
        found = gradient(trained_model.network, windows.codes, windows.kinds, centre=128)
        called = found.score > -3
        return windows.codes[called], found.actual(windows.codes)[called]

    return explained


@pytest.mark.parametrize(("kind", "at", "letters"), [("donor", 3, "GT"), ("acceptor", 18, "AG")])
def test_a_tiny_network_has_learned_the_dinucleotide(explained, kind, at, letters):
    codes, actual = explained(kind)
    assert len(codes) > 50
    motif = site_motif(codes, actual, kind=kind, centre=128, background=UNIFORM)
    counted = counted_motif(codes, kind=kind, centre=128, background=UNIFORM)
    assert motif.consensus[at : at + 2] == letters
    assert information(motif, UNIFORM).argmax() in (at, at + 1)
    found = agreement(motif, counted, UNIFORM)
    assert found.correlation > 0.8
    assert found.information_correlation > 0.6


def test_saliency_that_is_the_same_everywhere_counts_bases():
    rng = np.random.default_rng(0)
    codes = rng.choice(4, (4000, 40), p=[0.4, 0.1, 0.1, 0.4]).astype(np.uint8)
    codes[:, 11:13] = 2, 3
    same = np.ones(codes.shape)
    options = {"kind": "donor", "centre": 10, "background": UNIFORM}
    motif, counted = site_motif(codes, same, **options), counted_motif(codes, **options)
    found = agreement(motif, counted, UNIFORM)
    assert found.correlation > 0.999
    assert counted.consensus[3:5] == "GT"
    assert found.counted_information == pytest.approx(4 + 7 * 0.278, abs=0.1)


def test_what_speaks_against_the_site_is_no_part_of_its_motif():
    codes = np.zeros((10, 40), np.uint8)
    actual = np.where(np.arange(40) == 25, 2.0, -1.0) * np.ones(codes.shape)
    motif = site_motif(codes, actual, kind="acceptor", centre=25, background=UNIFORM)
    bits = information(motif, UNIFORM)
    assert bits.argmax() == -SPANS["acceptor"][0]
    assert np.delete(bits, bits.argmax()).max() == pytest.approx(0)


def test_where_nothing_speaks_for_the_site_the_background_is_left():
    codes = np.zeros((3, 40), np.uint8)
    background = np.array([0.4, 0.1, 0.2, 0.3])
    motif = site_motif(codes, -np.ones(codes.shape), kind="donor", centre=20, background=background)
    assert motif.probabilities == pytest.approx(np.tile(background, (len(motif), 1)))


def test_motifs_of_different_width_cannot_be_compared():
    with pytest.raises(ValueError, match="3 and 2"):
        agreement(Motif("a", np.ones((3, 4))), Motif("b", np.ones((2, 4))), UNIFORM)
