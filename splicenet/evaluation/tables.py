"""Figures as tables that a person or a file reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import pandas as pd

from splicenet.evaluation.metrics import SiteMetrics

__all__ = ["as_text", "metrics_table"]


def metrics_table(
    results: Mapping[tuple[str, ...], SiteMetrics],
    *,
    names: Sequence[str] = ("model", "where", "kind"),
) -> pd.DataFrame:
    """One row a result: the parts of its key under ``names``, then its figures."""
    rows = [
        dict(zip(names, key, strict=True)) | asdict(metrics) for key, metrics in results.items()
    ]
    return pd.DataFrame(rows, columns=[*names, *SiteMetrics.__dataclass_fields__])


def as_text(table: pd.DataFrame) -> str:
    """The table for a terminal: counts in full, other figures to three places."""
    formatters = {
        name: (lambda count: f"{count:,}")
        for name, dtype in table.dtypes.items()
        if pd.api.types.is_integer_dtype(dtype)
    }
    return table.to_string(index=False, float_format="%.3f", na_rep="-", formatters=formatters)
