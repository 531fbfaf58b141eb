"""Pictures of experiments on the sequence: a map of epistasis, predicted over measured effects."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from splicenet.report.pictures import canvas

__all__ = ["Agreement", "agreement", "epistasis_map", "measured_plot"]

_MOST_LETTERS = 60


class Agreement(NamedTuple):
    """Correlations of two columns over the ``rows`` that have both; NaN below three rows."""

    pearson: float
    spearman: float
    rows: int


def agreement(predicted: pd.Series, measured: pd.Series) -> Agreement:
    """Pearson's and Spearman's correlation; what is no number is left out."""
    both = pd.DataFrame({"p": predicted, "m": measured}).apply(pd.to_numeric, errors="coerce")
    both = both.dropna()
    if len(both) < 3 or both.nunique().min() < 2:
        return Agreement(float("nan"), float("nan"), len(both))
    ranks = both.rank()
    return Agreement(
        float(both["p"].corr(both["m"])), float(ranks["p"].corr(ranks["m"])), len(both)
    )


def measured_plot(
    path: str | Path, predicted: pd.Series, measured: pd.Series, *, across: str, up: str
) -> None:
    """Draw predicted effects over measured ones, a point a change.

    Raises
    ------
    OutputError
        If the picture cannot be written.
    """
    found = agreement(predicted, measured)
    x, y = (pd.to_numeric(one, errors="coerce") for one in (measured, predicted))
    with canvas(path, width=5, height=4.6) as figure:
        axes = figure.add_subplot()
        axes.axhline(0, color="0.85", linewidth=1, zorder=0)
        axes.scatter(x, y, s=16, color="#0072B2", alpha=0.6, linewidths=0)
        axes.set(xlabel=across, ylabel=up)
        title = f"Pearson {found.pearson:.2f}, Spearman {found.spearman:.2f}, n = {found.rows:,}"
        axes.set_title(title, loc="left", fontsize="medium")
        axes.spines[["top", "right"]].set_visible(False)


def epistasis_map(
    path: str | Path,
    grid: np.ndarray,
    *,
    bases: str,
    first: int,
    title: str,
    unit: str = "log-odds",
) -> None:
    """Draw how far pairs of changes differ from the sum of the two.

    Parameters
    ----------
    path
        Where to; the ending names the format.
    grid
        (n, n), change beyond the sum; NaN is left blank.
    bases
        The reference, n letters on the plus strand.
    first
        Position of the first base, 0-based; the axis counts from 1.
    title
        Put above.
    unit
        What changes.

    Raises
    ------
    OutputError
        If the picture cannot be written.
    """
    size = len(bases)
    largest = float(np.nanmax(np.abs(grid), initial=0)) or 1.0
    with canvas(path, width=6.4, height=5.6) as figure:
        axes = figure.add_subplot()
        image = axes.imshow(grid, cmap="RdBu_r", vmin=-largest, vmax=largest)
        figure.colorbar(image, ax=axes, label=f"{unit} beyond the sum of both", shrink=0.85)
        if size <= _MOST_LETTERS:
            small = max(4.0, min(9.0, 330 / size))
            axes.set_xticks(range(size), list(bases), fontsize=small, family="monospace")
            axes.set_yticks(range(size), list(bases), fontsize=small, family="monospace")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel(f"position {first + 1:,} to {first + size:,}")
        axes.set_title(title, loc="left", fontsize="medium")
