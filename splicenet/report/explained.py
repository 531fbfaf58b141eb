"""From explained sites to motif files and the page.

Positions are 0-based on the plus strand; windows are in reading direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from splicenet.attribution.explain import Explaining, explain_windows
from splicenet.attribution.faithfulness import Curves
from splicenet.attribution.findings import Findings
from splicenet.attribution.segments import by_segment
from splicenet.attribution.windows import SiteWindows
from splicenet.genome.intervals import Kind, Transcript
from splicenet.model.network import SpliceNetwork
from splicenet.model.targets import Target
from splicenet.report.explained_sites import ExplainedSite, exons_around, is_annotated
from splicenet.report.explanation import Explanation, write_page
from splicenet.report.motiffiles import write_findings

__all__ = ["clearer", "for_drawing", "write_report"]

_DRAWN = 3
"""Sites of each kind drawn base by base."""
_SHUFFLES = 10
"""References of these, at least."""


def for_drawing(settings: Explaining) -> Explaining:
    """With more references, where they are drawn; the sum of a drawing may be rough."""
    shuffled = settings.method == "ig" and settings.reference == "shuffled"
    if not shuffled or settings.shuffles >= _SHUFFLES:
        return settings
    return replace(settings, shuffles=_SHUFFLES, tolerance=np.inf)


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
    many = for_drawing(settings)
    if many is settings:
        return actual
    rows = np.array([row for kind in windows.there for row in _surest(table, kind)])
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
    target: Target | None = None,
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
            f"What speaks for {target.name}" if target else "Why these are splice sites",
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
            **({} if target is None or target.odds else {"score": target.name, "unit": "units"}),
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
    annotated = None if transcripts is None else is_annotated(site, transcripts)
    return ExplainedSite(site, windows.codes[row], actual[row], windows.centre, exons, annotated)
