"""Scores for a stretch of any length, in windows whose seams cannot be seen.

Windows lie on a grid that belongs to the contig, so that a base is always read in the same window:
its score depends neither on the region asked for nor on the size of a batch. A window is read with
a *flank* on either side whose scores are thrown away. Coordinates are 0-based half-open on the plus
strand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

import numpy as np
import torch

from splicenet.genome.alphabet import N, reverse_complement
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import Genome
from splicenet.model.network import SpliceNetwork

__all__ = [
    "BATCH_TOKENS",
    "FLANKS",
    "PROBE_LENGTH",
    "WINDOW",
    "Scores",
    "Stretch",
    "measure_flank",
    "Read",
    "scan",
    "scan_with",
    "site_probabilities",
]

Fetch = Callable[[int, int], np.ndarray]
"""``fetch(start, end)`` gives codes; positions outside the contig come back as N."""

Read = Callable[[np.ndarray], np.ndarray]
"""Codes in reading direction, (B, L), to K numbers a base, (B, K, L), float32."""

BATCH_TOKENS = 1 << 18
"""Bases in a batch by default, both strands and flanks counted; at least a window is read."""

WINDOW = 1 << 16
"""Bases between the lines of the grid; a shorter contig is one window."""

_RUNG = 512
"""A shorter contig's window is a multiple of it, so that several of like length make a batch."""

FLANKS = (256, 512, 1024, 2048, 4096, 5120)
"""Bases; what :func:`measure_flank` chooses from."""
_FAR = 8192
_PROBE = 512
_PLUS, _MINUS = 0, 1


class Scores(NamedTuple):
    """Probabilities of ``[start, start + n)``.

    ``values`` has shape (2, 2, n): strands (plus, minus), kinds (donor, acceptor), positions in
    plus-strand order on both strands; dtype float32. Other readers than that of the sites put
    other numbers in the place of the kinds, or behind them.
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


class Stretch(NamedTuple):
    """``[start, end)`` of a contig of ``length`` bases, which ``fetch`` reads."""

    contig: str
    fetch: Fetch
    start: int
    end: int
    length: int

    @classmethod
    def of(cls, genome: Genome, region: Interval) -> Stretch:
        """A region of a genome."""
        fetch = partial(genome.fetch, region.contig)
        return cls(region.contig, fetch, region.start, region.end, genome.lengths[region.contig])


class _Window(NamedTuple):
    """``[left, left + width)`` of the contig's grid."""

    stretch: Stretch
    left: int
    width: int

    def codes(self, flank: int) -> np.ndarray:
        return self.stretch.fetch(self.left - flank, self.left + self.width + flank)

    def scores(self, values: np.ndarray) -> Scores:
        """Of the window's values, those of the stretch."""
        first = max(self.stretch.start - self.left, 0)
        last = min(self.stretch.end - self.left, self.width)
        return Scores(self.left + first, values[..., first:last])


def scan(
    network: SpliceNetwork,
    stretches: Iterable[Stretch],
    *,
    flank: int,
    batch_tokens: int = BATCH_TOKENS,
) -> Iterator[tuple[str, Scores]]:
    """Score both strands of stretches, window by window in order.

    Parameters
    ----------
    network
        In eval mode; best :meth:`~SpliceNetwork.fused`.
    stretches
        Of any number of contigs, read when it is their turn.
    flank
        Bases read on either side of a window, their scores thrown away.
    batch_tokens
        Bases in a batch, both strands and flanks counted: memory grows with it and with nothing
        else.

    Yields
    ------
    contig, Scores
        Every window's share of its stretch.
    """
    read = partial(site_probabilities, network)
    return scan_with(
        read, 2, stretches, phase=network.config.phase, flank=flank, batch_tokens=batch_tokens
    )


