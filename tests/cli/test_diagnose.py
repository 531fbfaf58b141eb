"""Planted faults: each is recognised by the command, and the remedy it names removes it."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import torch

from splicenet.model.calibration import Calibration
from splicenet.model.modelfile import Model, save_model
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.scale import Scale
from splicenet.training.checkpoint import RunState, save_checkpoint

PLAIN = ("--architecture", "lstm", "--layers", "1", "--length", "512", "--batch-tokens", "1024")
QUICK = (
    "--evaluations 1 --validation 0.02 --test-bases 2000 --threads 1 --device cpu --seed 1".split()
)
LOOK = ("--number", "8", "--length", "768", "--threads", "1", "--device", "cpu")


@pytest.fixture
def data(fly_files):
    return ("-f", fly_files.fasta, "-a", fly_files.annotation)


@pytest.fixture
def train(cli, data, tmp_path):
    """``train(name, option, ...)`` trains for a moment and gives the model's path."""

    def train(name, *options):
        path = tmp_path / f"{name}.splicenet"
        holdout = () if "--holdout" in options else ("--holdout", "0.1")
        done = cli("train", *data, "-o", path, "--restart", *QUICK, *holdout, *options)
        assert done.code == 0, done.err
        return path

    return train


@pytest.fixture
def diagnosis(cli, data):
    """What the command says of a model, as JSON."""

    def diagnosis(model, *options):
        done = cli("diagnose", "-m", model, *data, *LOOK, "--json", "-", *options)
        assert done.code == 0, done.err
        return json.loads(done.out)

    return diagnosis


@pytest.fixture
def plant(tmp_path):
    """A plain recurrent network whose recurrent matrices have a spectral radius to order."""

    def plant(radius, *, drive=1.0):
        torch.manual_seed(1)
        config = NetworkConfig(architecture="lstm", cell="rnn", hidden=16)
        network = SpliceNetwork(config)
        torch.nn.init.normal_(network.head.weight)
        assert network.recurrence is not None
        with torch.no_grad():
            for cell in (
                network.plain.layers[0].forward_cell,
                network.plain.layers[0].backward_cell,
            ):
                matrix = torch.nn.init.orthogonal_(cell.rnn.weight_hh_l0)
                matrix.mul_(radius)
                cell.rnn.weight_ih_l0.mul_(drive)
                cell.rnn.bias_ih_l0.zero_()
                cell.rnn.bias_hh_l0.zero_()
        path = tmp_path / "planted.splicenet"
        same = {kind: Calibration() for kind in ("donor", "acceptor")}
        scale = Scale(same, dict.fromkeys(same, 0.5))
        save_model(path, Model(network, 256, scale, {"data": {}, "training": {}}))
        return path

    return plant


def _names(found):
    return [finding["name"] for finding in found["findings"]]


def test_a_vanishing_gradient_and_its_remedy(plant, train, diagnosis):
    still = ("--learning-rate", "1e-9", "--steps", "1")  # trained, and yet as planted
    found = diagnosis(train("ill", *PLAIN, "--init", plant(0.5), *still))
    assert found["verdict"] == "vanishing gradient, underfitting"
    for level in found["levels"]:
        assert level["spectral_radius"][1] == pytest.approx(0.5, abs=0.02)
        assert level["horizon_bases"][1] == 7  # 0.5 to the 7th power is below a hundredth
    remedy = found["findings"][0]["remedies"][0]["switch"].split()
    assert remedy[:2] == ["--cell", "lstm"] and remedy[2] == "--forget-bias"
    healed = diagnosis(train("healed", *PLAIN, "--hidden", "16", "--steps", "20", *remedy))
    assert not any("vanishing" in name for name in _names(healed))
    reach = healed["reach_bases"]
    assert all((level["horizon_bases"][1] or reach) >= reach for level in healed["levels"])


