"""Feature tables of GenBank and EMBL records.

1-based closed coordinates in the file, 0-based half-open in memory.
"""

from __future__ import annotations

import io
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Literal

from Bio import BiopythonWarning, SeqIO
from Bio.SeqFeature import AfterPosition, BeforePosition, SeqFeature

from splicenet.exceptions import AnnotationError
from splicenet.genome.drafts import Draft, Drafts, as_strand
from splicenet.genome.lines import Lines

__all__ = ["read_features"]

_RNA = frozenset({"mRNA", "misc_RNA", "ncRNA", "precursor_RNA", "rRNA", "tRNA"})
_SIGNS = {1: "+", -1: "-"}


def read_features(lines: Lines, *, path: str, dialect: Literal["GenBank", "EMBL"]) -> Drafts:
    """Transcripts of the records: RNA features, and CDS of genes that have no mRNA.

    A contig's name is its record's accession with version, as Biopython gives it.

    Raises
    ------
    AnnotationError
        If a record cannot be read; the line is where Biopython gave up.
    """
    text = _Records(lines)
    drafts: list[Draft] = []
    types: Counter[str] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BiopythonWarning)
        try:
            for record in SeqIO.parse(text, dialect.lower()):
                types.update(feature.type for feature in record.features)
                drafts += _transcripts(record.id, record.features, text.features)
            complete = text.complete
        except (ValueError, AssertionError, IndexError, KeyError, TypeError, AttributeError):
            complete = False
    if not complete:
        message = f"the {dialect} record cannot be read from here on; is it cut off?"
        raise AnnotationError(message, path=path, line=text.line)
    return Drafts(drafts, types)


class _Records(io.TextIOBase):
    """The lines as a text file without its sequences, which nobody needs here.

    ``features`` are the numbers of the lines that open the features of the current record;
    ``complete`` says whether its last line has come.
    """

    def __init__(self, lines: Lines) -> None:
        self.line = 0
        self.features: list[int] = []
        self.complete = True
        self._lines = self._without_sequence(lines)

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        return next(self._lines, "")

    def read(self, size: int | None = -1, /) -> str:
        return "" if size == 0 else "".join(self._lines)

    def _without_sequence(self, lines: Lines) -> Iterator[str]:
        in_sequence = in_table = False
        for self.line, line in lines:
            if line.startswith(("LOCUS", "ID  ")):
                self.features = []
                self.complete = False
            in_table = line.startswith(("FEATURES", "FT", "FH")) or (in_table and line[:1] == " ")
            if in_table and line[:2] in ("  ", "FT") and line[5:6].strip():
                self.features.append(self.line)
            if line.startswith("//"):
                self.complete, in_sequence = True, False
            if not in_sequence:
                yield line + "\n"
            in_sequence = in_sequence or line.startswith(("ORIGIN", "SQ "))


def _transcripts(contig: str, features: list[SeqFeature], lines: list[int]) -> Iterator[Draft]:
    with_mrna = {_gene(feature) for feature in features if feature.type == "mRNA"}
    translated: dict[str, list[list[tuple[int, int, int]]]] = defaultdict(list)
    for feature in features:
        if feature.type == "CDS" and (coding := _coding(feature)):
            translated[_gene(feature)].append(coding)
    for feature, line in zip(features, lines, strict=False):
        if feature.type == "CDS" and _gene(feature) not in with_mrna:
            draft = _draft(contig, feature, line)
            draft.coding = [] if draft.skip else _coding(feature)
            yield draft
        elif feature.type in _RNA:
            draft = _draft(contig, feature, line)
            if feature.type == "mRNA":
                fitting = (one for one in translated[draft.gene] if _fits(one, draft.exons))
                draft.coding = next(fitting, [])
            yield draft


def _coding(feature: SeqFeature) -> list[tuple[int, int, int]]:
    """The parts of a coding sequence, sorted; the first in reading direction has its phase."""
    location = feature.location
    parts = [(int(part.start), int(part.end), -1) for part in location.parts] if location else []
    first = _first(feature, "codon_start")
    if parts and first in ("1", "2", "3"):
        parts[0] = (*parts[0][:2], int(first) - 1)
    return sorted(parts)


def _fits(coding: list[tuple[int, int, int]], exons: list[tuple[int, int]]) -> bool:
    """Whether a coding sequence is spliced as a transcript is, as far as it reaches."""
    start, end = coding[0][0], coding[-1][1]
    inside = sorted((max(a, start), min(b, end)) for a, b in exons if a < end and b > start)
    return inside == [part[:2] for part in coding]


def _gene(feature: SeqFeature) -> str:
    return _first(feature, "locus_tag", "gene")


def _first(feature: SeqFeature, *keys: str) -> str:
    return next((feature.qualifiers[key][0] for key in keys if key in feature.qualifiers), "")


def _draft(contig: str, feature: SeqFeature, line: int) -> Draft:
    name = _first(feature, "transcript_id", "protein_id", "locus_tag", "gene")
    draft = Draft(name, contig, ".", line, gene=_gene(feature), biotype=feature.type)
    draft.symbol = _first(feature, "gene")
    location = feature.location
    if location is None:
        draft.skip = "location not understood"
        return draft
    parts = location.parts
    draft.strand = as_strand(_SIGNS.get(location.strand, "."))
    draft.exons = [(int(part.start), int(part.end)) for part in parts]
    starts = [start for start, _ in draft.exons]
    exceptions = feature.qualifiers.get("exception", [])
    if any(part.ref for part in parts):
        draft.skip = "exons in another record"
    elif getattr(location, "operator", "join") != "join" and len(parts) > 1:
        draft.skip = "exons not joined"
    elif "trans_splicing" in feature.qualifiers or "trans-splicing" in exceptions:
        draft.skip = "trans-splicing"
    elif location.strand is None:
        draft.skip = "trans-splicing"
    elif starts != sorted(starts, reverse=location.strand == -1):
        draft.skip = "exons across the origin of a circle"
    elif any(start >= end for start, end in draft.exons):
        draft.skip = "location between two bases"
    draft.open_starts = tuple(int(p.start) for p in parts if isinstance(p.start, BeforePosition))
    draft.open_ends = tuple(int(p.end) for p in parts if isinstance(p.end, AfterPosition))
    draft.reach = max(end for _, end in draft.exons)
    return draft
