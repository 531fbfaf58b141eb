"""Two ways to judge a splice-site predictor on annotated sequence.

*Both strands*: every base of both strands of whole regions, as a user of a new genome meets them.
*Genes*: the sense strand of annotated genes only, as most published figures are made; easier,
because nothing between genes and nothing antisense can be mistaken for a site.
Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from splicenet.evaluation.scored import ScoredBases
from splicenet.genome.alphabet import N, reverse_complement
from splicenet.genome.intervals import Interval, Kind, Strand
from splicenet.genome.labels import DONOR, KINDS, STRANDS, UNKNOWN
from splicenet.genome.species import Species
from splicenet.model.network import SpliceNetwork
from splicenet.model.scale import Scale
from splicenet.model.scoring import BATCH_TOKENS, Scores, Stretch, scan

__all__ = ["PROTOCOLS", "Tally", "Truth", "score_regions", "tally_network", "with_truth"]

PROTOCOLS = ("both strands", "genes")


class Tally:
    """Scored bases of one species, by protocol and kind of site.

    Parameters
    ----------
    species
        Gives the truth.
    floor
        Lowest score that is kept; see :class:`ScoredBases`.
    """

    def __init__(self, species: Species, *, floor: float) -> None:
        self._species = species
        self._genes = _gene_spans(species)
        self.scored: Mapping[str, Mapping[Kind, ScoredBases]] = {
            protocol: {kind: ScoredBases(floor=floor) for kind in KINDS} for protocol in PROTOCOLS
        }

    def add(self, contig: str, scores: Scores) -> None:
        """Add scores of both strands of a stretch; unknown bases and N do not count."""
        for strand, by_kind, truth in with_truth(self._species, contig, scores):
            in_gene = self._in_gene(Interval(contig, scores.start, scores.end, strand))
            masks = truth.counts, truth.counts & in_gene
            for index, kind in enumerate(KINDS):
                for protocol, mask in zip(PROTOCOLS, masks, strict=True):
                    self.scored[protocol][kind].add(by_kind[index], truth.sites[index], mask)

    def _in_gene(self, stretch: Interval) -> np.ndarray:
        inside = np.zeros(len(stretch), dtype=bool)
        starts, ends = self._genes.get((stretch.contig, stretch.strand), _NO_GENES)
        for index in np.flatnonzero((starts < stretch.end) & (ends > stretch.start)):
            inside[max(starts[index] - stretch.start, 0) : ends[index] - stretch.start] = True
        return inside


class Truth(NamedTuple):
    """What the labels say of the bases of one strand, in plus-strand order, bool.

    ``counts``, (n,), is false where a base or its label is unknown; ``sites``, (2, n), says of each
    kind which bases are one.
    """

    counts: np.ndarray
    sites: np.ndarray


def with_truth(
    species: Species, contig: str, scores: Scores
) -> Iterator[tuple[Strand, np.ndarray, Truth]]:
    """The scores of each strand, (2, n), with the truth."""
    start, end = scores.start, scores.end
    known = species.genome.fetch(contig, start, end) != N
    for strand, by_kind in zip(STRANDS, scores.values, strict=True):
        labels = species.labels.window(contig, start, end, strand)
        labels = labels[::-1] if strand == "-" else labels  # back to plus-strand order
        sites = np.stack([labels == DONOR + index for index in range(len(KINDS))])
        yield strand, by_kind, Truth(known & (labels != UNKNOWN), sites)


_NO_GENES = (np.empty(0, np.int64), np.empty(0, np.int64))


def _gene_spans(species: Species) -> dict[tuple[str, Strand], tuple[np.ndarray, np.ndarray]]:
    """Starts and ends of the genes of each contig and strand, int64."""
    spans: dict[tuple[str, Strand], list[tuple[int, int]]] = {}
    for gene in species.genes:
        spans.setdefault((gene.contig, gene.strand), []).append((gene.start, gene.end))
    columns = {key: np.array(pairs, np.int64).T for key, pairs in spans.items()}
    return {key: (starts, ends) for key, (starts, ends) in columns.items()}


def tally_network(
    network: SpliceNetwork,
    species: Species,
    regions: Iterable[Interval],
    *,
    flank: int,
    floor: float = 1e-4,
    scale: Scale | None = None,
    batch_tokens: int = BATCH_TOKENS,
    on_bases: Callable[[int], object] = lambda bases: None,
) -> Tally:
    """Score regions with a network, on a scale or as it is; ``on_bases`` hears of strand-bases.

    ``floor`` is of the network's own probabilities: none above it is lost on the scale.
    """
    network = network.fused()
    tally = Tally(species, floor=floor if scale is None else scale.least(floor))
    stretches = (Stretch.of(species.genome, region) for region in regions)
    for contig, scores in scan(network, stretches, flank=flank, batch_tokens=batch_tokens):
        if scale is not None:
            values = scale.read(species.genome, contig, scores.values, scores.start)
            scores = Scores(scores.start, values)
        tally.add(contig, scores)
        on_bases(scores.values[0].size)
    return tally


def score_regions(
    score: Callable[[np.ndarray, Kind], np.ndarray],
    species: Species,
    regions: Iterable[Interval],
    *,
    reach: int,
    stretch: int = 1 << 20,
) -> Iterator[tuple[str, Scores]]:
    """Both strands of regions by a function of one strand's codes, such as a baseline.

    Parameters
    ----------
    score
        Codes (length,) in reading direction and a kind to one float32 a base.
    reach
        Bases beyond a base that its score depends on.
    """
    for region in regions:
        for start in range(region.start, region.end, stretch):
            end = min(start + stretch, region.end)
            codes = species.genome.fetch(region.contig, start - reach, end + reach)
            inside = slice(reach, reach + end - start)
            values = np.array(
                [
                    [score(codes, kind)[inside] for kind in KINDS],
                    [score(reverse_complement(codes), kind)[::-1][inside] for kind in KINDS],
                ],
                np.float32,
            )
            yield region.contig, Scores(start, values)