@pytest.mark.parametrize("number", [0, 1])
def test_an_exploding_gradient_and_its_remedies(plant, train, diagnosis, number):
    found = diagnosis(plant(1.5, drive=0.01))
    assert found["verdict"] == "exploding"
    assert all(level["largest_norm"] > 1e4 for level in found["levels"])
    remedy = found["findings"][0]["remedies"][number]["switch"].split()
    healed = diagnosis(train("healed", *PLAIN, "--hidden", "16", "--steps", "20", *remedy))
    assert "exploding" not in _names(healed)
    assert all(level["largest_norm"] < 2 for level in healed["levels"])


@pytest.fixture
def learner(monkeypatch):
    """Let ``train`` make a small network that learns within seconds."""
    small = {"channels": 16, "coarse_channels": 24, "coarse_dilations": (1, 2), "hidden": 16}
    monkeypatch.setattr(
        "splicenet.cli.network_options.NetworkConfig",
        lambda **chosen: NetworkConfig(**{**chosen, **small}),
    )
    return (
        *("--length", "1024", "--batch-tokens", "4096", "--genes", "0.9"),
        *("--learning-rate", "0.01", "--cell", "lstm", "--initialisation", "chrono"),
    )


@pytest.mark.long
def test_a_data_set_learned_by_heart_and_its_remedy(train, diagnosis, learner, fly_files):
    # Four pieces of 12 kb are left to train on; one of them stops the training.
    starts = (100_000, 400_000, 700_000, 1_000_000)
    ends = (start + 12_000 for start in starts)
    spans = zip((1, *(end + 1 for end in ends)), (*starts, 1_348_131), strict=True)
    little = ",".join(f"{fly_files.contig}:{first}-{last}" for first, last in spans)
    found = diagnosis(train("ill", *learner, "--steps", "400", "--holdout", little), "--number", 32)
    assert found["verdict"] == "overfitting with long memory"
    remedies = [remedy["switch"] for remedy in found["findings"][0]["remedies"]]
    assert remedies[0] == "--samplesheet"  # more sequence
    healed = diagnosis(train("healed", *learner, "--steps", "400"), "--number", 32)
    assert healed["verdict"] == "healthy"


def test_tables_page_and_pictures(cli, data, trained, tmp_path):
    page, prefix = tmp_path / "page.html", tmp_path / "plots"
    outputs = ("--html", page, "--plots", prefix, "--json", tmp_path / "all.json")
    done = cli("diagnose", "-m", trained, *data, *LOOK, *outputs)
    assert done.code == 0
    assert done.out.startswith("VERDICT: ")
    for word in ("layer 1 forward", "layer 1 backward", "keep", "horizon", "slow/fast"):
        assert word in done.out
    html = page.read_text()
    assert html.count("data:image/svg+xml;base64,") == 5
    assert "http" not in html
    names = ("gradient", "response", "steps", "gates", "training")
    pictures = {path.name for path in tmp_path.glob("*.png")}
    assert pictures == {f"plots.{name}.png" for name in names}
    values = json.loads((tmp_path / "all.json").read_text())
    assert done.out.startswith(f"VERDICT: {values['verdict']}\n")
    assert len(values["levels"]) == 2
    assert values["trained_on"]["unexplained"] < values["not_trained_on"]["unexplained"] < 1


def test_the_same_seed_says_the_same(diagnosis, trained):
    before = trained.read_bytes()
    first, other = diagnosis(trained), diagnosis(trained, "--seed", "2")
    assert diagnosis(trained) == first
    assert other["levels"] != first["levels"]
    assert trained.read_bytes() == before


def test_sites_may_be_named(cli, diagnosis, trained, data, fly_species, tmp_path):
    site = fly_species.labels.sites()[100]
    strand_row = (
        f"{site.contig}\t{site.position}\t{site.position + 1}\t{site.kind}\t.\t{site.strand}"
    )
    (tmp_path / "sites.bed").write_text(strand_row + "\n")
    found = diagnosis(trained, "--sites", tmp_path / "sites.bed")
    assert found["sites"] == 1
    (tmp_path / "sites.bed").write_text("chrZ\t5\t6\tdonor\t.\t+\n")
    done = cli("diagnose", "-m", trained, *data, "--sites", tmp_path / "sites.bed")
    assert "chrZ: the site at base 6 lies outside the genome" in done.sentence


