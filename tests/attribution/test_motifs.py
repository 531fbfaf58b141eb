import numpy as np
import pytest

from splicenet.attribution.findings import find
from splicenet.attribution.motifs import find_motifs
from splicenet.attribution.seqlets import find_seqlets
from splicenet.attribution.windows import SiteWindows
from splicenet.genome.alphabet import encode
from splicenet.genome.intervals import Site
from splicenet.genome.meme import Motif

LENGTH, CENTRE = 300, 150
BACKGROUND = np.full(4, 0.25)
BRANCH = encode("CTAAC")


@pytest.fixture(scope="module")
def planted():
    """Acceptors with a salient branch point 15 to 30 bases upstream of half of them."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, (200, LENGTH)).astype(np.uint8)
    actual = rng.normal(scale=0.3, size=codes.shape).astype(np.float32)
    control = rng.normal(scale=0.3, size=codes.shape).astype(np.float32)
    codes[:, CENTRE - 2 : CENTRE] = encode("AG")
    actual[:, CENTRE - 3 : CENTRE + 1] += 6  # the site itself
    places = CENTRE - rng.integers(15, 31, 100)
    for row, place in enumerate(places):
        codes[row, place : place + 5] = BRANCH
        actual[row, place : place + 5] += 1.5
    for row in range(150, 200):  # something else, downstream
        place = CENTRE + int(rng.integers(40, 100))
        codes[row, place : place + 6] = encode("GAAGAA")
        actual[row, place : place + 6] += 1.5
    return codes, actual, control, places


@pytest.fixture(scope="module")
def found(planted):
    codes, actual, control, _ = planted
    seqlets = find_seqlets(actual, control)
    return find_motifs(
        codes, seqlets, kind="acceptor", centre=CENTRE, background=BACKGROUND, least=15
    )


def test_the_planted_motifs_come_out(found):
    assert [one.motif.consensus for one in found][:2] == ["CTAAC", "GAAGAA"]
    assert 85 <= found[0].motif.sites <= 110
    assert found[0].motif.name == "acceptor_1"


def test_their_places_and_distances_are_those_planted(found, planted):
    *_, places = planted
    branch = found[0]
    right = [
        start == places[row]
        for row, start in zip(branch.sequence, branch.start, strict=True)
        if row < 100
    ]
    assert np.mean(right) > 0.95
    low, middle, high = branch.quartiles
    assert -28 <= low < middle < high <= -13


def test_it_is_deterministic(planted, found):
    codes, actual, control, _ = planted
    again = find_motifs(
        codes,
        find_seqlets(actual, control),
        kind="acceptor",
        centre=CENTRE,
        background=BACKGROUND,
        least=15,
    )
    assert [one.motif.consensus for one in again] == [one.motif.consensus for one in found]


def test_the_site_itself_is_left_out(found):
    for one in found:
        ends = one.start + len(one.motif)
        assert ((ends <= CENTRE + 1) | (one.start >= CENTRE - 3)).all()
    assert not any("AG" == one.motif.consensus for one in found)


def test_noise_has_no_motif(planted):
    codes, *_ = planted
    rng = np.random.default_rng(2)
    noise, control = rng.normal(size=(2, *codes.shape)).astype(np.float32)
    seqlets = find_seqlets(noise, control)
    assert not find_motifs(codes, seqlets, kind="donor", centre=CENTRE, background=BACKGROUND)
    assert not find_motifs(codes, [], kind="donor", centre=CENTRE, background=BACKGROUND)


def test_everything_in_one_call(planted):
    codes, actual, control, _ = planted
    sites = [Site("chr4", 1000 * (row + 1), "+", "acceptor") for row in range(len(codes))]
    rng = np.random.default_rng(3)
    database = [Motif(f"m{i}", rng.dirichlet([0.3] * 4, 7)) for i in range(200)]
    database.append(Motif("known", np.eye(4)[BRANCH] * 0.88 + 0.03, title="branch point"))
    findings = find(
        codes, actual, control, sites, kind="acceptor", centre=CENTRE, database=database, least=15
    )
    assert findings.motif.consensus[-5:-3] == "AG"
    first = findings.matches.iloc[0]
    assert (first["query"], first["target"], first["offset"]) == ("acceptor_1", "known", 0)
    hits = findings.hits["acceptor_1"]
    held = {hit.sequence for hit in hits}
    assert held >= set(range(100))
    assert len(findings.all_motifs) == 1 + len(findings.motifs)
    assert not findings.annotation
    assert findings.counted.sites == 200


def test_the_matrix_is_counted_from_the_annotation_if_there_is_one(planted):
    codes, actual, control, _ = planted
    sites = [Site("chr4", 1000 * (row + 1), "+", "acceptor") for row in range(len(codes))]
    short = np.tile(encode("A" * 18 + "CTGG" + "A" * 18), (7, 1))
    annotated = SiteWindows([*sites[:6], Site("chr4", 7, "+", "donor")], short)
    options = {"kind": "acceptor", "centre": CENTRE, "annotated": annotated}
    findings = find(codes, actual, control, sites, **options)
    assert findings.annotation
    assert findings.counted.sites == 6
    assert findings.counted.consensus == "A" * 18 + "CTGGA"
    donors = SiteWindows(annotated.sites[-1:], short[-1:])
    assert not find(codes, actual, control, sites, **options | {"annotated": donors}).annotation
