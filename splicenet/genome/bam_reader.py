"""Every alignment of a file, and every intron that any of them shows.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pysam

from splicenet.exceptions import AlignmentError
from splicenet.genome.contigs import match_contigs
from splicenet.genome.junctions import Observed
from splicenet.genome.sequence import Genome
from splicenet.genome.spliced_read import spliced_spans, tagged_strand
from splicenet.genome.streams import reading

__all__ = ["Alignments", "introns_of", "observed_introns", "open_alignments"]


class Alignments:
    """Alignments in the order of the file; iterate over it."""

    def __init__(self, path: str, bam: pysam.AlignmentFile) -> None:
        self._path = path
        self._bam = bam
        self.header: pysam.AlignmentHeader = bam.header

    def __iter__(self) -> Iterator[pysam.AlignedSegment]:
        with _whole(self._path):
            yield from self._bam.fetch(until_eof=True)


@contextmanager
def open_alignments(
    path: str | Path, *, reference: str | Path | None = None
) -> Iterator[Alignments]:
    """Open BAM, CRAM or SAM.

    Parameters
    ----------
    path
        The file.
    reference
        FASTA from which a CRAM's bases are read.

    Raises
    ------
    AlignmentError
        If it cannot be read, here or while it is iterated over.
    """
    loudness = pysam.set_verbosity(0)
    try:
        with reading(path, error=AlignmentError):
            with open(path, "rb") as handle:
                is_cram = handle.read(4) == b"CRAM"
        with _whole(str(path)):
            bam = pysam.AlignmentFile(
                str(path),
                check_sq=False,
                reference_filename=str(reference) if is_cram and reference is not None else None,
            )
        with bam:
            yield Alignments(str(path), bam)
    finally:
        pysam.set_verbosity(loudness)


@contextmanager
def _whole(path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as cause:
        message = f"these are no alignments, or they are cut off or damaged ({cause})"
        raise AlignmentError(message, path=path) from cause


def introns_of(read: pysam.AlignedSegment) -> list[tuple[int, int]]:
    """Start and end of every intron of an alignment."""
    cigar = read.cigartuples
    if read.is_unmapped or cigar is None or len(cigar) < 3:
        return []
    return [(start, end) for start, end, _ in spliced_spans(read.reference_start, cigar)]


def observed_introns(
    path: str | Path, genome: Genome, *, reference: str | Path | None = None
) -> dict[tuple[str, int, int], Observed]:
    """Find every intron of every alignment, secondary ones and duplicates included.

    Returns
    -------
    dict
        By contig as the alignments name it, start and end; the values name it as the genome does.
        Introns on contigs that the genome lacks are left out.

    Raises
    ------
    AlignmentError, ContigError
        If the alignments cannot be read or do not belong to the genome.
    """
    votes: dict[tuple[str, int, int], Counter[str]] = defaultdict(Counter)
    with open_alignments(path, reference=reference) as bam:
        names = match_contigs(
            dict(zip(bam.header.references, bam.header.lengths, strict=True)),
            genome.lengths,
            their_file=path,
            our_file=genome.path,
            describe=genome.description,
            whole=True,
        )
        for read in bam:
            for start, end in introns_of(read):
                votes[str(read.reference_name), start, end][tagged_strand(read)] += 1
    return {
        (contig, start, end): Observed(
            names[contig], start, end, count["+"], count["-"], count["."]
        )
        for (contig, start, end), count in votes.items()
        if contig in names
    }
