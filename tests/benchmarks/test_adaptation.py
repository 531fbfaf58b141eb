"""The learning curves of the benchmark, on a fly and a tiny network."""

from __future__ import annotations

import importlib
from pathlib import Path

import pandas as pd
import pytest

from splicenet.genome.intervals import Interval
from splicenet.model.network import NetworkConfig
from splicenet.training.settings import TrainingSettings

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def adaptation(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("adaptation")


@pytest.fixture
def rows(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("rows")


def test_draws_are_whole(adaptation):
    found = list(adaptation.cases([5, 10], 2, species="fly"))
    assert [case["draw"] for case in found] == [0, 0, *[1] * 4, *[2] * 4, *[1] * 2, *[2] * 2]
    assert {case["start"] for case in found[2:]} == {"plain", "meta", "scratch"}
    assert len({tuple(case.items()) for case in found}) == len(found)


def test_a_draw_is_the_same_for_every_beginning(
    adaptation, trained, fly_species, fly_files, tiny, tmp_path
):
    held_out = [Interval(fly_files.contig, 600_000, 700_000)]

    def adapted(start, draw):
        return adaptation.adapted(
            start,
            fly_species,
            held_out=held_out,
            genes=6,
            draw=draw,
            settings=TrainingSettings(
                steps=4,
                length=512,
                batch_tokens=1024,
                learning_rate=1e-3,
                evaluations=2,
                validation_bases=20_000,
                test_bases=50_000,
                seed=draw,
            ),
            config=NetworkConfig(**tiny),
            output=tmp_path / "adapted.splicenet",
        )

    one, again, other, scratch = (
        adapted(trained, 1), adapted(trained, 1), adapted(trained, 2), adapted(None, 1)
    )  # fmt: skip
    assert one == again
    assert one != other
    assert set(one) == {"donor", "acceptor", "best_step"}
    assert scratch["donor"] < one["donor"]


def test_table_and_chart(adaptation, rows, tmp_path):
    measured = []

    def measure(start, genes, draw, species):
        measured.append(start)
        value = {"plain": 0.4, "meta": 0.5, "scratch": 0.0}[start] + genes / 1000 + draw / 100
        return {"donor": value, "acceptor": value + 0.02}

    path = tmp_path / "curves.tsv"
    for draws in (1, 2, 2):
        table = rows.fill(path, adaptation.cases([5, 10], draws, species="fly"), measure)
    assert len(measured) == len(table) == 2 + 2 * 2 * 3
    found = adaptation.summary(table).set_index(["start", "genes"])
    assert found.loc[("plain", 5), "mean"] == pytest.approx(0.4 + 0.005 + 0.015 + 0.01)
    assert found.loc[("plain", 5), "std"] == pytest.approx(0.01 / 2**0.5)
    text = adaptation.markdown(table)
    assert "| none | 0.410 | 0.510 | - |" in text
    assert "| 10 | 0.435 ± 0.007 |" in text
    adaptation.draw_curves(pd.read_csv(path, sep="\t"), tmp_path / "curves.png", title="a fly")
    assert (tmp_path / "curves.png").read_bytes()[:4] == b"\x89PNG"
