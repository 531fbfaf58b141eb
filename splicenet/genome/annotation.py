"""The door to gene annotation: one function reads every dialect.

All coordinates are 0-based half-open, on the plus strand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path

from splicenet.exceptions import AnnotationError
from splicenet.genome.dialects import sniff
from splicenet.genome.drafts import Drafts, finish
from splicenet.genome.features import read_features
from splicenet.genome.gff3 import read_gff3
from splicenet.genome.gtf import read_gtf
from splicenet.genome.intervals import Interval, Junction, Transcript
from splicenet.genome.lines import file_name, read_lines
from splicenet.genome.tables import read_bed12, read_genepred

__all__ = ["Annotation", "check_bounds", "read_annotation"]

_READERS: dict[str, Callable[..., Drafts]] = {
    "GTF": read_gtf,
    "GFF2": read_gtf,
    "GFF3": read_gff3,
    "BED12": read_bed12,
    "genePred": read_genepred,
    "GenBank": partial(read_features, dialect="GenBank"),
    "EMBL": partial(read_features, dialect="EMBL"),
}


@dataclass(frozen=True)
class Annotation:
    """The transcripts of a file.

    Parameters
    ----------
    path
        The file, as messages name it.
    dialect
        ``GTF``, ``GFF3``, ``GFF2``, ``BED12``, ``genePred``, ``GenBank`` or ``EMBL``.
    transcripts
        Sorted by contig, in the order of the file, and start.
    lines
        For every contig the line, counted from 1, of its furthest-reaching feature.
    skipped
        How many transcripts were left out, or mended, for which reason.
    """

    path: str
    dialect: str
    transcripts: tuple[Transcript, ...]
    lines: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)

    def contigs(self) -> dict[str, int]:
        """Contigs, in the order of the file, with the furthest end of a transcript on each."""
        ends: dict[str, int] = {}
        for transcript in self.transcripts:
            ends[transcript.contig] = max(ends.get(transcript.contig, 0), transcript.end)
        return ends

    def introns(self) -> set[Junction]:
        """Distinct introns, 0-based half-open: one for all transcripts that share it."""
        return {intron for transcript in self.transcripts for intron in transcript.introns}

    def genes(self) -> list[Interval]:
        """Spans of the genes, 0-based half-open, sorted like the transcripts.

        Transcripts of one gene name, or of none, that overlap on one contig and strand are a gene:
        a name may stand for several loci.
        """
        spans: dict[tuple[str, str, str], list[Interval]] = {}
        for t in self.transcripts:
            span = Interval(t.contig, t.start, t.end, t.strand)
            known = spans.setdefault((t.contig, t.strand, t.gene), [])
            if known and span.overlaps(known[-1]):
                known[-1] = replace(known[-1], end=max(known[-1].end, span.end))
            else:
                known.append(span)
        order = {contig: rank for rank, contig in enumerate(self.contigs())}
        genes = chain.from_iterable(spans.values())
        return sorted(genes, key=lambda gene: (order[gene.contig], gene))

    def renamed(self, names: Mapping[str, str]) -> Annotation:
        """Give contigs other names; those that have none are dropped."""
        kept = tuple(
            replace(transcript, contig=names[transcript.contig])
            for transcript in self.transcripts
            if transcript.contig in names
        )
        lines = {names[contig]: line for contig, line in self.lines.items() if contig in names}
        return replace(self, transcripts=kept, lines=lines)


def read_annotation(path: str | Path) -> Annotation:
    """Read the transcripts of a file, in whatever dialect it is written.

    Exons are the exon rows of a transcript, or else its coding and untranslated rows. Gaps too
    short for an intron are closed. Transcripts that cannot be used are left out and counted.

    Parameters
    ----------
    path
        GTF, GFF3, GFF2, BED12, genePred or refFlat, GenBank or EMBL, told apart by content; plain,
        gzip or bgzip; ``-`` is standard input.

    Raises
    ------
    AnnotationError
        If the file is none of these, is damaged, contradicts itself, or has no transcripts.
    """
    name = file_name(path)
    dialect, lines = sniff(read_lines(path, error=AnnotationError), path=name)
    drafts = _READERS[dialect](lines, path=name)
    finished = finish(drafts.found, path=name)
    if not finished.transcripts:
        raise AnnotationError(_nothing(drafts, finished.skipped), path=name)
    return Annotation(name, dialect, finished.transcripts, finished.lines, finished.skipped)


def check_bounds(annotation: Annotation, lengths: Mapping[str, int]) -> None:
    """Make sure that no transcript ends past its contig.

    Parameters
    ----------
    lengths
        Lengths of the genome's contigs in bases. Contigs that are not named are not checked.

    Raises
    ------
    AnnotationError
        At the first contig that is shorter than its annotation.
    """
    for contig, end in annotation.contigs().items():
        if contig in lengths and end > lengths[contig]:
            raise AnnotationError(
                f"a feature ends at {end:,}, but the contig has {lengths[contig]:,} bases; "
                "the annotation belongs to another genome or assembly",
                path=annotation.path,
                line=annotation.lines.get(contig),
                contig=contig,
            )


def _nothing(drafts: Drafts, skipped: Mapping[str, int]) -> str:
    if skipped:
        reasons = ", ".join(f"{reason} ({count:,})" for reason, count in skipped.items())
        return f"no transcript can be used: {reasons}"
    if drafts.types:
        types = ", ".join(f"{name} ({count:,})" for name, count in drafts.types.items())
        return f"no exon or CDS was found, only {types}"
    return "there are no features in this file"