def scan_with(
    read: Read,
    numbers: int,
    stretches: Iterable[Stretch],
    *,
    phase: int,
    flank: int,
    batch_tokens: int = BATCH_TOKENS,
) -> Iterator[tuple[str, Scores]]:
    """As :func:`scan`, with whatever reads codes to some ``numbers`` a base; 0 at N.

    ``phase`` is that of the network that reads.
    """
    flank = _up(flank, phase)
    windows = (window for stretch in stretches for window in _windows(stretch, phase))
    # Stretches that follow each other in one window are read at once.
    shared = (list(some) for _, some in groupby(windows, key=_place))
    for shelf in _shelves(shared, flank, batch_tokens):
        values: dict[int, np.ndarray] = {}
        for width in {some[0].width for some in shelf}:
            alike = [index for index, some in enumerate(shelf) if some[0].width == width]
            codes = np.stack([shelf[index][0].codes(flank) for index in alike])
            values.update(zip(alike, _both_strands(read, numbers, codes, flank), strict=True))
        for index, some in enumerate(shelf):
            read_there = values.pop(index)
            for window in some:
                yield window.stretch.contig, window.scores(read_there)


def _windows(stretch: Stretch, phase: int) -> Iterator[_Window]:
    width = min(WINDOW - WINDOW % phase, _up(stretch.length, _up(_RUNG, phase)))
    for left in range(stretch.start - stretch.start % width, stretch.end, width):
        yield _Window(stretch, left, width)


def _place(window: _Window) -> tuple[str, int, int]:
    return window.stretch.contig, window.stretch.length, window.left


def _shelves(
    windows: Iterable[list[_Window]], flank: int, batch_tokens: int
) -> Iterator[list[list[_Window]]]:
    """Windows in order, as many at a time as a batch may hold; one place is read once."""
    shelf: list[list[_Window]] = []
    tokens = 0
    for some in windows:
        cost = 2 * (some[0].width + 2 * flank)
        if shelf and tokens + cost > batch_tokens:
            yield shelf
            shelf, tokens = [], 0
        shelf.append(some)
        tokens += cost
    if shelf:
        yield shelf


def _both_strands(read: Read, numbers: int, codes: np.ndarray, flank: int) -> np.ndarray:
    """Plus-strand windows (W, L) to numbers (W, 2 strands, K, L - 2 * flank)."""
    windows, length = codes.shape
    values = np.zeros((windows, 2, numbers, length - 2 * flank), np.float32)
    some = np.flatnonzero((codes != N).any(axis=1))  # no base of N is a site
    if some.size:
        both = np.concatenate([codes[some], reverse_complement(codes[some])])
        scored = read(both)[..., flank : length - flank]
        values[some, _PLUS] = scored[: some.size]
        values[some, _MINUS] = scored[some.size :, :, ::-1]
        values *= (codes != N)[:, None, None, flank : length - flank]
    return values


PROBE_LENGTH = 2 * _FAR + _PROBE
"""Bases that :func:`measure_flank` needs of a stretch."""


def measure_flank(
    network: SpliceNetwork, stretches: Sequence[np.ndarray], *, tolerance: float = 1e-5
) -> int:
    """Find the shortest of :data:`FLANKS` behind which a window's beginning hardly shows.

    A recurrent network, as one of LSTMs, may remember for ever. What it remembers beyond the
    longest flank is left to show: by the grid of windows it shows always in the same place.

    Parameters
    ----------
    network
        In eval mode.
    stretches
        Codes in reading direction, each :data:`PROBE_LENGTH` long. Those that are N in the middle,
        where they are compared, tell nothing.
    tolerance
        Largest change of a probability, against a flank of 8,192 bases, that counts as none. It
        is small, for among the many bases of a genome some change more than those tried here.

    Returns
    -------
    int
        Bases; ``max(FLANKS)`` if no flank is long enough, or no stretch tells.
    """
    codes = np.stack(list(stretches))
    codes = codes[(codes[:, _FAR : _FAR + _PROBE] != N).any(1)]
    if not len(codes):
        return FLANKS[-1]
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
