from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pyBigWig
import pytest
import torch

from splicenet.genome.alphabet import decode, reverse_complement
from splicenet.genome.sequence import open_genome
from splicenet.genome.tasks import REGIONS, Task
from splicenet.model.calibration import Calibration
from splicenet.model.modelfile import Model, Scale, save_model
from splicenet.model.network import NetworkConfig, SpliceNetwork

CONTIG = "NC_004353.4"
START, END = 100_000, 104_000
SITES = [(300, "+", "donor"), (420, "+", "donor"), (1500, "-", "acceptor"), (40, "-", "donor")]


@pytest.fixture(scope="module")
def files(tmp_path_factory, fly_files, tiny):
    """A stretch of a fly's genome and its mirror, sites on both, and a network of chance."""
    folder = tmp_path_factory.mktemp("explained")
    with open_genome(fly_files.fasta) as genome:
        codes = genome.fetch(CONTIG, START, END)
    (folder / "fly.fa").write_text(f">fly\n{decode(codes)}\n")
    (folder / "mirror.fa").write_text(f">fly\n{decode(reverse_complement(codes))}\n")
    last = END - START - 1
    with open(folder / "fly.bed", "w") as ours, open(folder / "mirror.bed", "w") as theirs:
        for position, strand, kind in SITES:
            ours.write(f"fly\t{position}\t{position + 1}\t{kind}\t900\t{strand}\n")
            other, at = {"+": "-", "-": "+"}[strand], last - position
            theirs.write(f"fly\t{at}\t{at + 1}\t{kind}\t900\t{other}\n")
    torch.manual_seed(0)
    with open(folder / "fly.gtf", "w") as out:
        for start, end in ((200, 301), (380, 421), (500, 600)):
            name = 'gene_id "g"; transcript_id "t";'
            out.write(f"fly\t.\texon\t{start}\t{end}\t.\t+\t.\t{name}\n")
    tasks = (Task("region", "region", REGIONS), Task("signal", "track"))
    network = SpliceNetwork(NetworkConfig(**{**tiny, "tasks": tasks})).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    kinds = ("donor", "acceptor")
    model = Model(
        network, 256, Scale(dict.fromkeys(kinds, Calibration()), dict.fromkeys(kinds, 0.5))
    )
    save_model(folder / "chance.splicenet", model)
    return folder


@pytest.fixture
def explain(cli, files, tmp_path):
    def explain(*arguments, name="fly", out="out"):
        done = cli(
            *("explain", files / f"{name}.fa", "-m", files / "chance.splicenet"),
            *("--sites", files / f"{name}.bed", "-o", tmp_path / out, "--threads", "1"),
            *("--context", "64", "--device", "cpu", *arguments),
        )
        assert done.code == 0, done.err
        return tmp_path / out

    return explain


def track(path):
    with pyBigWig.open(str(path)) as file:
        assert file.isBigWig()
        return np.nan_to_num(file.values("fly", 0, END - START, numpy=True)).astype(np.float64)


def test_results(explain, files):
    out = explain("--layer", "all", "--check", "--annotation", files / "fly.gtf")
    table = pd.read_csv(out / "sites.tsv", sep="\t")
    assert len(table) == 4
    assert set(table["position"]) == {position for position, _, _ in SITES}
    for kind in ("donor", "acceptor"):
        for name, strand in (("plus", "+"), ("minus", "-")):
            values = track(out / f"{kind}.{name}.bw")
            rows = table[(table["kind"] == kind) & (table["strand"] == strand)]
            assert values.sum() == pytest.approx(rows["in_track"].sum(), abs=1e-4)
            with gzip.open(out / f"{kind}.{name}.bedgraph.gz", "rt") as file:
                lines = [line.split() for line in file]
            assert [int(line[1]) for line in lines if float(line[3])] == (
                np.flatnonzero(np.abs(values) >= 1e-30).tolist()
            )
            total = sum(float(line[3]) for line in lines)
            assert total == pytest.approx(values.sum(), abs=1e-4)
    assert (table["delta"] <= np.maximum(0.01 * table["total"].abs(), 2e-3)).all()
    ohe, shap = (np.load(out / name)["arr_0"] for name in ("ohe.npz", "shap.npz"))
    assert ohe.shape == shap.shape == (4, 4, 128)
    np.testing.assert_allclose((ohe * shap).sum((1, 2)), table["total"], atol=1e-4)
    assert ohe[0].sum() == 128 - (64 - 41)  # the first site lies near the contig's beginning
    for name in ("segments.tsv", "distance.tsv"):
        shares = pd.read_csv(out / name, sep="\t").groupby("kind")["share"].sum()
        np.testing.assert_allclose(shares, 1, atol=1e-6)
    layers = pd.read_csv(out / "layers.tsv", sep="\t")
    assert {"last", "coarse.blocks.0"} < set(layers["layer"])
    assert layers["layer"].str.endswith("backward_cell").any()
    motifs = pd.read_csv(out / "site_motifs.tsv", sep="\t")
    assert motifs["kind"].tolist() == ["donor", "acceptor"]
    assert motifs["correlation"].between(-1, 1).all()
    assert motifs["counted_from"].tolist() == ["annotation"] * 2
    assert motifs["counted_sites"].tolist() == [2, 2]
    run = json.loads((out / "run.json").read_text())
    assert run["method"] == "ig"
    assert run["checks"]
    assert (out / "explanation.html").stat().st_size > 1000
    assert not (out / "unfinished").exists()


