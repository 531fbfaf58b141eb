"""Progress bars for long work: on a terminal only, on standard error only."""

from __future__ import annotations

from typing import Any

from tqdm import tqdm

__all__ = ["bases_bar", "percent_bar"]


def bases_bar(what: str, strand_bases: int) -> tqdm[Any]:
    """A bar over the bases of both strands."""
    return tqdm(
        total=strand_bases, desc=what, unit="b", unit_scale=True, disable=None, smoothing=0.05
    )


def percent_bar(what: str) -> tqdm[Any]:
    """A bar over a budget, in hundredths."""
    return tqdm(
        total=100.0,
        desc=what,
        disable=None,
        bar_format="{desc}: {percentage:3.0f}%|{bar}|{postfix}",
    )
