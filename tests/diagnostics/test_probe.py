"""A planted confounder: one chromosome twice, the second time with more G and C between its sites.

What tells the two apart is composition and nothing else; the splice sites are the same.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from splicenet.diagnostics.logistic import Logistic
from splicenet.diagnostics.probe import Ground, draw_windows, probe_species, word_shares
from splicenet.exceptions import RegionError
from splicenet.genome.alphabet import decode
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import open_genome
from splicenet.genome.tasks import Task
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.states import level_names, mean_states
from splicenet.training.run import train_model
from splicenet.training.settings import TrainingSettings

LEARNED, JUDGED = (100_000, 900_000), (900_000, 1_200_000)
AROUND = 20


@pytest.fixture(scope="module")
def species(fly_species, fly_files, tmp_path_factory):
    """The chromosome as it is, and with every eighth A or T a G or C, but not around sites."""
    contig = fly_files.contig
    length = fly_species.genome.lengths[contig]
    codes = fly_species.genome.fetch(contig, 0, length)
    free = np.ones(length, bool)
    for site in fly_species.labels.sites():
        free[max(0, site.position - AROUND) : site.position + AROUND] = False
    rng = np.random.default_rng(1)
    chosen = free & ((codes == 0) | (codes == 3)) & (rng.random(length) < 1 / 8)
    codes[chosen] = rng.integers(1, 3, chosen.sum())
    path = tmp_path_factory.mktemp("planted") / "richer.fa"
    path.write_text(f">{contig}\n{decode(codes)}\n")
    richer = replace(fly_species, name="richer", genome=open_genome(path))
    return fly_species, richer


@pytest.fixture(scope="module")
def grounds(species, fly_files):
    learned, judged = (Interval(fly_files.contig, *part) for part in (LEARNED, JUDGED))
    return [Ground(one, [learned], [judged]) for one in species]


@pytest.fixture(scope="module")
def probed(species, grounds, fly_files, tiny, tmp_path_factory):
    """Accuracy by what is read, after the same training without and with ``against``."""
    folder = tmp_path_factory.mktemp("probed")
    start, end = JUDGED
    found = {}
    for weight in (0.0, 3.0):
        tasks = (Task("species", "species", against=weight),) if weight else ()
        model = train_model(
            species,
            folder / f"{weight}.splicenet",
            config=NetworkConfig(architecture="conv", tasks=tasks, **tiny),
            settings=TrainingSettings(
                steps=150,
                length=512,
                batch_tokens=8192,
                learning_rate=1e-2,
                warmup_steps=10,
                evaluations=1,
                validation=0.02,
                validation_bases=20_000,
                test_bases=20_000,
            ),
            holdout=f"{fly_files.contig}:{start + 1}-{end}",
        )
        table = probe_species(model.network, grounds, windows=300, length=1024)
        found[weight] = table.set_index("read")
    return found


def test_the_confounder_is_found(probed):
    plain = probed[0.0]
    assert (plain["chance"] == 0.5).all()
    assert plain.loc["words of 1", "accuracy"] > 0.75
    assert plain.loc["last", "accuracy"] > 0.75
    assert plain.loc["last", ["fly", "richer"]].mean() == pytest.approx(
        plain.loc["last", "accuracy"]
    )
    assert plain.loc["words of 3", "numbers"] == 64


def test_training_against_it_unlearns_it(probed):
    plain, turned = probed[0.0], probed[3.0]
    assert turned.loc["words of 1", "accuracy"] == plain.loc["words of 1", "accuracy"]
    assert turned.loc["last", "accuracy"] < plain.loc["last", "accuracy"] - 0.05


def test_one_genome_twice_is_told_apart_by_nothing(grounds, tiny):
    torch.manual_seed(0)
    network = SpliceNetwork(NetworkConfig(**tiny)).eval()
    table = probe_species(network, [grounds[0], grounds[0]], windows=150, length=512)
    assert set(table["read"]) == {f"words of {n}" for n in (1, 2, 3, 4)} | {
        "coarse", "recurrent", "last",
    }  # fmt: skip
    assert table["accuracy"].between(0.38, 0.62).all()


def test_logistic_regression_finds_the_line():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(600, 5)) * [1, 100, 1e-3, 1, 0] + [0, 50, 0, 3, 7]
    slopes = np.array([[2, 0.02, 0, 0, 0], [-2, 0, 1000, 0, 0], [0, 0, 0, 2, 0]])
    classes = ((features - [0, 50, 0, 3, 7]) @ slopes.T).argmax(1)
    fitted = Logistic.fit(features[:400], classes[:400])
    assert (fitted.classes(features[400:]) == classes[400:]).mean() > 0.93
    assert (
        Logistic.fit(features, rng.integers(0, 3, 600)).classes(features) == classes
    ).mean() < 0.6


def test_words_are_counted_as_they_are_read():
    shares = word_shares(np.array([[0, 0, 1, 4, 2, 2]], np.uint8), 2)
    found = {index: share for index, share in enumerate(shares[0]) if share}
    assert found == pytest.approx({0: 1 / 3, 1: 1 / 3, 10: 1 / 3})  # AA, AC, GG
    assert word_shares(np.full((2, 9), 4, np.uint8), 3).sum() == 0


def test_windows_lie_in_the_regions(fly_species, fly_files):
    rng = np.random.default_rng(0)
    regions = [Interval(fly_files.contig, 200_000, 200_050), Interval(fly_files.contig, 0, 40_000)]
    windows = draw_windows(fly_species, regions, 30, 1000, rng)
    assert windows.shape == (30, 1000)
    there = fly_species.genome.fetch(fly_files.contig, 0, 40_000).tobytes()
    found = [window.tobytes() in there for window in windows]
    assert 5 < sum(found) < 25  # the others are reverse complements
    with pytest.raises(RegionError, match="30 windows of 1,000"):
        draw_windows(fly_species, regions[:1], 30, 1000, rng)


@pytest.mark.parametrize("architecture", ["hybrid", "conv", "lstm"])
def test_mean_states(tiny, architecture):
    torch.manual_seed(0)
    network = SpliceNetwork(NetworkConfig(architecture=architecture, **tiny)).eval()
    codes = np.random.default_rng(0).integers(0, 4, (5, 256)).astype(np.uint8)
    found = mean_states(network, codes)
    assert list(found) == level_names(network)
    widths = {"coarse": 24, "recurrent": 16, "last": 12}
    assert {name: one.shape for name, one in found.items()} == {
        name: (5, widths[name]) for name in found
    }
    split = mean_states(network, codes, batch_tokens=512)
    for name, one in found.items():
        np.testing.assert_allclose(split[name], one, rtol=1e-4, atol=1e-5)
    if architecture == "hybrid":
        x, _ = network._features(network._letters(torch.from_numpy(codes)), _whole())
        np.testing.assert_allclose(found["last"], x.mean(-1).detach(), rtol=1e-4, atol=1e-5)
    assert not network._forward_hooks


def _whole():
    from splicenet.model.levels import WHOLE

    return WHOLE
