"""The course of a training run, read from its ``.metrics.tsv``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from splicenet.exceptions import TrainingError

__all__ = ["as_course", "mean_precision", "read_metrics"]

_NO_COURSE = "this is not the .metrics.tsv of a training run, or it cannot be read"
_NUMBERS = ("step", "loss", "gradient_norm", "auprc_donor", "auprc_acceptor")


def read_metrics(path: str | Path) -> pd.DataFrame:
    """Read the table that stands beside a model.

    Raises
    ------
    TrainingError
        If the file is missing, is no such table, or has no row yet.
    """
    try:
        table = pd.read_csv(path, sep="\t")
    except (OSError, ValueError) as error:
        raise TrainingError(_NO_COURSE, path=path) from error
    return as_course(table, path=path)


def as_course(table: pd.DataFrame, *, path: str | Path) -> pd.DataFrame:
    """Check a table of one row an evaluation; ``path`` is where it comes from.

    Raises
    ------
    TrainingError
        If a column is missing or holds no numbers, or there is no row yet.
    """
    if table.empty:
        raise TrainingError("this run has no evaluation yet; wait for the first", path=path)
    try:
        return table.astype(dict.fromkeys(_NUMBERS, float))
    except (ValueError, KeyError) as error:
        raise TrainingError(_NO_COURSE, path=path) from error


def mean_precision(table: pd.DataFrame) -> np.ndarray:
    """AUPRC of the validation sequence, the mean of donors and acceptors, one an evaluation."""
    return np.asarray(table[["auprc_donor", "auprc_acceptor"]].mean(axis=1))
