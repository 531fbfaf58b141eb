"""From tasks on the command line to tracks and figures, with a network too small to be any good."""

from __future__ import annotations

import json
import os

import numpy as np
import pandas as pd
import pyBigWig
import pysam
import pytest
import torch

from splicenet.genome.intervals import Interval
from splicenet.genome.targets import resolve_tasks
from splicenet.genome.tasks import parse_tasks
from splicenet.inference.predictor import Predictor
from splicenet.model.modelfile import Model, save_model
from splicenet.model.network import NetworkConfig, SpliceNetwork

WHERE = "NC_004353.4:100,001-140,000"


@pytest.fixture(scope="module")
def multitask(tmp_path_factory, fly_species, fly_files, tiny, trained_model):
    """A model file with a head of each sort, whose weights are random, and its sources' folder."""
    folder = tmp_path_factory.mktemp("multitask")
    contig, length = fly_files.contig, fly_species.genome.lengths[fly_files.contig]
    with pyBigWig.open(str(folder / "s.bw"), "w") as file:
        file.addHeader([(contig, length)])
        values = (np.sin(np.arange(200_000) / 50) * 3 + 40).tolist()
        file.addEntries(contig, 0, values=values, span=1, step=1)
    places = range(100_000, 200_000, 50)
    (folder / "m.bed").write_text("".join(f"{contig}\t{at}\t{at + 1}\n" for at in places))
    texts = ["region", f"mutation:{folder / 'm.bed'}", f"track:{folder / 's.bw'}", "contains:gene"]
    texts.append("usage")
    tasks = resolve_tasks(parse_tasks(texts), [fly_species])
    torch.manual_seed(0)
    network = SpliceNetwork(NetworkConfig(**tiny, tasks=tasks))
    for parameter in network.heads.parameters():
        torch.nn.init.normal_(parameter)
    record = {"training": {"length": "1024-4096"}, "data": {}}
    save_model(folder / "m.splicenet", Model(network, 256, trained_model.scale, record))
    return folder


def test_tracks_and_windows(cli, multitask, fly_files, fly_species, tmp_path):
    stem = tmp_path / "fly"
    data = [fly_files.fasta, "-m", multitask / "m.splicenet", "-r", WHERE, "--threads", 1]
    assert cli("predict", *data, "-o", tmp_path / "s.bed", "--tasks", stem).code == 0
    assert cli("predict", *data, "-o", tmp_path / "alone.bed").code == 0
    assert (tmp_path / "s.bed").read_text() == (tmp_path / "alone.bed").read_text()
    assert sorted(path.name for path in tmp_path.glob("fly.*")) == [
        "fly.mutation.bw",
        "fly.region.bed.gz",
        "fly.region.bed.gz.tbi",
        "fly.track.bw",
        "fly.usage.minus.bw",
        "fly.usage.plus.bw",
        "fly.windows.tsv",
    ]
    region = Interval(fly_files.contig, 100_000, 140_000)
    predictor = Predictor(multitask / "m.splicenet")
    said = [one for _, one in predictor.scores(fly_species.genome, [region], tasks=True)]
    values = np.concatenate([one.values for one in said], -1)  # (2, 2 + 7 + 2 + 1 + 1, 40,000)
    place = (region.contig, region.start, region.end)
    with pyBigWig.open(f"{stem}.track.bw") as file:
        np.testing.assert_allclose(
            file.values(*place, numpy=True), values[:, 11].mean(0), rtol=1e-5
        )
        assert file.values(region.contig, 0, 100, numpy=True).size == 100
    with pyBigWig.open(f"{stem}.mutation.bw") as file:
        shown = np.nan_to_num(file.values(*place, numpy=True))
    likely = values[:, 10].mean(0)
    np.testing.assert_allclose(shown, np.where(likely >= 0.001, likely, 0), atol=1e-6)
    coding = np.zeros((2, 40_000), bool)
    with pysam.TabixFile(f"{stem}.region.bed.gz") as file:
        for row in file.fetch(*place):
            _, start, end, name, _, strand = row.split("\t")
            if name == "CDS":
                coding["+-".index(strand), int(start) - 100_000 : int(end) - 100_000] = True
    np.testing.assert_array_equal(coding, values[:, 4:7].sum(1) > 0.5)
    table = pd.read_csv(f"{stem}.windows.tsv", sep="\t")
    assert list(table.columns) == ["contig", "start", "end", "strand", "contains-gene.yes"]
    assert len(table) == 2 * 10  # windows of 4096
    assert table["end"].max() == 140_000
    assert table["contains-gene.yes"].between(0, 1).all()


