"""How well scores find splice sites, over every base that was scored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isnan, nan
from typing import NamedTuple

import numpy as np

from splicenet.evaluation.reliability import reliability
from splicenet.evaluation.scored import Counts, ScoredBases

__all__ = [
    "PrecisionRecallCurve",
    "SiteMetrics",
    "average_precision",
    "best_f1_threshold",
    "precision_recall_curve",
    "precision_recall_f1",
    "promised_precision",
    "summarise",
    "top_k_accuracy",
]


def average_precision(scored: ScoredBases) -> float:
    """Area under the precision-recall curve as a sum of steps.

    The precision at each distinct score times the recall gained there: bases of equal score are
    one step, and nothing is interpolated. NaN without a true site.
    """
    if not scored.sites:
        return nan
    counts = Counts.of(scored)
    gained = np.diff(counts.true, prepend=0)
    return float(np.sum(gained * (counts.true / counts.called)) / scored.sites)


def top_k_accuracy(scored: ScoredBases) -> float:
    """Share of true sites among the ``k`` best bases, ``k`` being the number of true sites.

    After Jaganathan et al. (2019). Where bases of equal score straddle the cut, they enter by the
    share of true sites among them: the mean over all ways of breaking the tie. If fewer than
    ``k`` bases reach the floor, the missing calls count as wrong. NaN without a true site.
    """
    k = scored.sites
    if not k:
        return nan
    true, false = scored.true_scores, scored.false_scores
    if true.size + false.size <= k:
        return true.size / k
    both = np.concatenate((true, false))
    cut = np.partition(both, both.size - k)[both.size - k]

    def above_and_at(scores: np.ndarray) -> tuple[int, int]:
        low, high = (int(np.searchsorted(scores, cut, side)) for side in ("left", "right"))
        return scores.size - high, high - low

    true_above, true_at = above_and_at(true)
    false_above, false_at = above_and_at(false)
    room = k - true_above - false_above
    return (true_above + room * true_at / (true_at + false_at)) / k


def precision_recall_f1(scored: ScoredBases, *, threshold: float) -> tuple[float, float, float]:
    """Precision, recall and F1 when every base with ``score >= threshold`` is called.

    Precision is NaN where nothing is called, recall and F1 where there is no true site.

    Raises
    ------
    ValueError
        If the threshold lies below the floor.
    """
    cut = np.float32(threshold)
    if cut < np.float32(scored.floor):
        raise ValueError(f"threshold {threshold:g} lies below the floor {scored.floor:g}")
    true = scored.true_scores.size - int(np.searchsorted(scored.true_scores, cut))
    false = scored.false_scores.size - int(np.searchsorted(scored.false_scores, cut))
    precision = true / (true + false) if true + false else nan
    if not scored.sites:
        return precision, nan, nan
    return precision, true / scored.sites, 2 * true / (true + false + scored.sites)


def promised_precision(scored: ScoredBases, *, threshold: float) -> float:
    """The mean probability of the bases called at a threshold; NaN where none is.

    Of probabilities that are right it is their precision, whatever the threshold.
    """
    called = [
        scores[np.searchsorted(scores, np.float32(threshold)) :].astype(np.float64)
        for scores in (scored.true_scores, scored.false_scores)
    ]
    together = np.concatenate(called)
    return float(together.mean()) if together.size else nan


def best_f1_threshold(scored: ScoredBases) -> float:
    """The threshold of highest F1, the highest one if several are equal.

    Choose it on other bases than those it is judged on. NaN without a true site above the floor.
    """
    counts = Counts.of(scored)
    if not counts.threshold.size:
        return nan
    f1 = 2 * counts.true / (counts.called + scored.sites)
    return float(counts.threshold[np.argmax(f1)])


class PrecisionRecallCurve(NamedTuple):
    """Precision and recall at falling thresholds, three arrays of one length, float64."""

    threshold: np.ndarray
    precision: np.ndarray
    recall: np.ndarray


def precision_recall_curve(scored: ScoredBases, *, points: int = 500) -> PrecisionRecallCurve:
    """The curve at no more than ``points`` distinct scores, evenly spread over the true sites."""
    counts = Counts.of(scored)
    size = counts.threshold.size
    some = np.unique(np.linspace(0, size - 1, min(points, size)).round().astype(np.int64))
    return PrecisionRecallCurve(
        counts.threshold[some].astype(np.float64),
        counts.true[some] / counts.called[some],
        counts.true[some] / max(scored.sites, 1),
    )


@dataclass(frozen=True, slots=True)
class SiteMetrics:
    """The figures of one kind of site; NaN where one is undefined."""

    sites: int
    bases: int
    auprc: float
    top_k: float
    threshold: float
    precision: float
    promised: float
    """The precision that the probabilities promise at the threshold."""
    recall: float
    f1: float
    ece: float
    ece_by_chance: float

    def to_dict(self) -> dict[str, float | int | None]:
        """Plain values for JSON, which has no NaN: ``None`` stands for it."""
        return {name: None if isnan(value) else value for name, value in asdict(self).items()}


def summarise(scored: ScoredBases, *, threshold: float, probabilities: bool = True) -> SiteMetrics:
    """All figures at once; what is said of probabilities only of ``probabilities``."""
    kept = reliability(scored) if probabilities else None
    precision, recall, f1 = precision_recall_f1(scored, threshold=threshold)
    return SiteMetrics(
        sites=scored.sites,
        bases=scored.bases,
        auprc=average_precision(scored),
        top_k=top_k_accuracy(scored),
        threshold=threshold,
        precision=precision,
        promised=promised_precision(scored, threshold=threshold) if probabilities else nan,
        recall=recall,
        f1=f1,
        ece=kept.error if kept else nan,
        ece_by_chance=kept.by_chance if kept else nan,
    )
