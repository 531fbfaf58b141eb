"""Spliced reads as evidence: the introns that an RNA-seq experiment saw.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pysam

from splicenet.exceptions import AlignmentError
from splicenet.genome.accessions import spelling
from splicenet.genome.contigs import match_contigs
from splicenet.genome.intervals import Junction, Strand
from splicenet.genome.junction_files import read_junction_file
from splicenet.genome.junctions import Limits, Observed, as_junctions
from splicenet.genome.sequence import Genome
from splicenet.genome.spliced_read import spliced_spans, tagged_strand
from splicenet.genome.streams import open_bytes, reading

__all__ = ["read_junctions"]

_UNUSABLE = 0x4 | 0x100 | 0x200 | 0x400 | 0x800
_HEADS = (b"BAM\1", b"CRAM", b"@HD\t", b"@SQ\t", b"@RG\t", b"@PG\t", b"@CO\t")
_SWEEP = 50_000
# Names, flags, positions, CIGARs and tags are all that is looked at; a CRAM whose bases are not
# asked for needs no reference.
_CRAM_OPTIONS = ["required_fields=0x83f", "decode_md=0"]

Intron = tuple[int, int, int]
Fragments = dict[Intron, dict[str, Strand]]


def read_junctions(
    path: str | Path,
    genome: Genome,
    *,
    min_mapq: int = 20,
    min_overhang: int = 8,
    min_intron: int = 20,
    max_intron: int = 500_000,
    min_reads: int = 1,
    skipped: Counter[str] | None = None,
) -> list[Junction]:
    """Read the introns that spliced reads show.

    Secondary and supplementary alignments, duplicates and reads that failed quality control do
    not count. Two mates over one junction are one fragment and count once. The strand is that of
    the ``XS`` tag, or ``ts``, of most reads, else that of the dinucleotides (GT-AG, GC-AG, AT-AC);
    a junction where neither tells is left out.

    Parameters
    ----------
    path
        BAM, CRAM or SAM, no index nor reference needed (``-`` or a pipe will do); or a file of
        junctions: STAR's ``SJ.out.tab``, BED12 as regtools writes it, or ``intron`` rows of GFF.
        A BAM sorted by position takes least memory.
    genome
        The genome that the reads were aligned to, under whichever contig names.
    min_mapq
        Least mapping quality of a read. Reads that align to several places usually have 0 to 3.
    min_overhang
        Least number of bases aligned on either side of the intron, up to the next intron.
    min_intron, max_intron
        Least and greatest length of an intron in bases.
    min_reads
        Least number of fragments.
    skipped
        Counts what was left out, by reason.

    Returns
    -------
    list of Junction
        On the genome's contig names, sorted, each once, with the number of fragments.

    Raises
    ------
    AlignmentError
        If the file cannot be read, or its contigs have other lengths than the genome's.
    ContigError
        If its contigs are not the genome's.
    """
    limits = Limits(min_overhang, min_intron, max_intron, min_reads)
    skipped = Counter() if skipped is None else skipped
    if _holds_reads(path):
        introns = _read_alignments(path, genome, min_mapq, limits, skipped)
    else:
        introns = read_junction_file(path, genome, min_overhang=min_overhang, skipped=skipped)
    return as_junctions(introns, genome, limits=limits, skipped=skipped)


def _holds_reads(path: str | Path) -> bool:
    if str(path) == "-" or Path(path).is_fifo():
        return True
    with reading(path, error=AlignmentError), open_bytes(path) as handle:
        head = handle.read(4)
    if not head:
        raise AlignmentError("the file is empty", path=path)
    return head.startswith(_HEADS)


def _read_alignments(
    path: str | Path, genome: Genome, min_mapq: int, limits: Limits, skipped: Counter[str]
) -> list[Observed]:
    with _opened(path) as bam:
        lengths = dict(zip(bam.references, bam.lengths, strict=True))
        _check_assembly(lengths, genome, path)
        names = match_contigs(
            lengths,
            genome.lengths,
            their_file=path,
            our_file=genome.path,
            describe=genome.description,
            whole=True,
        )
        contigs = [names.get(name) for name in bam.references]
        in_order = bam.header.to_dict().get("HD", {}).get("SO") == "coordinate"
        votes = _count(_reads(bam, path), contigs, min_mapq, limits, skipped, in_order=in_order)
    return [
        Observed(contig, start, end, count["+"], count["-"], count["."])
        for (index, start, end), count in votes.items()
        if (contig := contigs[index]) is not None
    ]


@contextmanager
def _opened(path: str | Path) -> Iterator[pysam.AlignmentFile]:
    """Open alignments, without htslib's own messages on standard error."""
    loudness = pysam.set_verbosity(0)
    try:
        with _whole(path):
            bam = pysam.AlignmentFile(str(path), format_options=_CRAM_OPTIONS)
        with bam:
            yield bam
    finally:
        pysam.set_verbosity(loudness)


