"""Scores for a stretch of any length, in windows whose seams cannot be seen.

A window is read with a *flank* on either side whose scores are thrown away. Windows begin at
multiples of the network's phase, so that a base is read the same way whichever window it falls in.
Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch

from splicenet.genome.alphabet import N, reverse_complement
from splicenet.model.network import SpliceNetwork

__all__ = ["FLANKS", "Scores", "measure_flank", "scan", "site_probabilities"]

Fetch = Callable[[int, int], np.ndarray]
"""``fetch(start, end)`` gives codes; positions outside the contig come back as N."""

FLANKS = (256, 512, 1024, 2048, 4096, 8192)
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
    flank: int,
    batch_tokens: int = 1 << 17,
) -> Iterator[Scores]:
    """Score both strands of ``[start, end)``, window by window in order.

    Parameters
    ----------
    network
        In eval mode; best :meth:`~SpliceNetwork.fused`.
    fetch
        Codes of any span of the contig at hand.
    flank
        Bases read on either side of a window, their scores thrown away.
    batch_tokens
        Bases in a batch, both strands and flanks counted: memory grows with it and with nothing
        else.
    """
    phase = network.config.phase
    flank = _up(flank, phase)
    aligned = start - start % phase
    # Two windows on two strands a batch: long enough to make the flanks cheap.
    core = max(_up(batch_tokens // 4 - 2 * flank, phase), _up(flank, phase), phase)
    core = min(core, _up(end - aligned, phase))
    windows = iter(range(aligned, end, core))
    per_batch = max(1, batch_tokens // (2 * (core + 2 * flank)))
    while batch := list(islice(windows, per_batch)):
        codes = np.stack([fetch(left - flank, left + core + flank) for left in batch])
        for left, values in zip(batch, _both_strands(network, codes, flank), strict=True):
            first, last = max(start - left, 0), min(end - left, core)
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


def measure_flank(
    network: SpliceNetwork, stretches: Sequence[np.ndarray], *, tolerance: float = 2e-5
) -> int:
    """The shortest of :data:`FLANKS` after which a window's beginning no longer shows.

    A recurrent network could remember its first step for ever; this measures that it does not.

    Parameters
    ----------
    network
        In eval mode.
    stretches
        Codes in reading direction, each at least ``2 * max(FLANKS) + 512`` long.
    tolerance
        Largest change of a probability that counts as none.

    Returns
    -------
    int
        Bases; ``max(FLANKS)`` if no flank is long enough.
    """
    longest, probe = FLANKS[-1], 512
    codes = np.stack([stretch[: 2 * longest + probe] for stretch in stretches])
    probed = slice(longest, longest + probe)
    reference = site_probabilities(network, codes)[..., probed]
    for flank in FLANKS[:-1]:
        near = codes[:, longest - flank : longest + probe + flank]
        change = np.abs(site_probabilities(network, near)[..., flank : flank + probe] - reference)
        if change.max() < tolerance:
            return flank
    return longest


def _up(value: int, multiple: int) -> int:
    """The next multiple at or above ``value``."""
    return -(-value // multiple) * multiple
