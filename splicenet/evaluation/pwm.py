"""Position weight matrices: every base of the window votes by itself."""

from __future__ import annotations

import numpy as np

from splicenet.evaluation.background import Background
from splicenet.evaluation.windows import Table, score_windows
from splicenet.genome.intervals import Kind

__all__ = ["PositionWeights"]

_PSEUDOCOUNT = 1.0


class PositionWeights:
    """Log-odds of each base at each place of the window against the genome's base frequencies.

    Parameters
    ----------
    matrices
        Per kind, bits of shape ``(width, 4)``, dtype float32, bases in the order A, C, G, T.
    """

    def __init__(self, matrices: dict[Kind, np.ndarray]) -> None:
        self.matrices = matrices

    @classmethod
    def fit(
        cls, donor_windows: np.ndarray, acceptor_windows: np.ndarray, background: Background
    ) -> PositionWeights:
        """Count bases in the windows of true sites.

        Parameters
        ----------
        donor_windows, acceptor_windows
            Codes 0 to 3, shapes ``(n, 9)`` and ``(m, 23)``, dtype uint8, as
            :func:`~splicenet.evaluation.windows.site_windows` cuts them.
        background
            The genome's words.
        """
        bases = background.probabilities(1)

        def weights(windows: np.ndarray) -> np.ndarray:
            counts = (windows[:, :, None] == np.arange(4)).sum(axis=0) + _PSEUDOCOUNT * bases
            return np.log2(counts / counts.sum(axis=1, keepdims=True) / bases).astype(np.float32)

        return cls({"donor": weights(donor_windows), "acceptor": weights(acceptor_windows)})

    def score(self, codes: np.ndarray, kind: Kind) -> np.ndarray:
        """Log-odds of every base of a stretch as read.

        Returns
        -------
        numpy.ndarray
            Bits, shape ``(codes.size,)``, dtype float32, at the 0-based position that a label
            would name; ``-inf`` where the window reaches past an end or holds an ``N``.
        """
        tables = [Table(offset, row) for offset, row in enumerate(self.matrices[kind])]
        return score_windows(codes, kind, tables)
