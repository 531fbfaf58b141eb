"""Curves of accuracy and calibration, as PNG, PDF or SVG by the name's ending.

Colours are those of Okabe and Ito, which colour-blind readers tell apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from splicenet.evaluation.metrics import PrecisionRecallCurve
from splicenet.evaluation.reliability import Reliability
from splicenet.exceptions import OutputError
from splicenet.genome.output import atomic_path

__all__ = ["canvas", "precision_recall_plot", "reliability_plot"]

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--", ":", "-.")
_DPI = 150


@contextmanager
def canvas(path: str | Path, *, width: float = 5.5, height: float = 5.5) -> Iterator[Figure]:
    """A figure of ``width`` by ``height`` inches that is saved when the block ends well.

    A path that cannot be written is found out at its beginning.

    Raises
    ------
    OutputError
        If the picture cannot be written, or its name has no ending that names a picture format.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    form = Path(path).suffix.lower().removeprefix(".")
    known = figure.canvas.get_supported_filetypes()
    if form not in known:
        raise OutputError(f"a picture's name must end in one of .{', .'.join(known)}", path=path)
    # A species may be called $A_1$: names are not mathematics.
    with atomic_path(path) as temporary, rc_context({"text.parse_math": False}):
        yield figure
        figure.savefig(temporary, dpi=_DPI, format=form)


def precision_recall_plot(figure: Figure, curves: Mapping[str, PrecisionRecallCurve]) -> None:
    """Draw precision over recall, one line a name."""
    axes = _unit_square(figure.add_subplot(), "recall", "precision")
    axes.set_title("every base of both strands", loc="left", fontsize="medium")
    for number, (name, curve) in enumerate(curves.items()):
        axes.plot(curve.recall, curve.precision, label=name, **_style(number))
    axes.legend(frameon=False, fontsize="small")


def reliability_plot(figure: Figure, curves: Mapping[str, Reliability]) -> None:
    """Draw the share of true sites over the reported probability, and how many bases report it."""
    grid = figure.add_gridspec(2, 1, height_ratios=(4, 1))
    axes = _unit_square(figure.add_subplot(grid[0]), "", "share of true sites")
    below = figure.add_subplot(grid[1], sharex=axes)
    axes.plot((0, 1), (0, 1), color="0.7", linewidth=1, zorder=0)
    for number, (name, curve) in enumerate(curves.items()):
        filled = curve.bases > 0
        label = f"{name} (calibration error {curve.error:.3f})"
        style = _style(number)
        axes.plot(curve.predicted[filled], curve.observed[filled], marker="o", label=label, **style)
        below.stairs(curve.bases, [*curve.lower, curve.upper[-1]], baseline=None, **style)
    axes.legend(frameon=False, fontsize="small", loc="upper left")
    below.set(xlabel="reported probability", ylabel="bases", yscale="log")
    below.spines[["top", "right"]].set_visible(False)


def _unit_square(axes: Axes, across: str, up: str) -> Axes:
    axes.set(xlim=(0, 1.01), ylim=(0, 1.01), xlabel=across, ylabel=up)
    axes.grid(color="0.92")
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _style(number: int) -> dict[str, Any]:
    return {
        "color": _COLOURS[number % len(_COLOURS)],
        "linestyle": _DASHES[number % len(_DASHES)],
        "linewidth": 1.6,
    }
