"""One genome with what is known of it, made from the files a user names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from splicenet.exceptions import RegionError, SplicenetError
from splicenet.genome.alignments import read_junctions
from splicenet.genome.annotation import Annotation, check_bounds, read_annotation
from splicenet.genome.checksum import fingerprint, sha256
from splicenet.genome.contigs import match_contigs
from splicenet.genome.intervals import Interval, Junction, Site, Transcript
from splicenet.genome.labels import Labels
from splicenet.genome.motif import common_motifs
from splicenet.genome.sequence import Genome, open_genome

__all__ = [
    "Species",
    "doubts",
    "left_out",
    "match_sites",
    "open_annotation",
    "open_bare",
    "open_species",
]

_MOST_CONTIGS = 1000
"""How many contigs the record of a model names: a draft genome may have a million."""

_BELONGS = 0.5
"""The share of introns with common dinucleotides below which an annotation is doubted."""
_FEW = 10
"""Introns that may be strange by themselves."""


@dataclass
class Species:
    """A genome, its labels and its genes, under one set of contig names; a context manager.

    ``genes`` are spans on one strand, 0-based half-open. ``sources`` names the files with their
    checksums, for the record of a model.
    """

    name: str
    genome: Genome
    labels: Labels
    genes: list[Interval]
    transcripts: Sequence[Transcript] = ()
    junctions: Sequence[Junction] = ()
    """Introns that spliced reads showed, with the number of reads."""
    task_sources: Mapping[str, str] = field(default_factory=dict)
    """What the labels of tasks are read from, by the task's name; empty where there is nothing."""
    sources: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """Sentences for the user: what was left out, and what is doubtful."""

    def __enter__(self) -> Species:
        return self

    def __exit__(self, *_: object) -> None:
        self.genome.close()


def open_species(
    name: str,
    fasta: str | Path,
    annotation: str | Path | None = None,
    alignments: str | Path | None = None,
    *,
    min_reads: int = 3,
) -> Species:
    """Open a genome and label it from an annotation, from spliced reads, or from both.

    Parameters
    ----------
    name
        Of the species; free text.
    fasta
        FASTA, GenBank or EMBL. A GenBank or EMBL file is its own annotation, if there is no other.
    annotation, alignments
        Any dialect that :func:`read_annotation` and :func:`read_junctions` take.
    min_reads
        Reads that make a junction a label.

    Raises
    ------
    SplicenetError
        If a file cannot be read, contigs do not match, or no splice site is left.
    """
    with ExitStack() as stack:
        genome = stack.enter_context(open_genome(fasta))
        species = _labelled(name, genome, annotation, alignments, min_reads)
        stack.pop_all()  # it stays open
    return species


def open_bare(name: str, fasta: str | Path) -> Species:
    """Open a genome of which no more than its sequence is asked.

    Raises
    ------
    SequenceError
        If it cannot be read.
    """
    with ExitStack() as stack:
        genome = stack.enter_context(open_genome(fasta))
        sources = _sequence_sources(genome)
        stack.pop_all()  # it stays open
    return Species(name, genome, Labels({}, {}), [], sources=sources)


def _labelled(
    name: str,
    genome: Genome,
    annotation: str | Path | None,
    alignments: str | Path | None,
    min_reads: int,
) -> Species:
    fasta = genome.path
    transcripts: Sequence[Transcript] = ()
    genes: list[Interval] = []
    junctions: list[Junction] = []
    notes: list[str] = []
    sources = _sequence_sources(genome)
    if annotation is None and alignments is None:
        annotation = fasta
    if annotation is not None:
        read = open_annotation(annotation, genome)
        transcripts, genes = read.transcripts, read.genes()
        notes += [*left_out(annotation, read.skipped), *doubts(annotation, read, genome)]
        sources["annotation"] = _source(annotation, sha256(annotation))
    if alignments is not None:
        skipped: Counter[str] = Counter()
        junctions = read_junctions(alignments, genome, skipped=skipped)
        notes += left_out(alignments, skipped)
        sources["alignments"] = _source(alignments, sha256(alignments)) | {"min_reads": min_reads}
    labels = Labels.build(transcripts, junctions, min_reads=min_reads)
    if not labels.count("donor"):
        named = " and ".join(str(path) for path in (annotation, alignments) if path is not None)
        raise SplicenetError(
            f"no intron was found on the contigs of {fasta}; check that both belong together"
            + (f", or ask for fewer than {min_reads} reads" if junctions else ""),
            path=named or None,
        )
    return Species(
        name, genome, labels, genes, transcripts, junctions, sources=sources, notes=notes
    )


