"""How well scores find splice sites, over every base that was scored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isnan, nan
from typing import NamedTuple

import numpy as np

from splicenet.evaluation.scored import Counts, ScoredBases

__all__ = [
    "PrecisionRecallCurve",
    "Reliability",
    "SiteMetrics",
    "average_precision",
    "best_f1_threshold",
    "calibration_error_of_all",
    "precision_recall_curve",
    "precision_recall_f1",
    "promised_precision",
    "reliability",
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


class Reliability(NamedTuple):
    """What probabilities promise and what they keep, bin by bin (arrays of one length)."""

    error: float
    """The expected calibration error: mean of ``|predicted - observed|``, weighted by bases."""
    by_chance: float
    """About what the error would be if every base were a site with its very probability.

    The fewer bases, the farther the frequencies stray, and the error counts that too: what a model
    can be blamed for is what lies above.
    """
    lower: np.ndarray
    upper: np.ndarray
    bases: np.ndarray
    """How many bases lie in ``[lower, upper)``, the last bin with its end; int64."""
    predicted: np.ndarray
    """Their mean probability; NaN in an empty bin."""
    observed: np.ndarray
    """The share of true sites among them; NaN in an empty bin."""

    def to_rows(self) -> list[dict[str, float | int | None]]:
        """The bins as plain values for JSON, which has no NaN: ``None`` stands for it."""
        columns = {
            name: values.tolist()
            for name, values in self._asdict().items()
            if isinstance(values, np.ndarray)
        }
        return [
            {
                name: None if isnan(value) else value
                for name, value in zip(columns, row, strict=True)
            }
            for row in zip(*columns.values(), strict=True)
        ]


def reliability(scored: ScoredBases, *, lowest: float = 0.1, bins: int = 18) -> Reliability:
    """Compare probabilities with frequencies in bins of equal width over ``[lowest, 1]``.

    Bases below ``lowest``, or below the floor where that is higher, are left out: there are so
    many, and they are so easily right, that with them any model would look calibrated. The errors
    are NaN if nothing else is there.
    """
    edges = np.linspace(max(lowest, scored.floor), 1.0, bins + 1)
    inner = edges[:-1].astype(np.float32)
    sizes = np.zeros((2, bins), dtype=np.int64)
    sums, variances = np.zeros((2, bins)), np.zeros((2, bins))
    for row, scores in enumerate((scored.true_scores, scored.false_scores)):
        cuts = np.append(np.searchsorted(scores, inner), scores.size)
        sizes[row] = np.diff(cuts)
        for column, (start, end) in enumerate(zip(cuts[:-1], cuts[1:], strict=True)):
            some = scores[start:end].astype(np.float64)
            sums[row, column], variances[row, column] = some.sum(), (some * (1 - some)).sum()
    bases = sizes.sum(axis=0)
    with np.errstate(invalid="ignore"):
        predicted, observed = sums.sum(axis=0) / bases, sizes[0] / bases
    total = int(bases.sum())
    error = float(np.nansum(bases * np.abs(predicted - observed)) / total) if total else nan
    strays = _mean_deviation(variances.sum(axis=0)).sum()
    by_chance = float(strays / total) if total else nan
    return Reliability(error, by_chance, edges[:-1], edges[1:], bases, predicted, observed)


def calibration_error_of_all(scored: ScoredBases) -> float:
    """The expected calibration error over all bases, the usual measure, in eighteen bins.

    Nearly all bases are of no kind and known to be, so that it is next to nothing for any model.
    Those below the floor, a probability, are a bin of their own: theirs are not kept, and count by
    the worst that they can be. NaN if no base was added.
    """
    if not scored.bases:
        return nan
    kept = scored.true_scores.size + scored.false_scores.size
    above = kept * reliability(scored, lowest=scored.floor).error if kept else 0.0
    missed = scored.sites - scored.true_scores.size
    below = max(missed, abs(missed - scored.floor * (scored.bases - kept)))
    return (above + below) / scored.bases


def _mean_deviation(variances: np.ndarray) -> np.ndarray:
    """How far on average a sum of many independent events lies from its mean.

    That of a normal distribution; where less than one event in some is expected to differ, twice
    the variance, that of a Poisson distribution.
    """
    return np.minimum(np.sqrt(2 * variances / np.pi), 2 * variances)


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
