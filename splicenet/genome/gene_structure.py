"""What every base of a strand is to the genes on it: the labels of the task ``region``.

Where transcripts of one strand disagree about a base, it is what the first of these says: coding
sequence, untranslated exon, intron. A base that two transcripts read in different frames, or that
is 5' of one coding sequence and 3' of another, is unknown. So is an exon of a transcript without a
coding sequence that is no exon of one with it, and so are the bases next to a coding sequence that
ends a transcript: its untranslated part exists, but is not annotated. The other strand of a gene
is intergenic, unless it has genes of its own. Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from splicenet.genome.intervals import Strand, Transcript
from splicenet.genome.labels import STRANDS, UNKNOWN
from splicenet.genome.overlaps import Overlaps
from splicenet.genome.species import Species
from splicenet.genome.tasks import REGIONS

__all__ = ["RegionTarget"]

_INTERGENIC, _UTR5, _CODING, _, _, _UTR3, _INTRON = range(len(REGIONS))
_UNSEEN = 1000
"""Bases beyond a transcript whose untranslated end is not annotated that are left unknown."""

# In the order in which they are painted, one over the other.
_LAYERS = ("beyond", "intron", "noncoding", "untranslated", "coding")
_Row = tuple[int, int, int]


class RegionTarget:
    """Classes of :data:`~splicenet.genome.tasks.REGIONS` from the transcripts of a species.

    A contig without a transcript is unknown.
    """

    def __init__(self, species: Species) -> None:
        self._lengths = species.genome.lengths
        rows: dict[tuple[str, str], dict[str, set[_Row]]] = defaultdict(lambda: defaultdict(set))
        for transcript in species.transcripts:
            strands = STRANDS if transcript.strand == "." else (transcript.strand,)
            for strand in strands:
                for layer, row in _rows(transcript):
                    rows[transcript.contig, strand][layer].add(row)
        self._layers = {
            key: {layer: Overlaps(found) for layer, found in layers.items()}
            for key, layers in rows.items()
        }
        self._annotated = {contig for contig, _ in rows}

    def window(self, contig: str, start: int, end: int, strand: Strand) -> np.ndarray:
        """Classes of ``[start, end)`` in reading direction, UNKNOWN where none is known; uint8."""
        classes = np.full(end - start, UNKNOWN, np.uint8)
        if contig not in self._annotated:
            return classes
        inside = slice(max(-start, 0), max(min(end, self._lengths[contig]) - start, 0))
        classes[inside] = _INTERGENIC
        layers = self._layers.get((contig, strand), {})
        for layer in _LAYERS:
            if layer in layers:
                mine = np.full(classes.shape, -1, np.int16)
                for left, right, value in layers[layer].clipped(start, end):
                    drawn: np.ndarray | int = value
                    if layer == "coding":
                        drawn = _places(start + left, start + right, value, strand)
                    there = mine[left:right]
                    there[:] = np.where((there == -1) | (there == drawn), drawn, UNKNOWN)
                np.copyto(classes, mine.astype(np.uint8), where=mine >= 0)
        return classes[::-1] if strand == "-" else classes


def _rows(transcript: Transcript) -> Iterator[tuple[str, _Row]]:
    """Layer and value of all parts of a transcript; coding parts have the codon place of base 0."""
    for intron in transcript.introns:
        yield "intron", (intron.start, intron.end, _INTRON)
    if transcript.open_start or _ends_coding(transcript, "left"):
        yield "beyond", (max(transcript.start - _UNSEEN, 0), transcript.start, UNKNOWN)
    if transcript.open_end or _ends_coding(transcript, "right"):
        yield "beyond", (transcript.end, transcript.end + _UNSEEN, UNKNOWN)
    if not transcript.coding or transcript.strand == ".":
        for start, end in transcript.exons:
            yield "noncoding", (start, end, UNKNOWN)
        return
    reverse = transcript.strand == "-"
    first, last = transcript.coding[0][0], max(end for _, end, _ in transcript.coding)
    left, right = (_UTR3, _UTR5) if reverse else (_UTR5, _UTR3)
    for start, end in transcript.exons:
        if start < first:
            yield "untranslated", (start, min(end, first), left)
        if end > last:
            yield "untranslated", (max(start, last), end, right)
        if max(start, first) < min(end, last):  # what a frameshift skips, if anything
            yield "noncoding", (max(start, first), min(end, last), UNKNOWN)
    for start, end, phase in transcript.coding:
        # Base x is place (x + offset) % 3 of its codon, or (offset - x) % 3 on the minus strand.
        yield "coding", (start, end, (end - 1 + -phase) % 3 if reverse else (-phase - start) % 3)


def _ends_coding(transcript: Transcript, side: str) -> bool:
    if not transcript.coding:
        return False
    if side == "left":
        return transcript.coding[0][0] <= transcript.start
    return transcript.coding[-1][1] >= transcript.end


def _places(start: int, end: int, offset: int, strand: Strand) -> np.ndarray:
    """Classes of coding bases on the plus strand, by their places in the codons."""
    positions = np.arange(start, end)
    return _CODING + (offset - positions if strand == "-" else positions + offset) % 3
