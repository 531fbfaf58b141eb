"""From the probability of every base to introns, and to the chains of them that transcripts have.

Each strand of each contig, or of each region of it, is read by itself: its likely bases are the
candidates of a :mod:`~splicenet.model.lattice`, which a :mod:`~splicenet.model.grammar`
weighs. Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from splicenet.genome.annotation import Annotation
from splicenet.genome.intervals import Junction, Strand
from splicenet.genome.introns import Chain, Intron
from splicenet.genome.labels import KINDS, STRANDS
from splicenet.model.calibration import logit
from splicenet.model.grammar import BROAD, Grammar, learn_grammar
from splicenet.model.lattice import Candidates, best_chains, pair_probabilities
from splicenet.model.scoring import Scores

__all__ = ["LikelySites", "annotated_grammar", "decode", "learned_grammar"]

_FLOOR = 0.005
_ROUNDS = 2
_BONUS = 1.0
"""Added to the log-odds of a site that has a partner: chance ones mostly have none."""
_LEAST = 1e-3
_CLOSE = 1e-6


class _Stretch:
    """The likely bases of a part of a contig, by strand and kind; ``ends`` is where it ends."""

    def __init__(self, contig: str) -> None:
        self.contig = contig
        self.ends = contig, 0
        self.found: dict[tuple[int, int], list[tuple[np.ndarray, np.ndarray]]] = defaultdict(list)

    def columns(self, strand: int, kind: int) -> tuple[np.ndarray, np.ndarray]:
        """Positions and probabilities."""
        positions, values = zip(*self.found[strand, kind], strict=True)
        return np.concatenate(positions), np.clip(np.concatenate(values), _CLOSE, 1 - _CLOSE)


class LikelySites:
    """The bases of a genome whose probability reaches a floor.

    Memory grows with their number, not with the genome.

    Parameters
    ----------
    lengths
        Length in bases of every contig.
    floor
        Lowest probability that is kept.
    """

    def __init__(self, lengths: Mapping[str, int], *, floor: float = _FLOOR) -> None:
        self._lengths = lengths
        self._floor = np.float32(floor)
        self._stretches: list[_Stretch] = []

    def add(self, contig: str, scores: Scores) -> None:
        """Add the next calibrated probabilities; no intron spans a gap between them."""
        if not self._stretches or self._stretches[-1].ends != (contig, scores.start):
            self._stretches.append(_Stretch(contig))
        stretch = self._stretches[-1]
        stretch.ends = contig, scores.end
        for strand, kind in np.ndindex(2, 2):
            values = scores.values[strand, kind]
            kept = np.flatnonzero(values >= self._floor)
            stretch.found[strand, kind].append((scores.start + kept, values[kept]))

    def strands(self) -> Iterator[tuple[str, Strand, Candidates]]:
        """Candidates of every strand that has any, positions in the direction of transcription."""
        for stretch in self._stretches:
            contig = stretch.contig
            for index, strand in enumerate(STRANDS):
                (donors, donor_p), (acceptors, acceptor_p) = (
                    stretch.columns(index, kind) for kind in range(len(KINDS))
                )
                if donors.size and acceptors.size:
                    read = Candidates(
                        donors,
                        acceptors,
                        logit(donor_p) + _BONUS,
                        logit(acceptor_p) + _BONUS,
                        self._lengths[contig],
                    )
                    yield contig, strand, read if strand == "+" else _other_strand(read)


def _other_strand(read: Candidates) -> Candidates:
    last = read.length - 1
    return Candidates(
        last - read.donors[::-1],
        last - read.acceptors[::-1],
        read.donor_evidence[::-1],
        read.acceptor_evidence[::-1],
        read.length,
    )


def annotated_grammar(annotation: Annotation, *, longest_intron: int | None = None) -> Grammar:
    """Learn from the transcript with most introns of each gene.

    Parameters
    ----------
    annotation
        Of this genome or of a relative.
    longest_intron
        As :func:`learn_grammar` takes it.
    """
    richest: dict[tuple[str, str, str], tuple[Junction, ...]] = {}
    for number, transcript in enumerate(annotation.transcripts):
        key = (transcript.contig, transcript.strand, transcript.gene or str(number))
        richest[key] = max(richest.get(key, ()), transcript.introns, key=len)
    return learn_grammar(richest.values(), longest_intron=longest_intron)


def learned_grammar(sites: LikelySites, *, longest_intron: int | None = None) -> Grammar:
    """Learn from the best paths themselves, from broad expectations on.

    Parameters
    ----------
    sites
        Of the whole genome, or of enough of it: with fewer than some dozen introns the broad
        expectations stay.
    longest_intron
        As :func:`learn_grammar` takes it.
    """
    grammar = BROAD
    for _ in range(_ROUNDS):
        chains = [
            junctions
            for contig, strand, candidates in sites.strands()
            for junctions in _junction_chains(contig, strand, candidates, grammar)
        ]
        grammar = learn_grammar(chains, longest_intron=longest_intron)
    return grammar


def decode(sites: LikelySites, grammar: Grammar, *, threshold: float) -> Iterator[Chain]:
    """Read every strand the likeliest way, with the probability of each intron over all ways.

    Introns less probable than the threshold are left out, and a chain ends there.
    """
    for contig, strand, candidates in sites.strands():
        pairs = pair_probabilities(candidates, grammar, least=_LEAST)
        columns = (column.tolist() for column in pairs)
        probability = {(donor, acceptor): p for donor, acceptor, p in zip(*columns, strict=True)}
        for path in best_chains(candidates, grammar):
            introns = [
                Intron(_junction(contig, strand, candidates, pair), probability.get(pair, 0.0))
                for pair in path
            ]
            yield from _confident(introns, threshold)


def _confident(path: Iterable[Intron], threshold: float) -> Iterator[Chain]:
    kept: list[Intron] = []
    for intron in path:
        if intron.score >= threshold:
            kept.append(intron)
        elif kept:
            yield Chain(kept)
            kept = []
    if kept:
        yield Chain(kept)


def _junction_chains(
    contig: str, strand: Strand, candidates: Candidates, grammar: Grammar
) -> Iterator[list[Junction]]:
    for path in best_chains(candidates, grammar):
        yield sorted(_junction(contig, strand, candidates, pair) for pair in path)


def _junction(
    contig: str, strand: Strand, candidates: Candidates, pair: tuple[int, int]
) -> Junction:
    donor, acceptor = int(candidates.donors[pair[0]]), int(candidates.acceptors[pair[1]])
    if strand == "+":
        return Junction(contig, donor + 1, acceptor, strand)
    last = candidates.length - 1
    return Junction(contig, last - acceptor + 1, last - donor, strand)
