"""What was explained, as files that other tools read.

Positions are 0-based on the plus strand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from splicenet.attribution.segments import by_distance, by_segment, shares
from splicenet.attribution.target import Attribution
from splicenet.attribution.tracks import Tracks
from splicenet.attribution.windows import SiteWindows, one_hot
from splicenet.genome.intervals import Kind
from splicenet.genome.labels import KINDS
from splicenet.genome.output import atomic
from splicenet.model.calibration import Calibration
from splicenet.model.targets import Target

__all__ = ["site_table", "write_attribution", "write_table"]


def site_table(
    windows: SiteWindows,
    attribution: Attribution,
    tracks: Tracks,
    calibration: Mapping[Kind, Calibration],
    target: Target | None = None,
) -> pd.DataFrame:
    """Make a table with a row a site.

    Returns
    -------
    pandas.DataFrame
        Columns contig, position (0-based), strand, kind; explained (the kind or the target);
        log_odds (the number itself of a task that answers with one), probability (calibrated if of
        a site, empty of a number of any size), reference_log_odds; delta (completeness error) and
        relative_error (as a share of the difference from the reference); total (sum of the
        scores); in_track (sum of what the window brings to its track: less than total where
        windows overlap); and a column a segment, with its share of the absolute scores.
    """
    actual = attribution.actual(windows.codes)
    kinds: list[Kind] = [site.kind for site in windows.sites]
    difference = np.abs(attribution.score - attribution.reference)
    table = pd.DataFrame(
        {
            "contig": [site.contig for site in windows.sites],
            "position": [site.position for site in windows.sites],
            "strand": [site.strand for site in windows.sites],
            "kind": kinds,
            "explained": kinds if target is None else target.name,
            "log_odds": attribution.score,
            "probability": _probabilities(attribution.score, kinds, calibration, target),
            "reference_log_odds": attribution.reference,
            "delta": attribution.delta,
            "relative_error": attribution.delta / np.maximum(difference, np.finfo(float).tiny),
            "total": actual.sum(1, dtype=np.float64),
            "in_track": tracks.totals,
        }
    )
    for kind in KINDS:
        rows = np.array([one == kind for one in kinds])
        for name, share in shares(actual[rows], windows.offsets, kind).items():
            table.loc[rows, name.replace(" ", "_")] = share
    return table


def _probabilities(
    log_odds: np.ndarray,
    kinds: Sequence[Kind],
    calibration: Mapping[Kind, Calibration],
    target: Target | None,
) -> np.ndarray:
    if target is not None and not target.odds:
        return np.full(len(log_odds), np.nan)
    raw = 1 / (1 + np.exp(-log_odds))
    found: np.ndarray = raw.copy()
    for kind in KINDS:
        rows = np.array([kind == (one if target is None else target.name) for one in kinds])
        found[rows] = calibration[kind].apply(raw[rows])
    return found


def write_attribution(
    folder: Path,
    windows: SiteWindows,
    attribution: Attribution,
    tracks: Tracks,
    table: pd.DataFrame,
    lengths: Mapping[str, int],
) -> list[Path]:
    """Write tracks, tables and arrays, and name them.

    ``ohe.npz`` and ``shap.npz`` hold the sequences (int8) and the hypothetical scores (float32),
    (N, 4, L) in the order A, C, G, T, as TF-MoDISco takes them.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    written = tracks.write(folder, lengths)
    actual, kinds = attribution.actual(windows.codes), [site.kind for site in windows.sites]
    tables = {
        "sites.tsv": table,
        "segments.tsv": by_segment(actual, windows.offsets, kinds),
        "distance.tsv": by_distance(actual, windows.offsets, kinds),
    }
    for name, one in tables.items():
        write_table(folder / name, one)
    arrays = {
        "ohe.npz": one_hot(windows.codes).astype(np.int8),
        "shap.npz": attribution.hypothetical,
    }
    for name, array in arrays.items():
        with atomic(folder / name, mode="wb") as out:
            np.savez_compressed(out, array.transpose(0, 2, 1))
    return [*written, *(folder / name for name in (*tables, *arrays))]


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as tab-separated text."""
    with atomic(path) as out:
        table.to_csv(out, sep="\t", index=False, float_format="%.9g", lineterminator="\n")
