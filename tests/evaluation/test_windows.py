import numpy as np
import pytest

from splicenet.evaluation.windows import (
    WINDOWS,
    Table,
    score_windows,
    site_windows,
)
from splicenet.genome.alphabet import decode, encode

DONOR = "TTTCAGGTAAGTTTT"  # exon ends in ..CAG, intron begins GTAAGT
ACCEPTOR = "A" * 5 + "TCTCTCTCTCTCTCTCTCAG" + "GCA" + "A" * 5


def test_donor_window_is_three_exon_and_six_intron_bases():
    codes = encode(DONOR)
    last_exon_base = DONOR.index("CAGGT") + 2
    (window,) = site_windows(codes, np.array([last_exon_base]), "donor")
    assert decode(window) == "CAGGTAAGT"


def test_acceptor_window_is_twenty_intron_and_three_exon_bases():
    codes = encode(ACCEPTOR)
    (window,) = site_windows(codes, np.array([25]), "acceptor")
    assert decode(window) == "TCTCTCTCTCTCTCTCTCAGGCA"


def test_windows_over_an_end_or_with_n_are_left_out():
    codes = encode("ACGTACGTACGTNACGTACGT")
    positions = np.array([1, 2, 5, 6, 14, 15, codes.size - 7, codes.size - 6])
    kept = site_windows(codes, positions, "donor")
    assert [decode(window) for window in kept] == ["ACGTACGTA", "TACGTACGT"]


@pytest.mark.parametrize("kind", ["donor", "acceptor"])
def test_score_stands_at_the_labelled_base(kind):
    window = WINDOWS[kind]
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, 200, dtype=np.uint8)
    weights = rng.normal(size=(window.width, 4)).astype(np.float32)
    scores = score_windows(codes, kind, [Table(i, row) for i, row in enumerate(weights)])
    for position in (window.before, 100):
        there = codes[position - window.before :][: window.width]
        assert scores[position] == pytest.approx(
            weights[range(window.width), there].sum(), abs=1e-4
        )


def test_ends_and_unknown_bases_score_minus_infinity():
    codes = encode("ACGT" * 10)
    codes[20] = 4
    scores = score_windows(codes, "donor", [Table(0, np.ones(4, np.float32))])
    impossible = np.flatnonzero(np.isneginf(scores)).tolist()
    assert impossible == [0, 1, *range(14, 23), *range(34, 40)]


def test_a_stretch_shorter_than_the_window_scores_nowhere():
    scores = score_windows(encode("ACGT"), "donor", [Table(0, np.ones(4, np.float32))])
    assert scores.shape == (4,)
    assert np.isneginf(scores).all()
