import numpy as np
import pytest

from splicenet.attribution.distributions import sum_distribution, survival
from splicenet.attribution.matches import match_motifs, motif_hits
from splicenet.genome.alphabet import N, encode
from splicenet.genome.meme import Motif

BACKGROUND = np.array([0.3, 0.2, 0.2, 0.3])


def exact(name, letters, purity=0.94):
    rest = (1 - purity) / 3
    return Motif(name, np.eye(4)[encode(letters)] * (purity - rest) + rest)


@pytest.fixture(scope="module")
def database():
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("ACGT"), rng.integers(5, 10))) for _ in range(400)]
    return [exact(f"m{i}", word) for i, word in enumerate(words)]


def test_a_motif_matches_itself_and_where_it_lies_in_a_longer_one(database):
    query = exact("q", "TACTAAC")
    targets = [*database, exact("same", "TACTAAC"), exact("longer", "GGTACTAACGT")]
    found = match_motifs([query], targets)
    assert set(found["target"][:2]) == {"same", "longer"}
    offsets = dict(zip(found["target"], found["offset"], strict=True))
    assert (offsets["same"], offsets["longer"]) == (0, -2)
    assert (found["p_value"][:2] < 11 * 4.0**-7).all()  # offsets tried times the chance of one


def test_p_values_of_random_motifs_are_those_of_chance(database):
    rng = np.random.default_rng(5)
    queries = [exact(f"q{i}", "".join(rng.choice(list("ACGT"), 7))) for i in range(20)]
    found = match_motifs(queries, database, q_value=1.0, top=400)
    share = (found["p_value"] < 0.05).mean()
    assert 0.01 < share < 0.07


def test_columns_that_say_nothing_match_nothing(database):
    flat = Motif("flat", np.full((8, 4), 0.25))
    query = exact("q", "TTTCAGA", purity=0.4)
    found = match_motifs([query], [*database, flat], q_value=1.0, top=500)
    p_values = dict(zip(found["target"], found["p_value"], strict=True))
    assert p_values["flat"] > 0.2


def test_no_query_gives_an_empty_table(database):
    assert match_motifs([], database).empty


def test_hits_are_where_the_motif_is():
    codes = np.stack([encode("GGGGTACTAACGGG"), encode("GGGGGGGGTACTAA")])
    hits = motif_hits(codes, exact("q", "TACTAAC"), background=BACKGROUND)
    assert [(hit.sequence, hit.start, hit.end) for hit in hits] == [(0, 4, 11)]
    assert hits[0].score == pytest.approx(
        sum(np.log2(0.94 / BACKGROUND[code]) for code in encode("TACTAAC")), abs=0.4
    )
    assert hits[0].p_value == pytest.approx(np.prod(BACKGROUND[encode("TACTAAC")]), rel=0.05)


def test_unknown_bases_are_no_hit_and_short_windows_have_none():
    codes = encode("TACTAACTACTAAC")[None].copy()
    codes[0, 3] = N
    motif = exact("q", "TACTAAC")
    assert [hit.start for hit in motif_hits(codes, motif, background=BACKGROUND)] == [7]
    assert motif_hits(codes[:, :5], motif, background=BACKGROUND) == []


def test_distribution_of_a_sum():
    die = np.r_[0, np.full(6, 1 / 6)]
    total = sum_distribution([die, die])
    assert total[7] == pytest.approx(6 / 36)
    assert survival(total)[11] == pytest.approx(3 / 36)
