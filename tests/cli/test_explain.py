from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pyBigWig
import pytest


@pytest.fixture
def files(stretch):
    return stretch.folder


def track(path):
    with pyBigWig.open(str(path)) as file:
        assert file.isBigWig()
        values = file.values("fly", 0, file.chroms("fly"), numpy=True)
    return np.nan_to_num(values).astype(np.float64)


def test_results(explain, files, stretch):
    out = explain("--layer", "all", "--check", "--annotation", files / "fly.gtf")
    table = pd.read_csv(out / "sites.tsv", sep="\t")
    assert len(table) == 4
    assert set(table["position"]) == {position for position, _, _ in stretch.sites}
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

    monkeypatch.setattr(engine, "_chunk", lambda settings: 1)
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
    assert "go on with --resume, or remove it" in cli(*arguments).sentence
    assert "other settings" in cli(*arguments, "--resume", "--seed", "1").sentence
    assert cli(*arguments, "--resume").code == 0
    assert len(asked) == 9  # one of the four sites twice, and four shuffled windows
    for name in ("sites.tsv", "shap.npz", "donor.plus.bw"):
        assert (tmp_path / "out" / name).read_bytes() == (whole / name).read_bytes()


def test_checks_that_were_made_are_not_made_again(explain, cli, files, monkeypatch, tmp_path):
    from splicenet.report import checking

    asked = []
    real = checking.infidelity

    def interrupted(network, windows, attribution, settings):
        asked.append(windows.sites[0].kind)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return real(network, windows, attribution, settings)

    options = ("--method", "gradient", "--check")
    whole = explain(*options, out="whole")
    monkeypatch.setattr(checking, "infidelity", interrupted)
    arguments = (
        *("explain", files / "fly.fa", "-m", files / "chance.splicenet", "--context", "64"),
        *("--sites", files / "fly.bed", "-o", tmp_path / "out", *options),
    )
    assert cli(*arguments).code == 130
    assert (tmp_path / "out" / "unfinished" / "acceptor_curves.json").exists()
    assert cli(*arguments, "--resume").code == 0
    assert asked == ["donor", "acceptor", "acceptor"]
    told = [json.loads((folder / "run.json").read_text()) for folder in (whole, tmp_path / "out")]
    assert told[0]["checks"] == told[1]["checks"]
    assert not (tmp_path / "out" / "unfinished").exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("nowhere\t5\t6\tdonor\t1\t+", "cannot be matched"),
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