def test_the_mirrored_genome_has_mirrored_tracks(explain):
    ours = explain("--method", "gradient", out="ours")
    theirs = explain("--method", "gradient", name="mirror", out="theirs")
    for kind in ("donor", "acceptor"):
        values = track(ours / f"{kind}.minus.bw")
        assert values.any()
        reflected = track(theirs / f"{kind}.plus.bw")[::-1]
        np.testing.assert_allclose(values, reflected, atol=1e-5)


def test_other_tasks_are_explained_at_sites(explain):
    """Where a calibrated probability is told, it is that of a splice site alone."""
    tables = {}
    for target in ("donor", "region:intron", "signal"):
        out = explain("--method", "gradient", "--target", target, out=target.replace(":", "-"))
        tables[target] = table = pd.read_csv(out / "sites.tsv", sep="\t")
        assert set(table["explained"]) == {target}
        assert json.loads((out / "run.json").read_text())["target"] == target
        assert target in (out / "explanation.html").read_text()
        assert track(out / "acceptor.minus.bw").any()
    assert tables["signal"]["probability"].isna().all()
    for target in ("donor", "region:intron"):
        odds = tables[target]["log_odds"]
        np.testing.assert_allclose(tables[target]["probability"], 1 / (1 + np.exp(-odds)), 1e-4)
    assert (tables["donor"]["log_odds"] != tables["region:intron"]["log_odds"]).all()


def test_a_task_that_the_model_lacks_is_refused(cli, files, tmp_path):
    sentence = cli(
        *("explain", files / "fly.fa", "-m", files / "chance.splicenet", "--target", "usage"),
        *("--sites", files / "fly.bed", "-o", tmp_path / "out"),
    ).sentence
    assert "donor, acceptor, region, signal" in sentence


def test_a_run_goes_on_where_it_was_interrupted(explain, cli, files, monkeypatch, tmp_path):
    from splicenet.attribution import explain as engine

    monkeypatch.setattr(engine, "_CHUNK", 1)
    whole = explain("--method", "gradient", out="whole")
    asked = []
    real = engine.explain_windows

    def interrupted(network, windows, settings):
        asked.append(windows.sites)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return real(network, windows, settings)

    monkeypatch.setattr(engine, "explain_windows", interrupted)
    arguments = (
        *("explain", files / "fly.fa", "-m", files / "chance.splicenet", "--context", "64"),
        *("--sites", files / "fly.bed", "-o", tmp_path / "out", "--method", "gradient"),
    )
    assert cli(*arguments).code == 130
    assert "other settings" in cli(*arguments, "--resume", "--seed", "1").sentence
    assert cli(*arguments, "--resume").code == 0
    assert len(asked) == 9  # one of the four sites twice, and four shuffled windows
    for name in ("sites.tsv", "shap.npz", "donor.plus.bw"):
        assert (tmp_path / "out" / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("nowhere\t5\t6\tdonor\t1\t+", "no such contig"),
        ("fly\t5000\t5001\tdonor\t1\t+", "past the contig's end"),
        ("fly\t5\t6\texon\t1\t+", "donor or acceptor"),
        ("", "no site"),
    ],
)
def test_sites_that_do_not_fit_are_refused(cli, files, tmp_path, line, told):
    sites = tmp_path / "sites.bed"
    sites.write_text(line + "\n")
    sentence = cli(
        *("explain", files / "fly.fa", "-m", files / "chance.splicenet"),
        *("--sites", sites, "-o", tmp_path / "out"),
    ).sentence
    assert told in sentence
    assert "sites.bed" in sentence


def test_a_level_that_is_not_there_is_refused(cli, files, tmp_path):
    done = cli(
        *("explain", files / "fly.fa", "-m", files / "chance.splicenet"),
        *("--sites", files / "fly.bed", "-o", tmp_path / "out", "--layer", "attic"),
    )
    assert done.code == 2
    assert "coarse.blocks.0" in done.err
