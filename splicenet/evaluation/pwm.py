"""Position weight matrices: every base of the window votes by itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from splicenet.evaluation.background import Background
from splicenet.evaluation.windows import Baseline, Table
from splicenet.genome.intervals import Kind

__all__ = ["position_weights"]

_PSEUDOCOUNT = 1.0


def position_weights(windows: Mapping[Kind, np.ndarray], background: Background) -> Baseline:
    """Log-odds of each base at each place of the window against the genome's base frequencies.

    Parameters
    ----------
    windows
        Those of true sites, by kind: codes 0 to 3, shapes ``(n, 9)`` and ``(m, 23)``, dtype
        uint8, as :func:`~splicenet.evaluation.windows.site_windows` cuts them.
    background
        The genome's words.
    """
    bases = background.probabilities(1)

    def tables(found: np.ndarray) -> list[Table]:
        counts = (found[:, :, None] == np.arange(4)).sum(axis=0) + _PSEUDOCOUNT * bases
        bits = np.log2(counts / counts.sum(axis=1, keepdims=True) / bases).astype(np.float32)
        return [Table(offset, row) for offset, row in enumerate(bits)]

    return Baseline({kind: tables(found) for kind, found in windows.items()})
