"""From explained sites to motif files and the page.

Positions are 0-based on the plus strand; windows are in reading direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from splicenet.attribution.checks import MATRIX, curves, methods_agree, weights_control
from splicenet.attribution.explain import Explaining, explain_windows
from splicenet.attribution.faithfulness import Curves
from splicenet.attribution.findings import Findings
from splicenet.attribution.robustness import infidelity, sensitivity
from splicenet.attribution.segments import by_segment
from splicenet.attribution.target import Attribution
from splicenet.attribution.windows import SiteWindows
from splicenet.genome.intervals import Kind, Transcript
from splicenet.model.network import SpliceNetwork
from splicenet.report.explained_sites import ExplainedSite, exons_around
from splicenet.report.explanation import Explanation, write_page
from splicenet.report.motiffiles import write_findings

__all__ = ["clearer", "trust", "write_report"]

_CHECKED = 20
"""Sites of each kind that the checks look at."""
_FEW = 8
"""Of these, for the checks that explain anew."""
_DRAWN = 3
"""Sites of each kind drawn base by base."""
_SHUFFLES = 10
"""References of these, at least."""


def trust(
    network: SpliceNetwork,
    windows: SiteWindows,
    attribution: Attribution,
    settings: Explaining,
    table: pd.DataFrame,
) -> tuple[dict[Kind, Curves], dict[str, float]]:
    """Check an explanation: faithfulness curves by kind, and figures by name."""
    drawn: dict[Kind, Curves] = {}
    figures: dict[str, float] = {}
    if table["delta"].notna().any():
        error = table["relative_error"]
        figures["completeness error, median share of the difference"] = float(error.median())
        figures["completeness error, largest"] = float(error.max())
        figures["sites with a completeness error below 1 %"] = float((error < 0.01).mean())
    rough = replace(settings, tolerance=np.inf)
    for kind in windows.there:
        rows = windows.rows(kind)[:_CHECKED]
        some = windows.some(rows)
        ours = Attribution(*(part[rows] for part in attribution))
        scores = ours.actual(some.codes)
        drawn[kind] = curves(network, some, scores, settings)
        for name in (settings.method, MATRIX):
            fall, rise = drawn[kind].area(name)
            figures[f"{kind}s: deletion by {name}, gap to random order"] = fall
            figures[f"{kind}s: insertion by {name}, gap to random order"] = rise
        figures[f"{kind}s: infidelity"] = infidelity(network, some, ours, settings)
        few = windows.some(rows[:_FEW])
        figures[f"{kind}s: sensitivity"] = sensitivity(network, few, rough)
        figures |= {
            f"{kind}s: rank correlation of {one} and {other}": agreed
            for (one, other), agreed in methods_agree(network, few, scores[:_FEW], rough).items()
        }
        figures[f"{kind}s: rank correlation with scrambled weights"] = weights_control(
            network, some, scores, settings
        )
    return drawn, figures


def clearer(
    network: SpliceNetwork,
    windows: SiteWindows,
    actual: np.ndarray,
    settings: Explaining,
    table: pd.DataFrame,
) -> np.ndarray:
    """Scores, (N, L), with those of the sites that are drawn against more shuffles.

    A letter that a shuffle leaves in its place scores nothing against it: in a mean over sites that
    hardly shows, in a single site it does.
    """
    if settings.method != "ig" or settings.reference != "shuffled":
        return actual
    rows = np.array([row for kind in windows.there for row in _surest(table, kind)])
    many = replace(settings, shuffles=max(settings.shuffles, _SHUFFLES), tolerance=np.inf)
    some = windows.some(rows)
    shown = actual.copy()
    shown[rows] = explain_windows(network, some, many).actual(some.codes)
    return shown


def write_report(
    folder: Path,
    windows: SiteWindows,
    actual: np.ndarray,
    shown: np.ndarray,
    table: pd.DataFrame,
    findings: Sequence[Findings],
    *,
    lead: str,
    settings: Mapping[str, str],
    checks: tuple[Mapping[Kind, Curves], Mapping[str, float]] = ({}, {}),
    transcripts: Sequence[Transcript] | None = None,
) -> list[Path]:
    """Write motif files and ``explanation.html``, and name them; ``shown`` are scores to draw.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    kinds = [site.kind for site in windows.sites]
    segments = by_segment(actual, windows.offsets, kinds)
    curves_of, figures = checks
    page = folder / "explanation.html"
    write_page(
        page,
        Explanation(
            "Why these are splice sites",
            lead,
            findings,
            segments={
                kind: dict(zip(rows["segment"], rows["share"], strict=True))
                for kind, rows in segments.groupby("kind", sort=False)
            },
            curves=curves_of,
            trust={name: f"{value:.3g}" for name, value in figures.items()},
            sites=[
                _drawn(windows, shown, table, row, transcripts)
                for kind in windows.there
                for row in _surest(table, kind)
            ],
            settings=settings,
        ),
    )
    return [*write_findings(folder, findings), page]


def _surest(table: pd.DataFrame, kind: Kind) -> list[int]:
    of_kind = table[table["kind"] == kind].sort_values("log_odds", ascending=False, kind="stable")
    return [int(row) for row in of_kind.index[:_DRAWN]]


def _drawn(
    windows: SiteWindows,
    actual: np.ndarray,
    table: pd.DataFrame,
    row: int,
    transcripts: Sequence[Transcript] | None,
) -> ExplainedSite:
    site = replace(windows.sites[row], score=float(table["probability"][row]))
    exons = exons_around(site, transcripts or (), reach=windows.centre)
    ends = {(end - 1 if site.kind == "donor" else start) for start, end in exons}
    annotated = None if transcripts is None else 0 in ends
    return ExplainedSite(site, windows.codes[row], actual[row], windows.centre, exons, annotated)
