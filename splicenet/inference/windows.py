"""Windows of any origin through the network, in batches of one length, calibrated.

Codes are given in plus-strand order, and scores come back in it, whichever strand is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from splicenet.genome.alphabet import N, reverse_complement
from splicenet.genome.intervals import Strand
from splicenet.genome.labels import KINDS
from splicenet.model.incremental import IncrementalReader, can_read_increments
from splicenet.model.modelfile import Model
from splicenet.model.scoring import site_probabilities

__all__ = ["Window", "WindowReader"]


class Window(NamedTuple):
    """Codes, (L,), to be read on one strand; only scores of ``[first, last)`` are wanted."""

    codes: np.ndarray
    strand: Strand
    first: int
    last: int


class WindowReader:
    """Reads windows with a trained model.

    Parameters
    ----------
    model
        The model.
    device
        As torch names it.
    batch_tokens
        Bases in a batch; memory grows with it.

    Attributes
    ----------
    flank, phase
        The model's.
    local
        The same network, to be read in increments; None if it cannot be.
    """

    def __init__(self, model: Model, *, device: str = "cpu", batch_tokens: int = 1 << 17) -> None:
        self.flank = model.flank
        self.phase = model.network.config.phase
        self.batch_tokens = batch_tokens
        self._calibration = [model.calibration[kind] for kind in KINDS]
        self._network = model.network.fused().to(device)
        self.local = (
            IncrementalReader(self._network) if can_read_increments(self._network) else None
        )

    def read(self, windows: Sequence[Window]) -> list[np.ndarray]:
        """Calibrated probabilities of every window's wanted part.

        Returns
        -------
        list of numpy.ndarray
            (2, last - first): donor, acceptor; in plus-strand order; dtype float32. Bases of N
            score 0.
        """
        results: list[np.ndarray] = [np.empty(0)] * len(windows)
        by_length = sorted(range(len(windows)), key=lambda i: len(windows[i].codes))
        for length, group in groupby(by_length, key=lambda i: len(windows[i].codes)):
            same, size = list(group), max(1, self.batch_tokens // length)
            for begin in range(0, len(same), size):
                batch = same[begin : begin + size]
                scored = self._score([windows[i] for i in batch])
                for index, values in zip(batch, scored, strict=True):
                    results[index] = values
        return results

    def calibrated(self, window: Window, raw: np.ndarray) -> np.ndarray:
        """Calibrate the wanted part of a window.

        Parameters
        ----------
        raw
            The network's probabilities, (2, L), in reading direction.

        Returns
        -------
        numpy.ndarray
            As :meth:`read` has it.
        """
        wanted = slice(window.first, window.last)
        raw = (raw if window.strand == "+" else raw[:, ::-1])[:, wanted]
        pairs = zip(self._calibration, raw, strict=True)
        values = np.stack([calibration.apply(row) for calibration, row in pairs])
        return values * (window.codes[wanted] != N)

    def _score(self, windows: Sequence[Window]) -> list[np.ndarray]:
        sense = [_sense(window.codes, window.strand) for window in windows]
        probabilities = site_probabilities(self._network, np.stack(sense))  # (B, 2, L)
        return [self.calibrated(*pair) for pair in zip(windows, probabilities, strict=True)]


def _sense(codes: np.ndarray, strand: Strand) -> np.ndarray:
    return codes if strand == "+" else reverse_complement(codes)
