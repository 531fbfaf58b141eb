"""Heads that say what the labels say are perfect; heads that say nothing are chance."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from splicenet.evaluation import tasks as judged
from splicenet.evaluation.tasks import task_metrics, task_rows
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import STRANDS, UNKNOWN
from splicenet.genome.targets import open_targets, resolve_tasks
from splicenet.genome.tasks import REGIONS, parse_tasks
from splicenet.model.answers import Answer, LocalLayout
from splicenet.model.modelfile import Model
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.scoring import Scores


@pytest.fixture
def asked(tmp_path, fly_species, fly_files):
    """Tasks of each sort with their targets, and a few regions."""
    marks = tmp_path / "m.bed"
    places = range(100_000, 200_000, 50)
    marks.write_text("".join(f"{fly_files.contig}\t{at}\t{at + 1}\n" for at in places))
    texts = ["region", f"mutation:{marks}", "usage", "contains:gene"]
    tasks = resolve_tasks(parse_tasks(texts), [fly_species])
    (targets,) = open_targets(tasks[:2] + tasks[3:], [fly_species])
    targets["usage"] = Every(7)
    regions = [
        Interval(fly_files.contig, 100_000, 140_000),
        Interval(fly_files.contig, 150_000, 181_000),
    ]
    return tasks, targets, regions


class Every:
    """A number at every ``step``-th base, which depends on the place."""

    def __init__(self, step: int) -> None:
        self._step = step

    def window(self, contig, start, end, strand):
        places = np.arange(start, end)
        values = np.where(places % self._step == 0, places % 101 / 101, np.nan).astype(np.float32)
        return values[::-1] if strand == "-" else values


def judge(monkeypatch, model, species, regions, targets: Mapping, said):
    """As :func:`task_metrics`, with answers that ``said(task, truth)`` makes."""
    tasks = model.network.config.tasks
    local = [task for task in tasks if task.scope == "local"]
    layout = LocalLayout(local)

    def local_scan(network, stretches, *, flank):
        for stretch in stretches:
            for start in range(stretch.start, stretch.end, 10_000):
                end = min(start + 10_000, stretch.end)
                values = np.zeros((2, layout.numbers, end - start), np.float32)
                for index, strand in enumerate(STRANDS):
                    for task in local:
                        truth = targets[task.name].window(stretch.contig, start, end, strand)
                        truth = truth[::-1] if strand == "-" else truth
                        values[index, layout.slices[task.name]] = said(task, truth)
                yield stretch.contig, Scores(start, values)

    def global_answers(network, genome, regions, *, window):
        for region in regions:
            for start in range(region.start, region.end, window):
                for strand in STRANDS:
                    end = min(start + window, region.end)
                    piece = Interval(region.contig, start, end, strand)
                    for task in (task for task in tasks if task.scope == "global"):
                        truth = targets[task.name].window(piece.contig, start, end, strand)
                        yield Answer(piece, task, said(task, truth[None])[:, 0])

    monkeypatch.setattr(judged, "local_scan", local_scan)
    monkeypatch.setattr(judged, "global_answers", global_answers)
    return task_metrics(model, species, regions, targets, window=2000)


def stand_in(tasks) -> Model:
    """What of a model is looked at, beside its answers."""
    network = SimpleNamespace(config=SimpleNamespace(tasks=tasks))
    network.fused = lambda: network
    return SimpleNamespace(network=network, flank=256, record={})  # type: ignore[return-value]


def perfect(task, truth):
    if not task.classes:
        return np.nan_to_num(truth, nan=0.5)[None]
    chosen = np.where(truth == UNKNOWN, 0, truth)
    return np.eye(len(task.classes), dtype=np.float32)[chosen].T


def silent(task, truth):
    return np.full((max(1, len(task.classes)), len(truth)), 0.25, np.float32)


def test_perfect_heads(monkeypatch, fly_species, asked):
    tasks, targets, regions = asked
    found = judge(monkeypatch, stand_in(tasks), fly_species, regions, targets, perfect)
    assert found["region"]["accuracy"] == 1
    assert found["region"]["auprc"] == found["region"]["auroc"] == pytest.approx(1)
    assert set(found["region"]["classes"]) <= set(REGIONS)
    assert found["region"]["known"] < 2 * 71_000
    # Once a base, for it has no strand.
    assert (found["mutation"]["known"], found["mutation"]["positive"]) == (71_000, 1420)
    assert found["mutation"]["auprc"] == pytest.approx(1)
    assert found["usage"]["pearson"] == found["usage"]["spearman"] == pytest.approx(1)
    assert found["usage"]["known"] == pytest.approx(2 * 71_000 / 7, abs=4)
    assert found["contains-gene"]["known"] == 2 * (20 + 16)
    assert found["contains-gene"]["auroc"] == pytest.approx(1)
    table = task_rows(found)
    assert table.loc[table["class"] == "intron", "task"].tolist() == ["region"]


def test_silent_heads(monkeypatch, fly_species, asked):
    tasks, targets, regions = asked
    found = judge(monkeypatch, stand_in(tasks), fly_species, regions, targets, silent)
    assert found["mutation"]["auroc"] == pytest.approx(0.5)
    assert found["mutation"]["auprc"] == pytest.approx(1420 / 71_000)
    assert found["usage"]["pearson"] is found["usage"]["spearman"] is None


def test_more_numbers_than_ranks_are_made_of(monkeypatch, fly_species, asked):
    tasks, targets, regions = asked
    monkeypatch.setattr(judged, "_PAIRS", 500)
    found = judge(monkeypatch, stand_in(tasks), fly_species, regions, targets, perfect)
    assert found["usage"]["spearman"] == pytest.approx(1)


def test_what_the_network_says(fly_species, tiny, asked):
    """A real, untrained network is judged on the same bases, and those unknown are left out."""
    tasks, targets, regions = asked
    torch.manual_seed(0)
    network = SpliceNetwork(NetworkConfig(**tiny, tasks=tasks)).eval()
    model = Model(network, 256, scale=None)  # type: ignore[arg-type]
    seen: list[int] = []
    some = {name: one for name, one in targets.items() if name != "usage"}
    found = task_metrics(model, fly_species, regions[:1], some, window=2000, on_bases=seen.append)
    assert set(found) == {"region", "mutation", "contains-gene"}
    assert sum(seen) == 80_000
    seen.clear()
    gene = {"contains-gene": targets["contains-gene"]}
    task_metrics(model, fly_species, regions[:1], gene, window=2000, on_bases=seen.append)
    assert sum(seen) == 80_000
    assert found["mutation"]["known"] == 40_000
    assert found["contains-gene"]["known"] == 40
