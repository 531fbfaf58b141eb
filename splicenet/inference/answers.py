"""Windows through all the heads that answer at every base, and not through that of sites alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from splicenet.genome.labels import KINDS
from splicenet.inference.windows import Window, WindowReader
from splicenet.model.answers import read_local
from splicenet.model.modelfile import Model

__all__ = ["AnswerReader"]


class AnswerReader(WindowReader):
    """As :class:`~splicenet.inference.windows.WindowReader`, with more numbers a base.

    They stand as :func:`~splicenet.model.answers.read_local` has them, donor and acceptor first and
    calibrated. Every window is read whole: what is read in increments are sites alone.
    """

    def __init__(self, model: Model, *, device: str = "cpu", batch_tokens: int = 1 << 17) -> None:
        super().__init__(model, device=device, batch_tokens=batch_tokens)
        self.local = None

    def _score(self, windows: Sequence[Window]) -> list[np.ndarray]:
        numbers = read_local(self._network, np.stack([window.sense for window in windows]))
        sites = len(KINDS)
        numbers[:, :sites] = self.scale.apply(numbers[:, :sites])
        return [window.scores(rows) for window, rows in zip(windows, numbers, strict=True)]
