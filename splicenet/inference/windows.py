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

    @property
    def sense(self) -> np.ndarray:
        """Codes in reading direction."""
        return self.codes if self.strand == "+" else reverse_complement(self.codes)

    @property
    def wanted(self) -> tuple[int, int]:
        """The wanted part in reading direction."""
        if self.strand == "+":
            return self.first, self.last
        return len(self.codes) - self.last, len(self.codes) - self.first

    def part(self, first: int, last: int) -> Window:
        """``[first, last)`` of it, given in reading direction."""
        if self.strand == "-":
            first, last = len(self.codes) - last, len(self.codes) - first
        return Window(self.codes[first:last], self.strand, self.first - first, self.last - first)

    def scores(self, values: np.ndarray) -> np.ndarray:
        """Of scores in reading direction, (2, L), those wanted, in plus-strand order; 0 at N."""
        values = (values if self.strand == "+" else values[:, ::-1])[:, self.first : self.last]
        return values * (self.codes[self.first : self.last] != N)


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
    flank, phase, scale
        The model's.
    local
        The same network, to be read in increments; None if it cannot be.
    """

    def __init__(self, model: Model, *, device: str = "cpu", batch_tokens: int = 1 << 17) -> None:
        self.flank = model.flank
        self.phase = model.network.config.phase
        self.batch_tokens = batch_tokens
        self.scale = model.scale
        self.local: IncrementalReader | None = None
        if can_read_increments(model.network):
            self.local = IncrementalReader(model.network, device)
        self._network = model.network.fused().to(device)

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

    def _score(self, windows: Sequence[Window]) -> list[np.ndarray]:
        codes = np.stack([window.sense for window in windows])
        first = min(window.wanted[0] for window in windows)
        last = max(window.wanted[1] for window in windows)
        local = self.local
        length = codes.shape[1]
        near = min(first, length - last)
        if local is None or length % self.phase or near < max(self.flank, local.least):
            first, last = 0, length
            probabilities = site_probabilities(self._network, codes)  # (B, 2, L)
        else:  # only what is wanted is read to the end
            probabilities, _ = local.reference(codes, first, last)
        parts = [window.part(first, last) for window in windows]
        values = self.scale.apply(probabilities)
        return [part.scores(rows) for part, rows in zip(parts, values, strict=True)]
