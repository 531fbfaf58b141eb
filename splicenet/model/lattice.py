"""Message passing over candidate splice sites: all ways to read a strand, weighed at once.

A path through the lattice alternates: donor, acceptor, donor, acceptor. Between a donor and the
next acceptor lies an intron; between an acceptor and the next donor an exon, or the end of one
transcript, what follows, and the beginning of another. Sums over all paths give probabilities
(forward-backward), maxima the best path (Viterbi): one recursion in two semirings. A path weighs
the same read from either end, so the backward pass is the forward pass of the mirrored strand.
Time grows with the pairs that the longest intron and exon allow, memory with the candidates alone.

Positions are 0-based in the direction of transcription; a donor is the last base of its exon, an
acceptor the first base of its.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from splicenet.model.grammar import Grammar

__all__ = ["Candidates", "PairProbabilities", "best_chains", "pair_probabilities"]

_Total = Callable[[np.ndarray], float]
_NOTHING = -np.inf


@dataclass(frozen=True, eq=False)
class Candidates:
    """Bases of one strand of one contig that may be sites.

    Parameters
    ----------
    donors, acceptors
        Positions, sorted, int64.
    donor_evidence, acceptor_evidence
        For each, how much likelier its sequence is if it is a site than if it is none: natural
        logarithm, float64.
    length
        Bases of the strand.
    """

    donors: np.ndarray
    acceptors: np.ndarray
    donor_evidence: np.ndarray
    acceptor_evidence: np.ndarray
    length: int

    def mirrored(self) -> Candidates:
        """The same read backwards: acceptors open introns there, and donors close them."""
        last = self.length - 1
        return Candidates(
            last - self.acceptors[::-1],
            last - self.donors[::-1],
            self.acceptor_evidence[::-1],
            self.donor_evidence[::-1],
            self.length,
        )


class PairProbabilities(NamedTuple):
    """Introns by the indices of their candidates, and their probabilities: three columns."""

    donors: np.ndarray
    acceptors: np.ndarray
    probabilities: np.ndarray


def pair_probabilities(
    candidates: Candidates, grammar: Grammar, *, least: float
) -> PairProbabilities:
    """The probability of every intron, over all paths.

    Parameters
    ----------
    least
        Introns below it are left out.

    Returns
    -------
    PairProbabilities
        Sorted by acceptor and donor.
    """
    forward = _Pass(candidates, grammar, _log_sum)
    backward = _Pass(candidates.mirrored(), grammar, _log_sum).opened[::-1]
    found: list[tuple[np.ndarray, int, np.ndarray]] = []
    for acceptor in range(candidates.acceptors.size):
        window, weights = forward.introns(acceptor)
        logs = forward.opened[window] + weights + backward[acceptor] - forward.whole
        likely = np.flatnonzero(logs >= np.log(least))
        if likely.size:
            found.append((likely + window.start, acceptor, np.exp(logs[likely])))
    if not found:
        return PairProbabilities(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    donors, acceptors, probabilities = zip(*found, strict=True)
    return PairProbabilities(
        np.concatenate(donors),
        np.repeat(acceptors, [found.size for found in donors]),
        np.minimum(np.concatenate(probabilities), 1.0),
    )


def best_chains(candidates: Candidates, grammar: Grammar) -> list[list[tuple[int, int]]]:
    """The best path: for every transcript its introns, as indices of donor and acceptor."""
    chains = [[*reversed(chain)] for chain in _Pass(candidates, grammar, _highest).trace()]
    return chains[::-1]


def _log_sum(values: np.ndarray) -> float:
    highest = values.max(initial=_NOTHING)
    if highest == _NOTHING:
        return _NOTHING
    return float(highest + np.log(np.exp(values - highest).sum()))


def _highest(values: np.ndarray) -> float:
    return float(values.max(initial=_NOTHING))


class _Pass:
    """One sweep in reading direction.

    ``opened`` and ``closed`` hold, for every donor and acceptor, the total log-weight of the paths
    that end with it, ``whole`` that of all paths to the end of the strand.
    """

    def __init__(self, candidates: Candidates, grammar: Grammar, total: _Total) -> None:
        self._donors, self._acceptors = candidates.donors, candidates.acceptors
        self._introns, self._exons = grammar.introns, grammar.exons
        self._intron_weights = grammar.introns.weights
        self._exon_weights = grammar.exons.weights + np.log1p(-grammar.stop)
        # Both ends of a transcript weigh the same, so that the strand may be mirrored.
        self._end = np.log(grammar.stop) / 2
        # An intron has acceptor - donor - 1 bases, an exon donor - acceptor + 1.
        self._intron_windows = np.searchsorted(
            self._donors,
            [self._acceptors - 1 - self._introns.longest, self._acceptors - self._introns.shortest],
        ).T
        self._exon_windows = np.searchsorted(
            self._acceptors,
            [self._donors + 1 - self._exons.longest, self._donors + 2 - self._exons.shortest],
        ).T
        self._sweep(candidates, total)

    def introns(self, acceptor: int) -> tuple[slice, np.ndarray]:
        """Donors that an acceptor may follow, and the log-weight of the intron between."""
        window = slice(*self._intron_windows[acceptor])
        lengths = self._acceptors[acceptor] - self._donors[window] - 1
        return window, self._intron_weights[lengths]

    def exons(self, donor: int) -> tuple[slice, np.ndarray]:
        """Acceptors that a donor may follow, and the log-weight of the exon between."""
        window = slice(*self._exon_windows[donor])
        lengths = self._donors[donor] - self._acceptors[window] + 1
        return window, self._exon_weights[lengths]

    def _sweep(self, candidates: Candidates, total: _Total) -> None:
        self.opened = np.full(self._donors.size, _NOTHING)
        self.closed = np.full(self._acceptors.size, _NOTHING)
        outside = 0.0
        for is_donor, index in _events(candidates):
            if is_donor:
                window, weights = self.exons(index)
                inside = total(self.closed[window] + weights)
                first = outside + self._end
                self.opened[index] = (
                    total(np.array([inside, first])) + candidates.donor_evidence[index]
                )
            else:
                window, weights = self.introns(index)
                closed = total(self.opened[window] + weights)
                self.closed[index] = closed + candidates.acceptor_evidence[index]
                outside = total(np.array([outside, self.closed[index] + self._end]))
        self.whole = outside

    def trace(self) -> Iterator[list[tuple[int, int]]]:
        """Follow the best path back, transcript by transcript and intron by intron."""
        # The best acceptor so far to have ended a transcript with, for every acceptor.
        weighed = self.closed + self._end
        best = np.maximum.accumulate(weighed)
        last = np.maximum.accumulate(np.where(weighed == best, np.arange(weighed.size), 0))
        before = self._acceptors.size
        while before and best[before - 1] > 0:
            chain = []
            acceptor = int(last[before - 1])
            while True:
                window, weights = self.introns(acceptor)
                donor = window.start + int(np.argmax(self.opened[window] + weights))
                chain.append((donor, acceptor))
                before = int(np.searchsorted(self._acceptors, self._donors[donor], side="right"))
                outside = max(0.0, best[before - 1] if before else 0.0) + self._end
                window, weights = self.exons(donor)
                inside = self.closed[window] + weights
                if _highest(inside) <= outside:
                    break
                acceptor = window.start + int(np.argmax(inside))
            yield chain


def _events(candidates: Candidates) -> Iterator[tuple[bool, int]]:
    """Whether a donor, and index, of every candidate by position; acceptors first at one base."""
    acceptors, donors = candidates.acceptors, candidates.donors
    is_donor = np.arange(acceptors.size + donors.size) >= acceptors.size
    indices = np.concatenate([np.arange(acceptors.size), np.arange(donors.size)])
    order = np.lexsort((is_donor, np.concatenate([acceptors, donors])))
    return zip(is_donor[order].tolist(), indices[order].tolist(), strict=True)
