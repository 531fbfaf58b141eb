"""How far, and how well at which pace, an error travels back through time."""

from __future__ import annotations

import numpy as np

__all__ = ["HORIZON_SHARE", "effective_horizon", "frequency_gain", "relative_norms"]

HORIZON_SHARE = 0.01
"""Share of its norm at the site below which a gradient is no longer counted."""


def relative_norms(costates: np.ndarray) -> np.ndarray:
    """Norms of the costate over the distance, as shares of the norm at the site.

    Parameters
    ----------
    costates
        (n, D, S): sites, steps back in time, units of the state.

    Returns
    -------
    numpy.ndarray
        (n, D), float64; NaN for a site whose own costate is 0 or not finite.
    """
    norms = np.linalg.norm(costates.astype(np.float64), axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = norms / norms[:, :1]
    relative[~np.isfinite(norms[:, 0]) | (norms[:, 0] == 0)] = np.nan
    return relative


def effective_horizon(curve: np.ndarray) -> int | None:
    """Steps after which the curve stays below :data:`HORIZON_SHARE`.

    Parameters
    ----------
    curve
        Relative norm over steps back in time, (D,); what is not finite counts as large.

    Returns
    -------
    int or None
        None if it never does so inside the window.
    """
    above = np.flatnonzero(~(curve < HORIZON_SHARE))
    steps = int(above[-1]) + 1 if above.size else 0
    return steps if steps < len(curve) else None


def frequency_gain(costates: np.ndarray) -> np.ndarray:
    """How strongly errors that vary with time reach the state, by frequency.

    The costate that one error leaves behind is the impulse response of the backward pass; its
    Fourier transform says what becomes of an error that varies with time. A level without memory
    passes all frequencies with a gain of 1.

    Parameters
    ----------
    costates
        (n, D, S), as for :func:`relative_norms`.

    Returns
    -------
    numpy.ndarray
        (n, D // 2 + 1): for each site the norm over units; entry ``k`` is the gain of an error of
        a period of ``D / k`` steps, entry 0 that of a constant error.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = costates / np.linalg.norm(costates[:, :1], axis=-1, keepdims=True)
    return np.linalg.norm(np.fft.rfft(unit, axis=1), axis=-1)