def test_a_run_is_judged_by_its_course_alone(cli, trained, tmp_path):
    beside = trained.with_name("tiny.metrics.tsv")
    done = cli("diagnose", "--metrics", beside, "--html", tmp_path / "page.html")
    assert done.code == 0
    assert done.out.startswith("VERDICT: healthy")
    assert (tmp_path / "page.html").read_text().count("data:image") == 1
    table = pd.read_csv(beside, sep="\t")
    worse = pd.concat([table, table.tail(1), table.tail(1)], ignore_index=True)
    worse.loc[2:, ["auprc_donor", "auprc_acceptor"]] = 0.0
    worse.loc[2:, "loss"] = 0.1
    worse.to_csv(tmp_path / "worse.tsv", sep="\t", index=False)
    done = cli("diagnose", "--metrics", tmp_path / "worse.tsv")
    assert done.out.startswith("VERDICT: overfitting")


def test_a_run_that_goes_on_is_judged_by_its_checkpoint(cli, tmp_path, network_checkpoint):
    done = cli("diagnose", "--metrics", network_checkpoint([0.2, 0.6, 0.3, 0.3]))
    assert done.out.startswith("VERDICT: overfitting")
    assert "no evaluation yet" in cli("diagnose", "--metrics", network_checkpoint([])).sentence
    (tmp_path / "other.checkpoint").write_bytes(b"something else")
    done = cli("diagnose", "--metrics", tmp_path / "other.checkpoint")
    assert "cannot be read" in done.sentence


@pytest.fixture
def network_checkpoint(tmp_path, tiny):
    """A run's checkpoint after evaluations with these AUPRC."""

    def checkpoint(precisions):
        network = SpliceNetwork(NetworkConfig(**tiny))
        rows = [
            {
                "step": float(step),
                "loss": 5.0 - step,
                "gradient_norm": 20.0,
                "auprc_donor": value,
                "auprc_acceptor": value,
            }
            for step, value in enumerate(precisions)
        ]
        path = tmp_path / "run.splicenet.checkpoint"
        save_checkpoint(
            path,
            identity={},
            state=RunState(history=rows),
            sampler={},
            network=network,
            optimizer=torch.optim.AdamW(network.parameters()),
            kept={},
        )
        return path

    return checkpoint


def test_a_network_without_recurrence(train, diagnosis, learner):
    model = train("conv", "--architecture", "conv", "--steps", "1", *learner[:6])
    found = diagnosis(model)
    assert found["verdict"] == "no recurrent level"
    assert found["findings"][0]["remedies"][0]["switch"] == "--architecture hybrid"


def test_rates(cli, data, trained, tmp_path, monkeypatch):
    monkeypatch.setattr("splicenet.cli.rates._STEPS", 30)
    outputs = ("--plots", tmp_path / "run", "--json", tmp_path / "rates.json")
    done = cli("diagnose", "--lr-range", "-m", trained, *data, *outputs, *LOOK[4:])
    assert done.code == 0, done.err
    assert "converges" in done.out
    assert "to try next with splicenet train: --learning-rate " in done.out
    rates = json.loads((tmp_path / "rates.json").read_text())
    assert 1e-5 < rates["suggested"] < 1
    assert (tmp_path / "run.lr_range.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("options", [(), ("-m", "universal"), ("-f", "genome.fa"), ("--lr-range",)])
def test_what_is_needed_is_said(cli, options):
    done = cli("diagnose", *options)
    assert done.code == 2
    assert "Traceback" not in done.err
    assert "--fasta" in done.err or "genome.fa" in done.err


def test_a_model_trained_elsewhere_is_measured_too(diagnosis, plant):
    found = diagnosis(plant(0.9))
    assert found["trained_on"] is None
    assert found["not_trained_on"]["sites"] > 0
