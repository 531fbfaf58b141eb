"""From explained sites to motif files and the page.

Positions are 0-based on the plus strand; windows are in reading direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from splicenet.attribution.checks import curves, rank_agreement, weights_control
from splicenet.attribution.explain import Explaining, explain_windows
from splicenet.attribution.faithfulness import Curves
from splicenet.attribution.findings import Findings, find
from splicenet.attribution.references import dinucleotide_shuffle, generator
from splicenet.attribution.segments import by_segment
from splicenet.attribution.windows import SiteWindows
from splicenet.genome.intervals import Kind, Transcript
from splicenet.genome.labels import KINDS
from splicenet.genome.meme import Motif
from splicenet.model.network import SpliceNetwork
from splicenet.report.explained_sites import ExplainedSite, exons_around
from splicenet.report.explanation import Explanation, write_page
from splicenet.report.motiffiles import write_findings

__all__ = ["find_all", "trust", "write_report"]

_CONTROLS = 50
"""Shuffled windows of each kind."""
_CHECKED = 20
"""Sites of each kind that the checks look at."""
_DRAWN = 3
"""Sites of each kind drawn base by base."""


def find_all(
    network: SpliceNetwork,
    windows: SiteWindows,
    actual: np.ndarray,
    settings: Explaining,
    database: Sequence[Motif] = (),
) -> list[Findings]:
    """Seqlets and motifs of either kind, against shuffled windows explained by the same method."""
    findings = []
    for kind in _kinds(windows):
        rows = _rows(windows, kind)
        some = _some(windows, rows[:_CONTROLS])
        shuffled = np.stack(
            [dinucleotide_shuffle(one, generator(settings.seed + 1, one)) for one in some.codes]
        )
        control = SiteWindows(some.sites, shuffled)
        scores = explain_windows(network, control, settings).actual(shuffled)
        here = _some(windows, rows)
        findings.append(
            find(
                here.codes,
                actual[rows],
                scores,
                here.sites,
                kind=kind,
                centre=windows.centre,
                database=database,
            )
        )
    return findings


def trust(
    network: SpliceNetwork,
    windows: SiteWindows,
    actual: np.ndarray,
    settings: Explaining,
    table: pd.DataFrame,
) -> tuple[dict[Kind, Curves], dict[str, float]]:
    """Check an explanation: faithfulness curves by kind, and figures by name."""
    drawn: dict[Kind, Curves] = {}
    figures: dict[str, float] = {}
    if table["delta"].notna().any():
        figures["completeness error, median share of the difference"] = float(
            table["relative_error"].median()
        )
        figures["completeness error, largest"] = float(table["relative_error"].max())
    for kind in _kinds(windows):
        rows = _rows(windows, kind)[:_CHECKED]
        some, scores = _some(windows, rows), actual[rows]
        drawn[kind] = curves(network, some, scores, settings)
        fall, rise = drawn[kind].area(settings.method)
        figures[f"{kind}s: deletion, gap to random order"] = fall
        figures[f"{kind}s: insertion, gap to random order"] = rise
        if settings.method != "gradient":
            plain = explain_windows(network, some, replace(settings, method="gradient"))
            agreed = rank_agreement(scores, plain.actual(some.codes))
            figures[f"{kind}s: rank correlation with the gradient"] = agreed
        figures[f"{kind}s: rank correlation with scrambled weights"] = weights_control(
            network, some, scores, settings
        )
    return drawn, figures


def write_report(
    folder: Path,
    windows: SiteWindows,
    actual: np.ndarray,
    table: pd.DataFrame,
    findings: Sequence[Findings],
    *,
    lead: str,
    settings: Mapping[str, str],
    checks: tuple[Mapping[Kind, Curves], Mapping[str, float]] = ({}, {}),
    transcripts: Sequence[Transcript] | None = None,
) -> list[Path]:
    """Write motif files and ``explanation.html``, and name them.

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
                _drawn(windows, actual, table, row, transcripts)
                for kind in _kinds(windows)
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


def _kinds(windows: SiteWindows) -> list[Kind]:
    there = {site.kind for site in windows.sites}
    return [kind for kind in KINDS if kind in there]


def _rows(windows: SiteWindows, kind: Kind) -> np.ndarray:
    return np.flatnonzero([site.kind == kind for site in windows.sites])


def _some(windows: SiteWindows, rows: np.ndarray) -> SiteWindows:
    return SiteWindows([windows.sites[row] for row in rows], windows.codes[rows])
