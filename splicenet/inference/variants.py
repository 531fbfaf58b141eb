"""What a variant does to splicing: how the scores around it change.

Four numbers, in SpliceAI's order and meaning: the largest gain and the largest loss of an acceptor,
then of a donor, within a distance of the variant. The reference is read once for all variants of a
neighbourhood, and every changed sequence once however often it is asked for.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from splicenet.genome.genes import Gene
from splicenet.genome.intervals import Strand
from splicenet.genome.labels import KINDS, STRANDS
from splicenet.genome.sequence import Genome
from splicenet.inference.effects import CHANGES_OF, Effect, largest_changes
from splicenet.inference.haplotypes import Haplotype
from splicenet.inference.substitutions import Key, read_substitutions
from splicenet.inference.windows import Window, WindowReader

__all__ = ["Query", "VariantScorer"]


class Query(NamedTuple):
    """A changed stretch and who asks.

    ``genes`` are those to score it for; None scores both strands. Offsets count from ``origin``.
    """

    haplotype: Haplotype
    origin: int
    genes: Sequence[Gene] | None = None

    @property
    def strands(self) -> tuple[Strand, ...]:
        """Strands that must be read."""
        if self.genes is None:
            return STRANDS
        return tuple(dict.fromkeys(gene.strand for gene in self.genes))


class VariantScorer:
    """Scores changed stretches of a genome with a model.

    Parameters
    ----------
    reader
        The model at work.
    genome
        Open.
    mask
        Leave out gains of sites that are annotated and losses of sites that are not, by the gene
        at hand, *before* the largest change is chosen.
    """

    def __init__(self, reader: WindowReader, genome: Genome, *, mask: bool = False) -> None:
        self._reader = reader
        self._genome = genome
        self._mask = mask
        # Few different lengths make full batches.
        self._unit = 16 * reader.phase

    def score(self, queries: Sequence[Query]) -> list[list[Effect]]:
        """Effects of every query: one a gene, or one a strand where there are no genes."""
        keys = dict.fromkeys((q.haplotype, strand) for q in queries for strand in q.strands)
        ref, alt = self.read(list(keys))
        answers = []
        for query in queries:
            askers: Iterable[tuple[str, Strand, Gene | None]] = (
                ((strand, strand, None) for strand in STRANDS)
                if query.genes is None
                else ((gene.symbol, gene.strand, gene) for gene in query.genes)
            )
            effects = []
            for symbol, strand, gene in askers:
                key = (query.haplotype, strand)
                allowed = self._allowed(query.haplotype, gene)
                start = query.haplotype.start - query.origin
                effects.append(largest_changes(symbol, strand, ref[key], alt[key], start, allowed))
            answers.append(effects)
        return answers

    def _allowed(self, stretch: Haplotype, gene: Gene | None) -> np.ndarray | None:
        """Which gains and losses count, (4, bases), bool; None if all do."""
        if gene is None or not self._mask:
            return None
        annotated = np.zeros((len(KINDS), stretch.end - stretch.start), bool)
        for row, sites in zip(annotated, gene.sites, strict=True):
            first, last = np.searchsorted(sites, (stretch.start, stretch.end))
            row[sites[first:last] - stretch.start] = True
        return np.stack([annotated[k] ^ (s > 0) for k, s in CHANGES_OF])

    def read(self, keys: Sequence[Key]) -> tuple[dict[Key, np.ndarray], dict[Key, np.ndarray]]:
        """Scores of the reference and of the changed sequence, base by base of the reference.

        Parameters
        ----------
        keys
            Haplotypes and the strand to read each on, without repetition.

        Returns
        -------
        ref, alt : dict
            Calibrated probabilities by key, (2, bases): donor, acceptor.
        """
        phase, local = self._reader.phase, self._reader.local
        stretches = self._stretches(keys)
        alt: dict[Key, np.ndarray] = {}
        if local is None:
            ref = self._read_reference(stretches)
        else:
            ref, alt = read_substitutions(self._reader, local, self._genome, stretches)
        left = [key for key in keys if key not in alt]
        readings = [(key, shift) for key in left for shift in sorted(key[0].phases(phase))]
        scored = self._reader.read([self._window(key, shift) for key, shift in readings])
        by_shift: dict[Key, dict[int, np.ndarray]] = defaultdict(dict)
        for (key, shift), values in zip(readings, scored, strict=True):
            by_shift[key][shift] = values
        return ref, alt | {key: key[0].aligned(by_shift[key], phase) for key in left}

    def _read_reference(self, stretches: dict[Key, list[Key]]) -> dict[Key, np.ndarray]:
        ref: dict[Key, np.ndarray] = {}
        scored = self._reader.read([self._window(key, 0) for key in stretches])
        for ((stretch, _), members), values in zip(stretches.items(), scored, strict=True):
            for key in members:
                first = key[0].start - stretch.start
                ref[key] = values[:, first : first + key[0].end - key[0].start]
        return ref

    def _stretches(self, keys: Sequence[Key]) -> dict[Key, list[Key]]:
        """Unchanged stretches that hold what is asked for, each with what it holds.

        Neighbours are joined where that saves their flanks, as far as a batch allows.
        """
        joined: dict[Key, list[Key]] = {}
        open_at: tuple[str, Strand, int, int] | None = None
        members: list[Key] = []
        # Short enough for two, with their flanks, in a batch: both strands.
        longest = max(self._reader.batch_tokens // 2 - 3 * self._reader.flank, self._reader.flank)
        for key in sorted(keys, key=lambda key: (key[0].contig, key[1], key[0].start)):
            (stretch, strand) = key
            if (
                open_at is not None
                and open_at[:2] == (stretch.contig, strand)
                and stretch.start - open_at[3] <= 2 * self._reader.flank
                and stretch.end - open_at[2] <= longest
            ):
                open_at = (*open_at[:3], max(open_at[3], stretch.end))
            else:
                if open_at is not None:
                    joined[_unchanged(open_at)] = members
                open_at, members = (stretch.contig, strand, stretch.start, stretch.end), []
            members.append(key)
        if open_at is not None:
            joined[_unchanged(open_at)] = members
        return joined

    def _window(self, key: Key, shift: int) -> Window:
        haplotype, strand = key
        reader = self._reader
        span = haplotype.span(shift, phase=reader.phase, flank=reader.flank, unit=self._unit)
        codes = haplotype.codes(partial(self._genome.fetch, haplotype.contig), span)
        return Window(codes, strand, span.first - span.start, span.last - span.start)


def _unchanged(at: tuple[str, Strand, int, int]) -> Key:
    contig, strand, start, end = at
    return Haplotype(contig, start, end, ()), strand
