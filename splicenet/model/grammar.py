"""What a strand is made of: introns, the exons between them, and all else.

After an intron comes an exon and another intron, or the transcript ends and some way on another
one has its first intron. Where transcripts begin and end nobody marks, so their outer exons and
what lies between genes are one state here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from splicenet.genome.intervals import Junction
from splicenet.model.lengths import Lengths

__all__ = ["BROAD", "Grammar", "learn_grammar"]

_SHORTEST_INTRON, _LONGEST_INTRON = 20, 100_000
_SHORTEST_EXON, _LONGEST_EXON = 1, 20_000
_ENOUGH = 50
"""Introns from which a distribution is learned."""
_ROOM = 1.5
"""How much longer than all but one in a thousand of those seen an intron may be."""


@dataclass(frozen=True)
class Grammar:
    """The chances by which introns follow each other on one strand.

    Attributes
    ----------
    introns, exons
        Lengths of introns and of the exons between two introns of a transcript.
    stop
        Chance that an intron is the last of its transcript.
    """

    introns: Lengths
    exons: Lengths
    stop: float


def _broad_introns(longest: int) -> Lengths:
    return Lengths.broad(
        median=200, spread=1.5, shortest=min(_SHORTEST_INTRON, longest), longest=longest
    )


BROAD = Grammar(
    _broad_introns(_LONGEST_INTRON),
    Lengths.broad(median=150, spread=1.0, shortest=_SHORTEST_EXON, longest=_LONGEST_EXON),
    stop=0.2,
)
"""For a genome of which nothing is known yet."""


def learn_grammar(
    chains: Iterable[Sequence[Junction]], *, longest_intron: int | None = None
) -> Grammar:
    """Count what transcripts look like.

    Parameters
    ----------
    chains
        Introns of each transcript, sorted by position; one transcript a gene, or the exons that
        isoforms share count several times.
    longest_intron
        Bases; without it, half as long again as all but one in a thousand of those seen.

    Returns
    -------
    Grammar
        :data:`BROAD`, but for the longest intron, where there are too few to learn from.
    """
    spliced = [chain for chain in chains if chain]
    introns = np.array([len(intron) for chain in spliced for intron in chain])
    exons = np.array(
        [
            after.start - before.end
            for chain in spliced
            for before, after in zip(chain, chain[1:], strict=False)
        ],
        dtype=np.int64,
    )
    believed = introns[introns >= _SHORTEST_INTRON]
    if longest_intron is not None:
        shortest = min(_SHORTEST_INTRON, longest_intron)
        believed = introns[(introns >= shortest) & (introns <= longest_intron)]
    if believed.size < _ENOUGH:
        if longest_intron is None:
            return BROAD
        return replace(BROAD, introns=_broad_introns(longest_intron))
    if longest_intron is None:
        longest_intron = int(_ROOM * np.quantile(believed, 0.999)) + 1
    return Grammar(
        Lengths.fit(
            believed, shortest=min(_SHORTEST_INTRON, longest_intron), longest=longest_intron
        ),
        Lengths.fit(exons, shortest=_SHORTEST_EXON, longest=_LONGEST_EXON)
        if exons.size >= _ENOUGH
        else BROAD.exons,
        stop=len(spliced) / (introns.size + 1),  # never certain
    )