def open_annotation(path: str | Path, genome: Genome) -> Annotation:
    """Read an annotation, under the contig names of a genome and within its bounds.

    Raises
    ------
    AnnotationError, ContigError
        If it cannot be read, does not match, or reaches past the end of a contig.
    """
    annotation = read_annotation(path)
    names = match_contigs(
        annotation.contigs(),
        genome.lengths,
        their_file=path,
        our_file=genome.path,
        describe=genome.description,
    )
    ours = annotation.renamed(names)
    check_bounds(ours, genome.lengths)
    lost = len(annotation.transcripts) - len(ours.transcripts)
    reason = f"transcripts on contigs that are not in {genome.path}"
    return replace(ours, skipped={**ours.skipped, **({reason: lost} if lost else {})})


def doubts(path: str | Path, annotation: Annotation, genome: Genome) -> list[str]:
    """A sentence where an annotation's introns say that it is not of this genome."""
    introns = annotation.introns()
    share = common_motifs(introns, genome) if len(introns) >= _FEW else 1.0
    if share >= _BELONGS:
        return []
    return [
        f"{path}: of its introns {share:.0%} read GT-AG, GC-AG or AT-AC in {genome.path}, where"
        " nearly all should: is it of another assembly, or shifted?"
    ]


def match_sites(sites: Sequence[Site], genome: Genome, *, path: str | Path) -> list[Site]:
    """Sites under the contig names of a genome; those on contigs that it lacks are left out.

    Raises
    ------
    ContigError
        If not one contig matches.
    RegionError
        If a site lies past the end of its contig.
    """
    if not sites:
        return []
    reach: dict[str, int | None] = {}
    for site in sites:
        reach[site.contig] = max(reach.get(site.contig) or 0, site.position + 1)
    names = match_contigs(
        reach,
        genome.lengths,
        their_file=path,
        our_file=genome.path,
        describe=genome.description,
    )
    for theirs, ours in names.items():
        if (reach[theirs] or 0) > genome.lengths[ours]:
            raise RegionError(
                f"a site at {reach[theirs]:,} (counted from 1) lies past the contig's end at"
                f" {genome.lengths[ours]:,}; is it of another assembly?",
                path=path,
                contig=theirs,
            )
    return [replace(one, contig=names[one.contig]) for one in sites if one.contig in names]


def left_out(path: str | Path, skipped: Mapping[str, int]) -> list[str]:
    """What was left out of a file, a sentence for every reason."""
    return [f"{path}: {reason}: {count:,}" for reason, count in skipped.items()]


def _sequence_sources(genome: Genome) -> dict[str, Any]:
    return {
        "fasta": _source(genome.path, genome.checksum()),
        "contigs": _fingerprints(genome),
    }


def _fingerprints(genome: Genome) -> dict[str, str]:
    """Fingerprints of the longest contigs, by name."""
    longest = sorted(genome.lengths, key=genome.lengths.__getitem__, reverse=True)
    return {
        contig: fingerprint(partial(genome.fetch, contig), genome.lengths[contig])
        for contig in longest[:_MOST_CONTIGS]
    }


def _source(path: str | Path, checksum: str) -> dict[str, Any]:
    return {"name": Path(path).name, "sha256": checksum}
