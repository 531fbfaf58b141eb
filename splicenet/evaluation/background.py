"""What a genome's words look like where there is no splice site: a Markov chain of its bases."""

from __future__ import annotations

import numpy as np

from splicenet.genome.spectrum import count_words

__all__ = ["Background"]

_CHUNK = 1 << 22


class Background:
    """A Markov chain counted over both strands of whole stretches, splice sites among them.

    Sites are one base in hundreds, so they may stay in. Counts start at one, so that no word is
    impossible; before anything is added the chain is uniform.

    Parameters
    ----------
    order
        How many bases the next one depends on.
    """

    def __init__(self, *, order: int = 5) -> None:
        self.order = order
        self._counts = np.ones((4,) * (order + 1))

    def add(self, codes: np.ndarray) -> None:
        """Count the words of a stretch, shape ``(length,)``, and of its reverse complement."""
        length = self.order + 1
        for start in range(0, codes.size - length + 1, _CHUNK):
            chunk = codes[start : start + _CHUNK + self.order]
            self._counts += count_words(chunk, length).reshape(self._counts.shape)

    def probabilities(self, length: int) -> np.ndarray:
        """How probable each word of ``length`` bases is, shape ``(4,) * length``, float64."""
        joint = self._counts / self._counts.sum()
        if length <= joint.ndim:
            return joint.sum(axis=tuple(range(length, joint.ndim)))
        step = joint / joint.sum(axis=-1, keepdims=True)
        while joint.ndim < length:
            joint = joint[..., None] * step
        return joint