def test_one_strand(cli, multitask, fly_files, tmp_path):
    """And wherever a site is called, as ``--threshold`` has it, is told how much it is used."""
    data = [fly_files.fasta, "-m", multitask / "m.splicenet", "-r", WHERE, "--threads", 1]
    out = ["-o", tmp_path / "s.bed", "--tasks", tmp_path / "fly", "--strand", "-"]
    assert cli("predict", *data, *out, "--threshold", 0).code == 0
    with pyBigWig.open(str(tmp_path / "fly.usage.minus.bw")) as file:
        usage = file.values(fly_files.contig, 100_000, 140_000, numpy=True)
    assert ((usage > 0) & (usage < 1)).all()
    assert not (tmp_path / "fly.usage.plus.bw").exists()
    with pysam.TabixFile(str(tmp_path / "fly.region.bed.gz")) as file:
        assert {row.split("\t")[5] for row in file.fetch()} == {"-"}
    table = pd.read_csv(tmp_path / "fly.windows.tsv", sep="\t")
    assert set(table["strand"]) == {"-"}


def test_regions_that_can_be_read_but_once(cli, multitask, fly_files, tmp_path):
    receiver, sender = os.pipe()
    os.write(sender, f"{fly_files.contig}\t100000\t104096\n".encode())
    os.close(sender)
    data = [fly_files.fasta, "-m", multitask / "m.splicenet", "-r", f"/dev/fd/{receiver}"]
    out = ["-o", tmp_path / "s.bed", "--tasks", tmp_path / "fly", "--threads", 1]
    done = cli("predict", *data, *out)
    os.close(receiver)
    assert done.code == 0
    assert len(pd.read_csv(tmp_path / "fly.windows.tsv", sep="\t")) == 2


def test_a_model_without_tasks(cli, trained, fly_files, tmp_path):
    done = cli("predict", fly_files.fasta, "-m", trained, "--tasks", tmp_path / "x")
    assert done.code == 2
    assert "knows no task but splice sites" in done.err


def test_figures_of_every_head(cli, multitask, fly_files, tmp_path):
    data = ["-f", fly_files.fasta, "-a", fly_files.annotation, "-r", WHERE, "--threads", 1]
    for table in ("t.tsv", "t.json"):
        command = ["evaluate", "-m", multitask / "m.splicenet", *data, "-o", tmp_path / table]
        done = cli(*command)
        assert done.code == 0
        assert "contains-gene" in done.out
        assert "pearson" in done.out
    rows = pd.read_csv(tmp_path / "t.tasks.tsv", sep="\t").set_index(["task", "class"])
    assert rows.index.get_level_values("task").unique().tolist() == [
        "region",
        "mutation",
        "track",
        "contains-gene",
    ]
    by_kind = {row["kind"]: row for row in json.loads((tmp_path / "t.json").read_text())}
    assert by_kind["mutation"]["known"] == by_kind["track"]["known"] == 40_000
    assert by_kind["region"]["classes"]["intron"]["auroc"] is not None
    assert "donor" in by_kind


def test_labels_that_lie_elsewhere(cli, multitask, fly_files, tmp_path):
    """A source of the training that is gone is a note; one that is given and wrong is an error."""
    moved = tmp_path / "m.bed"
    (multitask / "m.bed").rename(moved)
    try:
        data = ["-f", fly_files.fasta, "-a", fly_files.annotation, "-r", "NC_004353.4:1-60000"]
        command = ["evaluate", "-m", multitask / "m.splicenet", *data, "--threads", 1]
        done = cli(*command)
        assert done.code == 0
        assert "mutation is not judged" in done.err
        assert "mutation" not in done.out
        assert "mutation" in cli(*command, "--task", f"mutation:{moved}").out
        done = cli(*command, "--task", "region", "-o", "-")  # named, but not placed elsewhere
        assert "\ngenome\tregion\t" in done.out
        assert not list(tmp_path.glob("*.tasks.tsv"))
        said = cli(*command, "--task", "region=contains:gene").sentence
        assert "the model's task region is region and cannot be judged by contains" in said
        said = cli(*command, "--task", f"risk=mutation:{moved}").sentence
        assert "has no task risk; it has region" in said
        moved.write_text("elsewhere\t1\t2\n")
        assert "elsewhere" in cli(*command, "--task", f"mutation:{moved}").sentence
    finally:
        moved.rename(multitask / "m.bed")
