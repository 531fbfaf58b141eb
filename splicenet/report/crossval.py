"""The outcome of a cross-validation over species as a table and a picture."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
from matplotlib.figure import Figure

from splicenet.evaluation.protocol import PROTOCOLS
from splicenet.genome.labels import KINDS

__all__ = ["METHODS", "crossval_page", "crossval_plot", "crossval_table", "figure_height"]

METHODS = ("left out", "within species", "maximum entropy", "position weights")
_MARKS = {
    "left out": {"marker": "o", "color": "#0072B2", "markersize": 8},
    "within species": {"marker": "o", "color": "#0072B2", "markersize": 8, "fillstyle": "none"},
    "maximum entropy": {"marker": "s", "color": "#D55E00", "markersize": 5},
    "position weights": {"marker": "^", "color": "#E69F00", "markersize": 5},
}


def figure_height(judged: pd.DataFrame) -> float:
    """Inches that :func:`crossval_plot` needs."""
    return 1.4 + 0.35 * judged["species"].nunique()


def _species(judged: pd.DataFrame) -> list[str]:
    """Best left-out model first."""
    there = judged[judged["where"] == PROTOCOLS[0]]
    means = there[there["method"] == METHODS[0]].groupby("species")["auprc"].mean()
    names = [str(name) for name in means.sort_values(ascending=False).index]
    return names + sorted(set(there["species"]) - set(names))


def crossval_page(judged: pd.DataFrame) -> str:
    """Markdown: AUPRC and top-k accuracy of all methods.

    Parameters
    ----------
    judged
        As :func:`~splicenet.training.crossval.gather` gives it.
    """
    seeds = ", ".join(str(seed) for seed in sorted(judged["seed"].unique()))
    return (
        f"Donors / acceptors, every base of both strands. Seeds: {seeds}; of several, the mean and "
        f"the standard deviation.\n\nAUPRC:\n\n{crossval_table(judged, 'auprc')}\n\n"
        f"Top-k accuracy:\n\n{crossval_table(judged, 'top_k')}"
    )


def crossval_table(judged: pd.DataFrame, figure: Literal["auprc", "top_k"]) -> str:
    """One of the tables; what is nearest is that of the first seed."""
    there = judged[judged["where"] == PROTOCOLS[0]]
    methods = [method for method in METHODS if (there["method"] == method).any()]
    lines = [
        "| species | " + " | ".join(methods) + " | nearest species trained on (distance) "
        "| similar genes |",
        "|---" * (len(methods) + 3) + "|",
    ]
    for species in _species(judged):
        rows = there[there["species"] == species]
        cells = [_pair(rows[rows["method"] == method], figure) for method in methods]
        left_out = rows[rows["method"] == METHODS[0]]
        if len(left_out):
            one = left_out.iloc[0]
            similar = one["similar_genes"]
            cells.append(f"{one['nearest']} ({one['distance']:.3f})")
            cells.append("-" if pd.isna(similar) else f"{similar:,.0f}")
        else:
            cells += ["", ""]
        name = species.replace("|", "\\|")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _pair(rows: pd.DataFrame, figure: str) -> str:
    return " / ".join(_mean(rows.loc[rows["kind"] == kind, figure]) for kind in KINDS if len(rows))


def _mean(values: pd.Series[float]) -> str:
    spread = f" ± {values.std():.3f}" if len(values) > 1 else ""
    return f"{values.mean():.3f}{spread}"


def crossval_plot(figure: Figure, judged: pd.DataFrame) -> None:
    """AUPRC of donors and of acceptors by species, a mark for each method and seed."""
    there = judged[judged["where"] == PROTOCOLS[0]]
    species = _species(judged)
    panels: Any = figure.subplots(1, len(KINDS), sharey=True)
    for axes, kind in zip(panels, KINDS, strict=True):
        rows = there[there["kind"] == kind]
        for method in METHODS:
            found = rows[rows["method"] == method]
            if len(found):
                heights = [species.index(name) for name in found["species"]]
                axes.plot(found["auprc"], heights, linestyle="", label=method, **_MARKS[method])
        axes.set(xlim=(0, 1), xlabel=f"AUPRC, {kind}s")
        axes.set_yticks(range(len(species)), [name.replace("_", " ") for name in species])
        axes.grid(color="0.92")
        axes.spines[["top", "right"]].set_visible(False)
    axes.invert_yaxis()
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
