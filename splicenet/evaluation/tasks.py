"""How well the heads of tasks do on sequence whose answers are known.

Local tasks are judged over every known base of both strands of the regions, or once a base where
strands do not differ; global ones over the windows of both strands. Coordinates are 0-based
half-open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isnan, nan, sqrt
from typing import Any

import numpy as np
import pandas as pd

from splicenet.evaluation.ranking import Ranking
from splicenet.genome.alphabet import N
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import STRANDS, UNKNOWN
from splicenet.genome.species import Species
from splicenet.genome.targets import Target, open_target
from splicenet.genome.tasks import Task
from splicenet.model.answers import (
    LocalLayout,
    asked_window,
    global_answers,
    global_tasks,
    local_scan,
    local_tasks,
)
from splicenet.model.modelfile import Model
from splicenet.model.scoring import Stretch

__all__ = ["task_metrics", "task_rows"]

_PAIRS = 1 << 20
"""Pairs of numbers from which ranks are made, evenly spread over all of them."""


def task_metrics(
    model: Model,
    species: Species,
    regions: Sequence[Interval],
    targets: Mapping[str, Target] | None = None,
    *,
    window: int | None = None,
    on_bases: Callable[[int], object] = lambda bases: None,
) -> dict[str, dict[str, Any]]:
    """Judge every head of a model whose task the species knows something about.

    Parameters
    ----------
    model
        With its network where it is to run.
    species, regions
        What is read; both strands.
    targets
        What is known, by the task's name; opened from the species if not given.
    window
        Bases of a window of a global task; the longest that the model was trained on if not given.
    on_bases
        Hears of strand-bases done: of the local tasks, or of the global ones if there are no local.

    Returns
    -------
    dict
        By task, as JSON. With classes: ``known`` bases or windows, ``accuracy``, and ``auprc`` and
        ``auroc``, the means over the classes that occur, whose own figures stand in ``classes``.
        With yes or no: ``known``, ``positive``, ``auprc``, ``auroc``. With numbers: ``known``,
        ``pearson``, ``spearman``. None stands for what is undefined. A task of which nothing is
        known is left out.
    """
    network = model.network.fused()
    if targets is None:
        opened = {task.name: open_target(task, species) for task in network.config.tasks}
        targets = {name: one for name, one in opened.items() if one is not None}
    tallies = {task.name: _tally(task) for task in network.config.tasks if task.name in targets}
    asked = [task for task in local_tasks(network) if task.name in targets]
    if asked:
        layout = LocalLayout(local_tasks(network))
        stretches = (Stretch.of(species.genome, region) for region in regions)
        for contig, scores in local_scan(network, stretches, flank=model.flank):
            known = species.genome.fetch(contig, scores.start, scores.end) != N
            for task in asked:
                values = scores.values[:, layout.slices[task.name]]
                # Of what has no strand there is one truth, and one answer: the mean of both.
                read = STRANDS if task.stranded else STRANDS[:1]
                values = values if task.stranded else values.mean(0, keepdims=True)
                for said, strand in zip(values, read, strict=True):
                    truth = targets[task.name].window(contig, scores.start, scores.end, strand)
                    truth = truth[::-1] if strand == "-" else truth  # back to plus-strand order
                    tallies[task.name].add(said[:, known], truth[known])
            on_bases(scores.values[0, 0].size * 2)
    if any(task.name in targets for task in global_tasks(network)):
        length = window or asked_window(model)
        last = global_tasks(network)[-1]
        for piece, task, said in global_answers(network, species.genome, regions, window=length):
            if task.name in targets:
                truth = targets[task.name].window(*_place(piece))
                tallies[task.name].add(said[:, None], truth[None])
            if task is last and not asked:
                on_bases(len(piece))
    return {name: tally.figures() for name, tally in tallies.items() if tally.known}


def task_rows(metrics: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """The figures as a table: a row for each task, and one for each class of several."""
    rows = []
    for name, figures in metrics.items():
        rows.append({"task": name, "class": "", **_plain(figures)})
        for label, one in figures.get("classes", {}).items():
            rows.append({"task": name, "class": label, **_plain(one)})
    columns = ["task", "class", "known", "positive", "accuracy", "auprc", "auroc"]
    return pd.DataFrame(rows, columns=[*columns, "pearson", "spearman"])


def _plain(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in figures.items() if name != "classes"}


def _place(piece: Interval) -> tuple[Any, ...]:
    return piece.contig, piece.start, piece.end, piece.strand


def _tally(task: Task) -> _Yes | _Classes | _Numbers:
    if task.binary:
        return _Yes()
    return _Classes(task) if task.classes else _Numbers(task)


class _Yes:
    """Answers yes or no."""

    def __init__(self) -> None:
        self._ranking = Ranking()

    @property
    def known(self) -> int:
        return self._ranking.known

    def add(self, said: np.ndarray, truth: np.ndarray) -> None:
        """Add probabilities (2, n) and classes (n,)."""
        there = truth != UNKNOWN
        self._ranking.add(said[1, there], truth[there] == 1)

    def figures(self) -> dict[str, Any]:
        return _figures(self._ranking)


class _Classes:
    """One of several classes."""

    def __init__(self, task: Task) -> None:
        self._rankings = {label: Ranking() for label in task.classes}
        self._right = 0
        self.known = 0

    def add(self, said: np.ndarray, truth: np.ndarray) -> None:
        """Add probabilities (classes, n) and classes (n,)."""
        there = truth != UNKNOWN
        said, truth = said[:, there], truth[there]
        self.known += truth.size
        self._right += int((said.argmax(0) == truth).sum())
        for index, ranking in enumerate(self._rankings.values()):
            ranking.add(said[index], truth == index)

    def figures(self) -> dict[str, Any]:
        classes = {label: _figures(one) for label, one in self._rankings.items() if one.positive}
        means = {
            name: _or_none(_mean([one[name] for one in classes.values()]))
            for name in ("auprc", "auroc")
        }
        accuracy = self._right / self.known
        return {"known": self.known, "accuracy": accuracy, **means, "classes": classes}


class _Numbers:
    """A number; sums for the correlation of all, and evenly spread pairs for that of ranks."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._sums = np.zeros(5)
        self._pairs: list[np.ndarray] = []
        self._kept, self._every = 0, 1
        self.known = 0

    def add(self, said: np.ndarray, truth: np.ndarray) -> None:
        """Add numbers as they are meant (1, n), and in standard units (n,)."""
        there = ~np.isnan(truth)
        x = (said[0, there].astype(np.float64) - self._task.centre) / self._task.scale
        y = truth[there].astype(np.float64)
        self._sums += [x.sum(), y.sum(), (x * x).sum(), (y * y).sum(), (x * y).sum()]
        chosen = np.arange(-self.known % self._every, x.size, self._every)
        self._pairs.append(np.stack([x[chosen], y[chosen]]).astype(np.float32))
        self._kept += chosen.size
        self.known += x.size
        while self._kept > _PAIRS:
            self._pairs = [np.concatenate(self._pairs, axis=1)[:, ::2]]
            self._kept, self._every = self._pairs[0].shape[1], 2 * self._every

    def figures(self) -> dict[str, Any]:
        x, y, xx, yy, xy = self._sums / self.known
        spread = sqrt(max(xx - x * x, 0) * max(yy - y * y, 0))
        pearson = (xy - x * y) / spread if spread > 1e-12 else nan
        ranks = pd.DataFrame(np.concatenate(self._pairs, axis=1).T).rank()
        spearman = ranks[0].corr(ranks[1]) if (ranks.std() > 0).all() else nan
        return {
            "known": self.known,
            "pearson": _or_none(float(pearson)),
            "spearman": _or_none(float(spearman)),
        }


def _figures(ranking: Ranking) -> dict[str, Any]:
    return {
        "known": ranking.known,
        "positive": ranking.positive,
        "auprc": _or_none(ranking.auprc()),
        "auroc": _or_none(ranking.auroc()),
    }


def _mean(values: Sequence[float | None]) -> float:
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else nan


def _or_none(value: float) -> float | None:
    return None if isnan(value) else value