def _reads(bam: pysam.AlignmentFile, path: str | Path) -> Iterator[pysam.AlignedSegment]:
    with _whole(path):
        yield from bam.fetch(until_eof=True)


@contextmanager
def _whole(path: str | Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as cause:
        message = f"these alignments are cut off or damaged ({cause}); copy or make them again"
        raise AlignmentError(message, path=path) from cause


def _check_assembly(theirs: Mapping[str, int], genome: Genome, path: str | Path) -> None:
    """Refuse reads aligned to another assembly: same names, mostly other lengths."""
    ours = {spelling(name): (name, length) for name, length in genome.lengths.items()}
    shared = {name: ours[spelling(name)] for name in theirs if spelling(name) in ours}
    differing = [name for name, (_, length) in shared.items() if theirs[name] != length]
    if 2 * sum(theirs[name] for name in differing) > sum(theirs[name] for name in shared):
        name = max(differing, key=theirs.__getitem__)
        raise AlignmentError(
            f"it has {theirs[name]:,} bases here but {shared[name][1]:,} in {genome.path}, so the"
            " reads were aligned to another assembly",
            path=path,
            contig=name,
        )


def _count(
    reads: Iterable[pysam.AlignedSegment],
    contigs: list[str | None],
    min_mapq: int,
    limits: Limits,
    skipped: Counter[str],
    *,
    in_order: bool,
) -> dict[Intron, Counter[str]]:
    """Votes for the strand of every intron, one a fragment."""
    votes: dict[Intron, Counter[str]] = defaultdict(Counter)
    fragments: Fragments = defaultdict(dict)
    spliced = 0
    for read in reads:
        cigar = None if read.flag & _UNUSABLE else read.cigartuples
        if cigar is None or len(cigar) < 3:
            continue
        introns = spliced_spans(read.reference_start, cigar)
        if not introns:
            continue
        spliced += 1
        if contigs[read.reference_id] is None:
            skipped["spliced reads on contigs that the genome lacks"] += 1
            continue
        if read.mapping_quality < min_mapq:
            skipped[f"spliced reads of mapping quality below {min_mapq}"] += 1
            continue
        strand = tagged_strand(read)
        for start, end, overhang in introns:
            if overhang < limits.min_overhang:
                skipped[f"overhangs below {limits.min_overhang} bases"] += 1
            else:
                key = (read.reference_id, start, end)
                fragments[key].setdefault(str(read.query_name), strand)
        if in_order and spliced % _SWEEP == 0:
            _settle(fragments, votes, before=(read.reference_id, read.reference_start))
    _settle(fragments, votes)
    return votes


def _settle(
    fragments: Fragments,
    votes: dict[Intron, Counter[str]],
    *,
    before: tuple[int, int] | None = None,
) -> None:
    """Count and forget the fragments of introns that no later read of a sorted file can span."""
    for intron in [key for key in fragments if before is None or key[:2] < before]:
        votes[intron].update(fragments.pop(intron).values())
