"""Pictures of a diagnosis: gradients through time, what a step does, the course of training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from splicenet.diagnostics.curves import mean_precision
from splicenet.diagnostics.evidence import Evidence, Flow
from splicenet.diagnostics.horizon import HORIZON_SHARE
from splicenet.report.arrivals import plot_arrivals

__all__ = ["PLOTS", "Plot", "plot_rates"]

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_INK = "0.45"
_DASHES = ("-", "--")
_SMALLEST = 1e-6
"""Share below which a curve is not drawn: a float32 gradient holds no more."""
_ZONES = {"converges": "#009E73", "oscillates": "#E69F00", "diverges": "#D55E00"}


class Plot(NamedTuple):
    """One picture: a name for its file, what it shows, whether there is anything, how to draw."""

    name: str
    caption: str
    shows: Callable[[Evidence], bool]
    draw: Callable[[Figure, Evidence], None]


def _plot_flow(figure: Figure, evidence: Evidence) -> None:
    axes = _axes(figure, "bases to the site, back in time", "|dL/dh_t|, share of that at the site")
    flows = _loud(evidence)
    for number, flow in enumerate(flows):
        style = _style(number)
        low, median, high = np.maximum(flow.norms, _SMALLEST)
        axes.fill_between(flow.distances, low, high, color=style["color"], alpha=0.15, linewidth=0)
        axes.plot(flow.distances, median, label=flow.name, **style)
    axes.axhline(HORIZON_SHARE, color=_INK, linewidth=0.8, linestyle=":")
    axes.axvline(evidence.reach, color=_INK, linewidth=0.8, linestyle=":")
    axes.text(
        evidence.reach, 0.02, " to be reached", fontsize=8, color=_INK,
        transform=axes.get_xaxis_transform(),
    )  # fmt: skip
    axes.text(
        0.995, HORIZON_SHARE * 1.1, "1 %: horizon", fontsize=8, color=_INK, ha="right",
        transform=axes.get_yaxis_transform(),
    )  # fmt: skip
    largest = max(float(np.nanmax(flow.norms[2])) for flow in flows)
    axes.set(yscale="log", ylim=(_SMALLEST, 3 * max(1.0, largest)), xlim=(0, flows[0].window))
    # The first steps and the farthest matter alike.
    axes.set_xscale("symlog", linthresh=10 * flows[0].bases)
    axes.legend(frameon=False, fontsize="small", ncols=2)


def _plot_gain(figure: Figure, evidence: Evidence) -> None:
    axes = _axes(figure, "period of the error, bases", "gain of the backward pass")
    for number, flow in enumerate(_loud(evidence)):
        axes.plot(flow.periods[1:], flow.gain[1:], label=flow.name, **_style(number))
    axes.axhline(1, color=_INK, linewidth=0.8, linestyle=":")
    axes.text(
        0.995, 1, "no memory", fontsize=8, color=_INK, ha="right", va="bottom",
        transform=axes.get_yaxis_transform(),
    )  # fmt: skip
    axes.set(xscale="log", yscale="log")
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 0.5), max(high, 2))  # what is flat shall look flat
    axes.legend(frameon=False, fontsize="small")


def _plot_steps(figure: Figure, evidence: Evidence) -> None:
    axes = _axes(figure, "", "of the Jacobian of one step")
    names = [flow.name for flow in evidence.flows]
    for offset, what, values in (
        (-0.12, "spectral radius", [flow.radius for flow in evidence.flows]),
        (0.12, "largest singular value", [flow.singular for flow in evidence.flows]),
    ):
        low, median, high = np.array(values).T
        axes.errorbar(
            np.arange(len(names)) + offset, median, yerr=(median - low, high - median), fmt="o",
            capsize=3, color=_COLOURS[offset > 0], label=f"{what}, median and 5-95 %",
        )  # fmt: skip
    axes.axhline(1, color=_INK, linewidth=0.8, linestyle=":")
    axes.set(xticks=range(len(names)), xticklabels=names, xlim=(-0.6, len(names) - 0.4))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize="small")


def _plot_gates(figure: Figure, evidence: Evidence) -> None:
    axes = _axes(figure, "share of values", "")
    rows = [(flow, gate) for flow in evidence.flows for gate in flow.gates][::-1]
    shares = np.array([flow.gates[gate] for flow, gate in rows]).T
    places = np.arange(len(rows))
    axes.barh(places, shares[0], color=_COLOURS[0], label="shut, below 0.05")
    axes.barh(places, shares[1], left=1 - shares[1], color=_COLOURS[1], label="open, above 0.95")
    axes.set_yticks(places, [f"{flow.name}, {gate}" for flow, gate in rows])
    axes.set(xlim=(0, 1))
    axes.legend(frameon=False, fontsize="small", ncols=2, loc="lower left", bbox_to_anchor=(0, 1))


def _plot_metrics(figure: Figure, evidence: Evidence) -> None:
    table = evidence.metrics
    assert isinstance(table, pd.DataFrame)
    left, right = figure.subplots(1, 2)
    _bare(left, "step", "training loss, nats/kb").plot(
        table["step"], table["loss"], marker="o", color=_COLOURS[0], markersize=4
    )
    left.set_ylim(bottom=0)
    _bare(right, "step", "validation AUPRC")
    for number, kind in enumerate(("donor", "acceptor")):
        right.plot(
            table["step"], table[f"auprc_{kind}"], marker="o", markersize=4, label=kind,
            color=_COLOURS[number],
        )  # fmt: skip
    precision = mean_precision(table)
    if not np.isnan(precision).all():
        right.axvline(
            table["step"].iloc[int(np.nanargmax(precision))], color=_INK, linewidth=0.8,
            linestyle=":", label="best",
        )  # fmt: skip
    right.set_ylim(0, 1)
    right.legend(frameon=False, fontsize="small")


def plot_rates(figure: Figure, rows: pd.DataFrame, suggested: float) -> None:
    """Draw loss over learning rate with the zones behind it.

    Parameters
    ----------
    rows
        Columns ``rate``, ``loss`` (nats a kilobase) and ``zone``.
    suggested
        The rate to mark.
    """
    axes = _axes(figure, "learning rate", "smoothed training loss, nats/kb")
    for zone, part in rows.groupby("zone", sort=False):
        last = rows["rate"][rows["rate"] > part["rate"].max()].min()
        end = part["rate"].max() if np.isnan(last) else last
        colour = _ZONES[str(zone)]
        axes.axvspan(part["rate"].min(), end, color=colour, alpha=0.15, linewidth=0, label=zone)
    known = rows[np.isfinite(rows["loss"])]
    axes.plot(known["rate"], known["loss"], color="0.15", linewidth=1.6)
    axes.axvline(suggested, color="0.15", linestyle=":", label=f"suggested: {suggested:.2g}")
    axes.set(xscale="log", ylim=(0, 1.5 * known["loss"].iloc[0]))
    axes.legend(frameon=False, fontsize="small", loc="upper left")


def _loud(evidence: Evidence) -> list[Flow]:
    return [flow for flow in evidence.flows if not flow.silent]


def _axes(figure: Figure, across: str, up: str) -> Axes:
    return _bare(figure.add_subplot(), across, up)


def _bare(axes: Axes, across: str, up: str) -> Axes:
    axes.set(xlabel=across, ylabel=up)
    axes.grid(color="0.92")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _style(number: int) -> dict[str, Any]:
    """A colour a layer, a dash a direction."""
    return {
        "color": _COLOURS[number // 2 % len(_COLOURS)],
        "linestyle": _DASHES[number % 2],
        "linewidth": 1.6,
    }


PLOTS = (
    Plot(
        "gradient",
        "How far an error reaches back: the norm of dL/dh_t over the distance to the site whose "
        "loss is L, median and quartiles over sites.",
        lambda evidence: bool(_loud(evidence)),
        _plot_flow,
    ),
    Plot(
        "response",
        "What becomes of an error that varies along the sequence: the gain of the backward pass "
        "by the error's period.",
        lambda evidence: bool(_loud(evidence)),
        _plot_gain,
    ),
    Plot(
        "steps",
        "What one step does to an error: above 1 it can grow, below 1 it shrinks.",
        lambda evidence: bool(evidence.flows),
        _plot_steps,
    ),
    Plot(
        "gates",
        "Saturated gates: where they are shut or open for good, little is learned any more.",
        lambda evidence: any(flow.gates for flow in evidence.flows),
        _plot_gates,
    ),
    Plot(
        "tasks",
        "Where the errors of the tasks arrive: the norm of dL/dx_t at every level, along the "
        "window. A local task's enter everywhere, a global one's where its head reads.",
        lambda evidence: bool(evidence.arrivals),
        lambda figure, evidence: plot_arrivals(figure, evidence.arrivals),
    ),
    Plot(
        "training",
        "The course of training.",
        lambda evidence: evidence.metrics is not None,
        _plot_metrics,
    ),
)
