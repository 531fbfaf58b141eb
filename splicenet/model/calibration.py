"""From what the network says to how often it is right.

A network trained on windows rich in genes, with weighted classes, reports probabilities of that
world. A calibration is an increasing map that turns them into frequencies in a genome.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from splicenet.exceptions import ModelFileError

__all__ = ["Calibration", "logit"]

_LEAST = float(np.finfo(np.float32).tiny)
_MOST = float(np.nextafter(np.float32(1), np.float32(0)))


def logit(probabilities: np.ndarray) -> np.ndarray:
    """Log-odds, natural logarithm, float64; 0 and 1 are read as the nearest float32 inside."""
    inside = np.clip(probabilities, _LEAST, _MOST, dtype=np.float64)
    return np.log(inside) - np.log1p(-inside)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A strictly increasing map of log-odds, straight between knots and on beyond the end ones.

    The default changes nothing; two knots make it Platt's scaling.

    Parameters
    ----------
    reported
        Log-odds (natural logarithm) that the network reports, at the knots, increasing.
    observed
        Log-odds that they stand for, increasing.

    Raises
    ------
    ValueError
        If there are not two or more increasing finite knots on either side.
    """

    reported: tuple[float, ...] = (-1.0, 1.0)
    observed: tuple[float, ...] = (-1.0, 1.0)

    def __post_init__(self) -> None:
        if len(self.reported) != len(self.observed) or len(self.reported) < 2:
            raise ValueError("a calibration needs two or more knots, each with two values")
        for side in (self.reported, self.observed):
            if not (np.isfinite(side).all() and (np.diff(side) > 0).all()):
                raise ValueError("the knots of a calibration must be finite and increase")

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, of any shape, dtype float32."""
        x, y = np.asarray(self.reported), np.asarray(self.observed)
        at = logit(probabilities)
        first, last = (y[1] - y[0]) / (x[1] - x[0]), (y[-1] - y[-2]) / (x[-1] - x[-2])
        mapped = np.interp(at, x, y)
        mapped += first * np.minimum(at - x[0], 0) + last * np.maximum(at - x[-1], 0)
        with np.errstate(over="ignore"):  # beyond exp's reach the probability is 0
            return (1 / (1 + np.exp(-mapped))).astype(np.float32)

    def to_dict(self) -> dict[str, list[float]]:
        """Plain lists for JSON."""
        return {name: list(values) for name, values in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Calibration:
        """The calibration that :meth:`to_dict` wrote.

        Raises
        ------
        ModelFileError
            If the values make no calibration.
        """
        try:
            return cls(*(tuple(map(float, values[name])) for name in ("reported", "observed")))
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError(f"the calibration cannot be read ({error})") from error
