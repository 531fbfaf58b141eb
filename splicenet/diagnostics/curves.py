"""The course of a training run, read from its ``.metrics.tsv``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from splicenet.exceptions import TrainingError

__all__ = ["mean_precision", "read_metrics"]

_NUMBERS = ("step", "loss", "gradient_norm", "auprc_donor", "auprc_acceptor")


def read_metrics(path: str | Path) -> pd.DataFrame:
    """Read one row an evaluation.

    Raises
    ------
    TrainingError
        If the file is missing, is no such table, or has no row yet.
    """
    try:
        table = pd.read_csv(path, sep="\t")
        table = table.astype(dict.fromkeys(_NUMBERS, float))
    except (OSError, ValueError, KeyError, pd.errors.ParserError) as error:
        raise TrainingError(
            "this is not the .metrics.tsv of a training run, or it cannot be read", path=path
        ) from error
    if table.empty:
        raise TrainingError("this run has no evaluation yet; wait for the first", path=path)
    return table


def mean_precision(table: pd.DataFrame) -> np.ndarray:
    """AUPRC of the validation sequence, the mean of donors and acceptors, one an evaluation."""
    return np.asarray(table[["auprc_donor", "auprc_acceptor"]].mean(axis=1))
