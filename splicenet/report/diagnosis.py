"""A diagnosis as tables for a terminal and as one page that opens without a network."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from splicenet._version import __version__
from splicenet.diagnostics.evidence import Evidence, Flow
from splicenet.diagnostics.verdict import Finding
from splicenet.genome.output import atomic
from splicenet.report.arrivals import ARRIVALS, arrival_table
from splicenet.report.diagnosis_plots import PLOTS
from splicenet.report.pictures import canvas

__all__ = ["LEGEND", "diagnosis_page", "diagnosis_plots", "flow_table", "gate_table", "write_json"]

LEGEND = (
    "horizon: bases from which the norm of dL/dh_t stays below 1 % of that at the site, median "
    "over sites (quartiles beside it); growth: its largest value, as a multiple; radius and norm: "
    "spectral radius and largest singular value of the Jacobian of a step, median and 5-95 %; "
    "slow/fast: gain of a constant error over that of the fastest."
)
"""What the columns of :func:`flow_table` are."""

_WIDTH, _HEIGHT = 8.0, 4.2
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
.verdict { font-size: 1.5rem; font-weight: 600; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; white-space: nowrap; padding: .2rem .7rem;
  border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
.wide { overflow-x: auto; }
code { background: #f2f2f2; padding: .1rem .3rem; white-space: nowrap; }
figure { margin: 1.5rem 0; } img { max-width: 100%; } figcaption { color: #555; }
"""


def flow_table(flows: Sequence[Flow]) -> pd.DataFrame:
    """One row a layer and direction; distances in bases, text where a number needs a word."""
    return pd.DataFrame(
        [
            {
                "level": flow.name,
                "bases/step": flow.bases,
                "horizon": _horizon(flow, 1),
                "quartiles": f"{_horizon(flow, 0)} - {_horizon(flow, 2)}",
                "growth": f"{flow.growth:.2g}",
                "radius": f"{flow.radius[1]:.2f} ({flow.radius[0]:.2f}-{flow.radius[2]:.2f})",
                "norm": f"{flow.singular[1]:.2f} ({flow.singular[0]:.2f}-{flow.singular[2]:.2f})",
                "slow/fast": "-" if flow.silent else f"{flow.gain[0] / flow.gain[-1]:.1f}",
            }
            for flow in flows
        ]
    )


def gate_table(flows: Sequence[Flow]) -> pd.DataFrame:
    """One row a gate: the shares of its values that are nearly 0 and nearly 1."""
    return pd.DataFrame(
        [
            {"level": flow.name, "gate": gate, "below 0.05": low, "above 0.95": high}
            for flow in flows
            for gate, (low, high) in flow.gates.items()
        ]
    )


def _horizon(flow: Flow, quartile: int) -> str:
    if flow.silent:
        return "no gradient"
    steps = flow.horizons[quartile]
    return f">{flow.window:,}" if steps is None else f"{steps * flow.bases:,}"


def diagnosis_plots(prefix: str, evidence: Evidence) -> list[Path]:
    """Write ``prefix.gradient.png`` and its like; those that have nothing to show are left out.

    Raises
    ------
    OutputError
        If a picture cannot be written.
    """
    paths = []
    for plot in PLOTS:
        if plot.shows(evidence):
            paths.append(Path(f"{prefix}.{plot.name}.png"))
            with canvas(paths[-1], width=_WIDTH, height=_HEIGHT) as figure:
                plot.draw(figure, evidence)
    return paths


def diagnosis_page(
    path: str | Path, title: str, evidence: Evidence, findings: Sequence[Finding]
) -> None:
    """Write one HTML page with everything in it, pictures included.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    body = [f"<h1>{escape(title)}</h1>"]
    for number, finding in enumerate(findings):
        body += _finding(finding, "verdict" if number == 0 else "")
    if evidence.flows:
        body += ["<h2>Gradients through time</h2>", _table(flow_table(evidence.flows))]
        body.append(f"<p>{escape(LEGEND)}</p>")
    gates = gate_table(evidence.flows)
    if len(gates):
        body += ["<h2>Gates</h2>", _table(gates)]
    if evidence.arrivals:
        body += ["<h2>Gradients of tasks</h2>", _table(arrival_table(evidence.arrivals))]
        body.append(f"<p>{escape(ARRIVALS)}</p>")
    for plot in PLOTS:
        if plot.shows(evidence):
            figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
            plot.draw(figure, evidence)
            body.append(
                f'<figure><img alt="{escape(plot.caption)}" src="{_inline(figure)}">'
                f"<figcaption>{escape(plot.caption)}</figcaption></figure>"
            )
    if evidence.metrics is not None:
        body += ["<h2>Training</h2>", _table(evidence.metrics)]
    page = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n"
        + "\n".join([*body, f"<p>splicenet {__version__}</p>"])
        + "\n</body></html>\n"
    )
    with atomic(path) as file:
        file.write(page)


def write_json(values: dict[str, Any], path: str | Path) -> None:
    """Write plain values; ``-`` is standard output.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with atomic(path) as file:
        json.dump(values, file, indent=1, allow_nan=False)
        file.write("\n")


def _finding(finding: Finding, style: str) -> list[str]:
    lines = [f'<p class="{style}">{escape(finding.name)}</p>', "<ul>"]
    lines += [f"<li>{escape(sign)}</li>" for sign in finding.evidence]
    lines.append("</ul>")
    if finding.remedies:
        rows = "".join(
            f"<li><code>{escape(one.switch)}</code> {escape(one.why)}</li>"
            for one in finding.remedies
        )
        lines.append(f"<p>To try next, with <code>splicenet train</code>:</p><ol>{rows}</ol>")
    return lines


def _table(table: pd.DataFrame) -> str:
    text = table.to_html(index=False, border=0, escape=True, na_rep="-", float_format=_short)
    return f'<div class="wide">{text}</div>'


def _short(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) and abs(value) >= 1000 else f"{value:.3g}"


def _inline(figure: Figure) -> str:
    """The picture as an address that holds it whole."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
