"""How often a splice site is used, from spliced reads: the labels of the task ``usage``.

The usage of a site is the share of reads spliced at it among those and the reads that leave it
out: reads spliced right over it, and reads spliced from another site, nearer by, to one of its
partners (where no other partner lies between). Sites with fewer than :data:`ENOUGH` such reads,
and all bases that are no site, are unknown. Positions are 0-based.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from splicenet.genome.alignments import read_junctions
from splicenet.genome.intervals import Junction, Strand
from splicenet.genome.labels import Labels
from splicenet.genome.species import Species

__all__ = ["ENOUGH", "UsageTarget", "site_usage"]

ENOUGH = 10
"""Reads for or against a site from which on its usage counts as known."""

_Introns = Mapping[tuple[int, int], int]


class UsageTarget:
    """Usage of sites, by contig and strand: sorted positions (int64) and shares (float32)."""

    def __init__(self, usage: Mapping[tuple[str, Strand], tuple[np.ndarray, np.ndarray]]) -> None:
        self._usage = usage

    @classmethod
    def of(cls, species: Species, source: str = "") -> UsageTarget | None:
        """From the reads of a species, or of another file; None if there are none."""
        junctions = read_junctions(source, species.genome) if source else species.junctions
        if not junctions:
            return None
        return cls(site_usage(junctions, species.labels))

    def window(self, contig: str, start: int, end: int, strand: Strand) -> np.ndarray:
        """Shares of ``[start, end)`` in reading direction, NaN where none is known; float32."""
        shares = np.full(end - start, np.nan, np.float32)
        if (contig, strand) in self._usage:
            positions, values = self._usage[contig, strand]
            first, last = np.searchsorted(positions, (start, end))
            shares[positions[first:last] - start] = values[first:last]
        return shares[::-1] if strand == "-" else shares


def site_usage(
    junctions: Iterable[Junction], labels: Labels, *, enough: int = ENOUGH
) -> dict[tuple[str, Strand], tuple[np.ndarray, np.ndarray]]:
    """Usage of the sites of junctions, and of annotated ones that reads leave out.

    Returns
    -------
    dict
        By contig and strand: sorted positions of sites, int64, and their usage, float32. A base
        that is both donor and acceptor is left out.
    """
    by_strand: dict[tuple[str, Strand], dict[tuple[int, int], int]] = defaultdict(dict)
    for one in junctions:
        by_strand[one.contig, one.strand][one.start, one.end] = one.reads
    usage = {}
    for (contig, strand), introns in by_strand.items():
        lefts, rights = _annotated(labels, contig, strand)
        mirrored = {(-end, -start): reads for (start, end), reads in introns.items()}
        left = {start - 1: share for start, share in _shares(introns, lefts, enough)}
        mirrored_sites = _shares(mirrored, [-end for end in rights], enough)
        right = {-end: share for end, share in mirrored_sites}
        both = left.keys() & right.keys()
        known = sorted((place, one) for place, one in (left | right).items() if place not in both)
        usage[contig, strand] = (
            np.array([place for place, _ in known], np.int64),
            np.array([share for _, share in known], np.float32),
        )
    return usage


def _annotated(labels: Labels, contig: str, strand: Strand) -> tuple[list[int], list[int]]:
    """Starts and ends of introns, as the labels have them."""
    key = (contig, strand)
    if key not in labels.positions:
        return [], []
    donors = labels.of_kind(contig, strand, "donor").tolist()
    acceptors = labels.of_kind(contig, strand, "acceptor").tolist()
    left, right = (acceptors, donors) if strand == "-" else (donors, acceptors)
    return [place + 1 for place in left], right


def _shares(
    introns: _Introns, annotated: Sequence[int], enough: int
) -> Iterator[tuple[int, float]]:
    """Usage of the lower ends of introns."""
    reads = np.array(list(introns.values()), np.int64)
    starts, ends = np.array(list(introns), np.int64).T
    by_start, by_end = np.argsort(starts), np.argsort(ends)
    begun = np.concatenate([[0], np.cumsum(reads[by_start])])
    ended = np.concatenate([[0], np.cumsum(reads[by_end])])
    starts, ends = starts[by_start], ends[by_end]
    partners: dict[int, list[int]] = defaultdict(list)
    rivals: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (start, end), count in introns.items():
        partners[start].append(end)
        rivals[end].append((start, count))
    for site in sorted({*partners, *annotated}):
        used = sum(introns[site, end] for end in partners[site])
        over = begun[np.searchsorted(starts, site)] - ended[np.searchsorted(ends, site)]
        nearest = min(partners[site], default=site)
        instead = sum(
            count
            for end in partners[site]
            for start, count in rivals[end]
            if site < start < nearest
        )
        if used + over + instead >= enough:
            yield site, float(used / (used + over + instead))
