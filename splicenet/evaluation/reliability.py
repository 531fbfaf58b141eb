"""Whether probabilities are the frequencies that they promise, and what of an error is chance."""

from __future__ import annotations

from math import isnan, nan
from typing import NamedTuple

import numpy as np

from splicenet.evaluation.scored import ScoredBases

__all__ = ["Reliability", "calibration_error_of_all", "reliability"]


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
