"""How far to trust an explanation: every check, one after the other, none made twice.

What is measured is kept in a folder at once, so that a killed run goes on with the next check.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from splicenet.attribution.checks import MATRIX, curves, methods_agree, weights_control
from splicenet.attribution.explain import Explaining
from splicenet.attribution.faithfulness import Curves
from splicenet.attribution.robustness import infidelity, sensitivity
from splicenet.attribution.target import Attribution
from splicenet.attribution.windows import SiteWindows
from splicenet.genome.intervals import Kind
from splicenet.genome.output import atomic
from splicenet.model.network import SpliceNetwork

__all__ = ["CHECKS", "check"]

CHECKS = 5
"""Of each kind of site."""
_CHECKED = 20
"""Sites of each kind that the checks look at."""
_FEW = 8
"""Of these, for the checks that explain anew."""


def check(
    network: SpliceNetwork,
    windows: SiteWindows,
    attribution: Attribution,
    settings: Explaining,
    table: pd.DataFrame,
    *,
    folder: Path,
    progress: Callable[[int], object] = lambda checks: None,
) -> tuple[dict[Kind, Curves], dict[str, float]]:
    """Check an explanation.

    Parameters
    ----------
    network, windows, attribution, settings
        What was explained, and how.
    table
        As :func:`~splicenet.attribution.write.site_table` makes it.
    folder
        Exists. A figure that stands there is taken as measured.
    progress
        Told after each of the :data:`CHECKS`.

    Returns
    -------
    curves : dict
        Faithfulness by kind.
    figures : dict
        By name.

    Raises
    ------
    OutputError
        If a figure cannot be kept.
    """
    drawn: dict[Kind, Curves] = {}
    figures = _completeness(table)
    for kind in windows.there:
        rows = windows.rows(kind)[:_CHECKED]
        some = windows.some(rows)
        ours = Attribution(*(part[rows] for part in attribution))
        found: dict[str, Any] = {}
        for name, measure in _checks(network, some, ours, settings).items():
            found[name] = _once(folder / f"{kind}_{name}.json", measure)
            progress(1)
        drawn[kind] = _as_curves(found["curves"])
        for order in (settings.method, MATRIX):
            fall, rise = drawn[kind].area(order)
            figures[f"{kind}s: deletion by {order}, gap to random order"] = fall
            figures[f"{kind}s: insertion by {order}, gap to random order"] = rise
        for name in ("infidelity", "sensitivity"):
            figures[f"{kind}s: {name}"] = found[name]
        for pair, agreed in found["agreement"].items():
            figures[f"{kind}s: rank correlation of {pair}"] = agreed
        figures[f"{kind}s: rank correlation with scrambled weights"] = found["scrambled"]
    return drawn, figures


def _completeness(table: pd.DataFrame) -> dict[str, float]:
    """Figures of all sites, where scores promise a sum."""
    if not table["delta"].notna().any():
        return {}
    error = table["relative_error"]
    return {
        "completeness error, median share of the difference": float(error.median()),
        "completeness error, largest": float(error.max()),
        "sites with a completeness error below 1 %": float((error < 0.01).mean()),
    }


def _checks(
    network: SpliceNetwork, windows: SiteWindows, ours: Attribution, settings: Explaining
) -> dict[str, Callable[[], Any]]:
    """All checks of sites of one kind; each gives what JSON can hold."""
    scores, rough = ours.actual(windows.codes), replace(settings, tolerance=np.inf)
    few = windows[:_FEW]

    def agreement() -> dict[str, float]:
        found = methods_agree(network, few, scores[:_FEW], rough)
        return {f"{one} and {other}": agreed for (one, other), agreed in found.items()}

    return {
        "curves": lambda: _plain(curves(network, windows, scores, settings)),
        "infidelity": lambda: infidelity(network, windows, ours, settings),
        "sensitivity": lambda: sensitivity(network, few, rough),
        "agreement": agreement,
        "scrambled": lambda: weights_control(network, windows, scores, settings),
    }


def _once(path: Path, measure: Callable[[], Any]) -> Any:
    """What was measured before, or is now."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = measure()
    with atomic(path) as out:
        json.dump(found, out)
    return found


def _plain(one: Curves) -> dict[str, Any]:
    def lists(lines: Mapping[str, np.ndarray]) -> dict[str, list[float]]:
        return {name: line.tolist() for name, line in lines.items()}

    return {
        "share": one.share.tolist(),
        "deletion": lists(one.deletion),
        "insertion": lists(one.insertion),
    }


def _as_curves(plain: Mapping[str, Any]) -> Curves:
    def arrays(lines: Mapping[str, list[float]]) -> dict[str, np.ndarray]:
        return {name: np.array(line) for name, line in lines.items()}

    return Curves(np.array(plain["share"]), arrays(plain["deletion"]), arrays(plain["insertion"]))
