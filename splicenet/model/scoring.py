"""Scores for a stretch of any length, in windows whose seams cannot be seen.

Windows lie on a grid that belongs to the contig, so that a base is always read in the same window:
its score depends neither on the region asked for nor on the size of a batch. A window is read with
a *flank* on either side whose scores are thrown away. Coordinates are 0-based half-open on the plus
strand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch

from splicenet.genome.alphabet import N, reverse_complement
from splicenet.model.network import SpliceNetwork

__all__ = [
    "BATCH_TOKENS",
    "FLANKS",
    "PROBE_LENGTH",
    "WINDOW",
    "Scores",
    "measure_flank",
    "scan",
    "site_probabilities",
]

Fetch = Callable[[int, int], np.ndarray]
"""``fetch(start, end)`` gives codes; positions outside the contig come back as N."""

BATCH_TOKENS = 1 << 18
"""Bases in a batch by default; some 600 MB of memory."""

WINDOW = 1 << 15
"""Bases between the lines of the grid; a shorter contig is one window."""

FLANKS = (256, 512, 1024, 2048)
_FAR = 8192
_PROBE = 512
_PLUS, _MINUS = 0, 1


class Scores(NamedTuple):
    """Probabilities of ``[start, start + n)``.

    ``values`` has shape (2, 2, n): strands (plus, minus), kinds (donor, acceptor), positions in
    plus-strand order on both strands; dtype float32.
    """

    start: int
    values: np.ndarray

    @property
    def end(self) -> int:
        """One past the last base scored."""
        return self.start + self.values.shape[-1]


@torch.inference_mode()
def site_probabilities(network: SpliceNetwork, codes: np.ndarray) -> np.ndarray:
    """Donor and acceptor probabilities as the network gives them, uncalibrated.

    Parameters
    ----------
    network
        In eval mode.
    codes
        Sequences in the direction of transcription, (B, L), uint8.

    Returns
    -------
    numpy.ndarray
        (B, 2, L): donor, acceptor; float32.
    """
    device = next(network.parameters()).device
    logits = network(torch.from_numpy(np.ascontiguousarray(codes)).to(device))
    return logits.softmax(1)[:, 1:].cpu().numpy()


def scan(
    network: SpliceNetwork,
    fetch: Fetch,
    start: int,
    end: int,
    *,
    length: int,
    flank: int,
    batch_tokens: int = BATCH_TOKENS,
) -> Iterator[Scores]:
    """Score both strands of ``[start, end)``, window by window in order.

    Parameters
    ----------
    network
        In eval mode; best :meth:`~SpliceNetwork.fused`.
    fetch
        Codes of any span of the contig at hand.
    length
        Of the contig.
    flank
        Bases read on either side of a window, their scores thrown away.
    batch_tokens
        Bases in a batch, both strands and flanks counted: memory grows with it and with nothing
        else.
    """
    phase = network.config.phase
    flank = _up(flank, phase)
    width = min(WINDOW, _up(length, phase))
    windows = iter(range(start - start % width, end, width))
    per_batch = max(1, batch_tokens // (2 * (width + 2 * flank)))
    while batch := list(islice(windows, per_batch)):
        codes = np.stack([fetch(left - flank, left + width + flank) for left in batch])
        for left, values in zip(batch, _both_strands(network, codes, flank), strict=True):
            first, last = max(start - left, 0), min(end - left, width)
            yield Scores(left + first, values[..., first:last])


def _both_strands(network: SpliceNetwork, codes: np.ndarray, flank: int) -> np.ndarray:
    """Plus-strand windows (W, L) to probabilities (W, 2 strands, 2 kinds, L - 2 * flank)."""
    windows, length = codes.shape
    values = np.zeros((windows, 2, 2, length - 2 * flank), np.float32)
    read = np.flatnonzero((codes != N).any(axis=1))  # no base of N is a site
    if read.size:
        both = np.concatenate([codes[read], reverse_complement(codes[read])])
        scored = site_probabilities(network, both)[..., flank : length - flank]
        values[read, _PLUS] = scored[: read.size]
        values[read, _MINUS] = scored[read.size :, :, ::-1]
        values *= (codes != N)[:, None, None, flank : length - flank]
    return values


PROBE_LENGTH = 2 * _FAR + _PROBE
"""Bases that :func:`measure_flank` needs of a stretch."""


def measure_flank(
    network: SpliceNetwork, stretches: Sequence[np.ndarray], *, tolerance: float = 1e-4
) -> int:
    """Find the shortest of :data:`FLANKS` behind which a window's beginning hardly shows.

    A recurrent network may remember for ever. What it remembers beyond the longest flank is left
    to show: by the grid of windows it shows always in the same place.

    Parameters
    ----------
    network
        In eval mode.
    stretches
        Codes in reading direction, each :data:`PROBE_LENGTH` long.
    tolerance
        Largest change of a probability, against a flank of 8,192 bases, that counts as none.

    Returns
    -------
    int
        Bases; ``max(FLANKS)`` if no flank is long enough.
    """
    codes = np.stack(list(stretches))
    reference = site_probabilities(network, codes)[..., _FAR : _FAR + _PROBE]
    for flank in FLANKS[:-1]:
        near = codes[:, _FAR - flank : _FAR + _PROBE + flank]
        scored = site_probabilities(network, near)[..., flank : flank + _PROBE]
        if np.abs(scored - reference).max() < tolerance:
            return flank
    return FLANKS[-1]


def _up(value: int, multiple: int) -> int:
    """The next multiple at or above ``value``."""
    return -(-value // multiple) * multiple
