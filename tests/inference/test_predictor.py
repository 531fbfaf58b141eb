from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import splicenet
from splicenet.exceptions import ModelFileError, SequenceError
from splicenet.genome.alphabet import decode, reverse_complement
from splicenet.genome.intervals import Interval, Site
from splicenet.genome.labels import KINDS
from splicenet.inference.predictor import Predictor, call_sites
from splicenet.model.calibration import logit
from splicenet.model.modelfile import Model
from splicenet.model.scoring import Scores, site_probabilities

START, END = 100_000, 160_000


@pytest.fixture(scope="module")
def predictor(trained) -> Predictor:
    return splicenet.load(trained)


@pytest.fixture(scope="module")
def codes(fly_species, fly_files) -> np.ndarray:
    return fly_species.genome.fetch(fly_files.contig, START, END)


@pytest.fixture(scope="module")
def sites(predictor, fly_files) -> list[Site]:
    return list(predictor.scan(fly_files.fasta, f"{fly_files.contig}:{START + 1}-{END}"))


def test_probabilities_of_a_sequence(predictor, codes):
    scores = predictor.predict(decode(codes[:5000]))
    assert scores.shape == (2, 2, 5000)
    assert scores.dtype == np.float32
    assert scores.min() >= 0 and scores.max() <= 1
    assert scores.max() > 0.1
    assert np.array_equal(scores, predictor.predict(decode(codes[:5000]).lower()))


def test_probabilities_are_calibrated(predictor, trained_model, codes):
    expected = site_probabilities(trained_model.network.fused(), codes[None, :4096])[0]
    scores = predictor.predict(decode(codes[:4096]))[0]
    inside = slice(1024, 3072)
    for index, kind in enumerate(("donor", "acceptor")):
        calibrated = trained_model.calibration[kind].apply(expected[index])
        assert np.abs(calibrated - scores[index])[inside].max() < 1e-3
        assert not np.allclose(expected[index], calibrated, atol=1e-3)


def test_the_other_strand_is_the_reverse_complement(predictor, codes):
    piece = codes[:4000]
    forward = predictor.predict(decode(piece))
    back = predictor.predict(decode(reverse_complement(piece)))
    assert np.abs(forward - back[::-1, :, ::-1]).max() < 1e-3


def test_sites_are_sorted_and_on_their_dinucleotides(sites, codes, fly_files):
    """What the network is surest of, it places right, on both strands."""
    assert sites == sorted(sites)
    assert all(START <= site.position < END and site.contig == fly_files.contig for site in sites)
    assert len({(s.strand, s.kind) for s in sites}) == 4
    flipped = reverse_complement(codes)
    for kind in ("donor", "acceptor"):
        for strand in "+-":
            best = sorted(
                (s for s in sites if s.kind == kind and s.strand == strand),
                key=lambda site: -site.score,
            )[:10]
            right = []
            for site in best:
                read = codes if strand == "+" else flipped
                at = site.position - START if strand == "+" else END - 1 - site.position
                pair = read[at + 1 : at + 3] if kind == "donor" else read[at - 2 : at]
                right.append(decode(pair) == ("GT" if kind == "donor" else "AG"))
            assert len(best) >= 5
            assert np.mean(right) >= 0.8


def test_scan_and_predict_agree(trained, fly_files, codes):
    """But for the ends, past which the scan sees more, where copies are not marked down."""
    predictor = Predictor(trained, copies=False)
    scores = predictor.predict(decode(codes))
    for site in predictor.scan(fly_files.fasta, f"{fly_files.contig}:{START + 1}-{END}"):
        at = site.position - START
        if 2048 < at < END - START - 2048:
            row = ("+-".index(site.strand), ("donor", "acceptor").index(site.kind))
            assert scores[(*row, at)] == pytest.approx(site.score, abs=1e-3)


def taking_off(model: Model, copies: float) -> Model:
    return replace(model, scale=replace(model.scale, copies=dict.fromkeys(KINDS, copies)))


def test_copies_are_marked_down_and_nothing_else(trained_model, fly_species, fly_files):
    marking = taking_off(trained_model, 2.0)
    here = [Interval(fly_files.contig, START, END)]
    plain, marked = (
        np.concatenate([one.values for _, one in reader.scores(fly_species.genome, here)], axis=-1)
        for reader in (Predictor(marking, copies=copies) for copies in (False, True))
    )
    share = fly_species.genome.copies().share(fly_files.contig, START, END)
    assert 0.02 < share.mean() < 0.5
    assert np.array_equal(plain[..., share == 0], marked[..., share == 0])
    inside = (plain > 1e-5) & (plain < 0.999)
    lost = logit(plain) - logit(marked)
    expected = np.broadcast_to(2 * share, plain.shape)
    assert lost[inside] == pytest.approx(expected[inside], abs=1e-2)


def test_without_copies_nothing_is_counted(trained_model):
    assert not Predictor(taking_off(trained_model, 0.0)).asks_for_copies
    assert Predictor(taking_off(trained_model, 1.0)).asks_for_copies
    assert not Predictor(taking_off(trained_model, 1.0), copies=False).asks_for_copies


def test_thresholds_are_those_of_the_model(predictor, sites, trained_model):
    assert predictor.threshold == trained_model.threshold
    assert all(site.score >= predictor.threshold[site.kind] - 1e-6 for site in sites)


def test_calls_at_the_threshold_and_on_the_strands_asked_for():
    values = np.zeros((2, 2, 4), np.float32)
    values[0, 0, 3] = values[1, 1, 1] = 0.5
    values[1, 0, 1] = 0.49
    threshold = {"donor": 0.5, "acceptor": 0.5}
    scores = Scores(100, values)
    assert call_sites("c", scores, threshold) == [
        Site("c", 101, "-", "acceptor", 0.5),
        Site("c", 103, "+", "donor", 0.5),
    ]
    assert call_sites("c", scores, threshold, ("+",)) == [Site("c", 103, "+", "donor", 0.5)]


def test_the_size_of_a_batch_changes_nothing(trained, codes):
    sequence = decode(codes[:20_000])
    small = Predictor(trained, batch_tokens=1 << 12).predict(sequence)
    large = Predictor(trained, batch_tokens=1 << 18).predict(sequence)
    assert np.abs(small - large).max() < 1e-3


@pytest.mark.parametrize("sequence", ["", "ACGT>chr1", "MKV*", "ACGÄ"])
def test_what_is_no_dna(predictor, sequence):
    with pytest.raises(SequenceError):
        predictor.predict(sequence)


def test_loading_what_is_no_model(fly_files):
    with pytest.raises(ModelFileError):
        splicenet.load(fly_files.annotation)
