"""Tables of results that a killed benchmark goes on with: a row that is there is not made again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

__all__ = ["fill"]


def fill(
    path: Path,
    cases: Iterable[Mapping[str, Any]],
    measure: Callable[..., Mapping[str, Any]],
) -> pd.DataFrame:
    """Measure each case that has no row in the tab-separated table yet, and write its row at once.

    Parameters
    ----------
    path
        The table; begun if there is none.
    cases
        The columns that say what is measured; passed to ``measure`` by name.
    measure
        Gives the other columns.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = pd.read_csv(path, sep="\t").to_dict("records") if path.exists() else []
    for case in cases:
        if any(all(row.get(name) == value for name, value in case.items()) for row in rows):
            continue
        rows.append({**case, **measure(**case)})
        print("\t".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
        partial = path.with_suffix(".partial")
        pd.DataFrame(rows).to_csv(partial, sep="\t", index=False)
        partial.replace(path)
    return pd.DataFrame(rows)
