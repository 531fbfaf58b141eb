"""Where the errors of several tasks arrive: a table and a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from splicenet.diagnostics.arrivals import Arrival

__all__ = ["ARRIVALS", "arrival_table", "plot_arrivals"]

ARRIVALS = (
    "|dL/dx|: root mean square over windows and steps of the gradient of a task's unweighted loss "
    "at a level, in the first, the middle and the last tenth of the window, in reading direction; "
    "the forward direction ends at the last, the backward one at the first."
)
"""What the columns of :func:`arrival_table` are."""

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_RANGE = 1e-6
"""Share of the largest norm below which nothing is drawn."""


def arrival_table(arrivals: Sequence[Arrival]) -> pd.DataFrame:
    """One row a task and level."""
    rows = []
    for one in arrivals:
        first, middle, last = (f"{norm:.2g}" for norm in one.parts)
        rows.append(
            {
                "task": one.task,
                "level": one.level,
                "windows": one.windows,
                "first tenth": first,
                "middle": middle,
                "last tenth": last,
            }
        )
    return pd.DataFrame(rows)


def plot_arrivals(figure: Figure, arrivals: Sequence[Arrival]) -> None:
    """Draw a panel for each level and a line for each task."""
    levels = list(dict.fromkeys(one.level for one in arrivals))
    tasks = list(dict.fromkeys(one.task for one in arrivals))
    top = 2 * max((float(one.norms.max()) for one in arrivals), default=1.0) or 1.0
    panels = figure.subplots(1, len(levels), sharex=True, sharey=True, squeeze=False)[0]
    for axes, level in zip(panels, levels, strict=True):
        for one in (one for one in arrivals if one.level == level):
            colour = _COLOURS[tasks.index(one.task) % len(_COLOURS)]
            axes.plot(one.places, _visible(one.norms, _RANGE * top), color=colour, linewidth=1.4)
        axes.set_title(level, fontsize="small")
        axes.grid(color="0.92")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set(yscale="log", ylim=(_RANGE * top, top), ylabel="|dL/dx|, by task")
    figure.supxlabel("bases from the beginning of the window", fontsize="medium")
    lines = [
        panels[0].plot([], [], color=_COLOURS[i % len(_COLOURS)])[0] for i in range(len(tasks))
    ]
    figure.legend(lines, tasks, frameon=False, fontsize="small", ncols=6, loc="outside upper left")


def _visible(norms: np.ndarray, least: float) -> np.ndarray:
    return np.where(norms < least, np.nan, norms)
