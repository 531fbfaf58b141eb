"""How well bases are told before they are read: bits a base, of a network and of Markov models.

Nothing known is two bits; less is better. Every known base of a region counts once for each
direction. Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from splicenet.genome.alphabet import N, reverse_complement
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import Genome
from splicenet.genome.words import WordModel
from splicenet.model.hints import first_guess
from splicenet.model.language import LanguageNetwork

__all__ = ["Bits", "base_bits", "markov_bits", "network_bits"]

_WINDOW = 8192
_ROWS = 4
_CONTEXT = 2048
"""Bases that are read before the first that counts, but where the region begins."""


@dataclass(frozen=True)
class Bits:
    """Sums over some sequence, by direction: forward, then backward.

    ``bits`` is float64 with the directions last; ``bases`` is how many bases each has told.
    """

    bits: np.ndarray
    bases: int

    @property
    def per_base(self) -> np.ndarray:
        """Bits a base, in the shape of ``bits``; NaN of nothing."""
        return self.bits / self.bases if self.bases else np.full_like(self.bits, np.nan)


def base_bits(logits: Tensor, codes: Tensor) -> Tensor:
    """What each base cost, (B, 2, L), float32; 0 where it is unknown.

    Parameters
    ----------
    logits
        (B, 2, 4, L), as :meth:`LanguageNetwork.next_bases` gives them.
    codes
        (B, L).
    """
    targets = codes.long()[:, None].expand(-1, 2, -1)
    cost = F.cross_entropy(
        logits.flatten(0, 1), targets.flatten(0, 1), ignore_index=N, reduction="none"
    )
    return cost.unflatten(0, (-1, 2)) / float(np.log(2))


@torch.inference_mode()
def network_bits(
    network: LanguageNetwork,
    genome: Genome,
    regions: Sequence[Interval],
    words: WordModel | None = None,
) -> Bits:
    """Read regions with a network, in windows that overlap so that every base has bases before it.

    Parameters
    ----------
    network
        Is left in eval mode.
    genome, regions
        What is told; nothing of it was counted in ``words``.
    words
        The first guess of a network that can take one; without, the network is judged alone.
    """
    network.eval()
    device = next(network.parameters()).device
    bits, bases = np.zeros(2), 0
    rows: list[tuple[np.ndarray, int, int]] = []

    def read() -> None:
        codes = torch.from_numpy(np.stack([row[0] for row in rows])).to(device)
        guess = None if words is None else first_guess([words] * len(rows), codes)
        cost = base_bits(network.next_bases(codes, guess)[-1], codes).double().cpu().numpy()
        for (_, first, last), told in zip(rows, cost, strict=True):
            bits[:] += told[0, first:].sum(), told[1, :last].sum()
        rows.clear()

    for region in regions:
        for codes, first, last in _windows(genome, region):
            rows.append((codes, first, last))
            bases += int((codes[first:] != N).sum())
            if len(rows) >= _ROWS:
                read()
    if rows:
        read()
    return Bits(bits, bases)


def _windows(genome: Genome, region: Interval) -> Iterator[tuple[np.ndarray, int, int]]:
    """Windows, from where on they count read forward, and to where read backward."""
    start = region.start
    while True:
        end = min(start + _WINDOW, region.end)
        codes = np.full(_WINDOW, N, np.uint8)
        codes[: end - start] = genome.fetch(region.contig, start, end)
        first = 0 if start == region.start else _CONTEXT
        yield codes, first, _WINDOW if end == region.end else _WINDOW - _CONTEXT
        if end == region.end:
            return
        start += _WINDOW - _CONTEXT


def markov_bits(words: WordModel, genome: Genome, regions: Sequence[Interval]) -> Bits:
    """Read regions with Markov models of every order up to that of the words.

    Returns
    -------
    Bits
        ``bits`` is (orders + 1, 2).
    """
    bits, bases = np.zeros((words.order + 1, 2)), 0
    for region in regions:
        for start in range(region.start, region.end, _WINDOW):
            end = min(start + _WINDOW, region.end)
            left = max(start - words.order, region.start)
            right = min(end + words.order, region.end)
            ahead = genome.fetch(region.contig, left, end)
            behind = reverse_complement(genome.fetch(region.contig, start, right))
            for direction, (codes, before) in enumerate(
                ((ahead, start - left), (behind, right - end))
            ):
                bits[:, direction] += _cost(words, codes)[:, before:].sum(1)
            bases += int((ahead[start - left :] != N).sum())
    return Bits(bits, bases)


def _cost(words: WordModel, codes: np.ndarray) -> np.ndarray:
    """Bits of every base by order, (orders + 1, L); 0 where it is unknown."""
    known = codes != N
    chances = words.tell(codes[None]).probabilities[0]  # (L, orders + 1, 4)
    told = np.take_along_axis(chances, np.where(known, codes, 0)[:, None, None], -1)[..., 0]
    return np.where(known, -np.log2(told.T.astype(float)), 0.0)
