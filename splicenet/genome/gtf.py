"""GTF, and its ancestor GFF2: rows say to which transcript they belong.

1-based closed coordinates in the file, 0-based half-open in memory.
"""

from __future__ import annotations

import re
from collections import Counter

from splicenet.exceptions import AnnotationError
from splicenet.genome.drafts import Draft, Drafts, as_strand
from splicenet.genome.gff import CODING, EXONS, PARTS, note_flags, phase, span, split_row
from splicenet.genome.lines import Lines

__all__ = ["read_gtf"]


def _patterns(*keys: str, begin: str = r"\b") -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf'{begin}{key}\s+(?:"([^"]*)"|([^";\s]+))') for key in keys)


# GTF says transcript_id. GFF2 has a name for all rows of a transcript (JGI), or opens its group
# column with one (ACeDB). The gene is a last resort: it is right where genes have one transcript.
_TRANSCRIPT = _patterns("transcript_id", "name", "transcriptId", "Parent")
_GROUP = re.compile(r'^\s*(?:[^\s";]+\s+"([^"]+)"|([^\s";=]+)\s*(?:;|$))')
_GENE = _patterns("gene_id", "gene", "gene_name", "ID")
_SYMBOL = _patterns("gene_name", "gene_symbol", "gene", "Name", begin=r"(?:^|;)\s*")
_BIOTYPE = _patterns(
    "transcript_biotype", "transcript_type", "gene_biotype", "gene_type", "biotype"
)


def _first(patterns: tuple[re.Pattern[str], ...], attributes: str) -> str:
    for pattern in patterns:
        match = pattern.search(attributes)
        value = match[match.lastindex or 0] if match else ""
        if value:
            return value
    return ""


def read_gtf(lines: Lines, *, path: str) -> Drafts:
    """Transcripts of a GTF or GFF2.

    Raises
    ------
    AnnotationError
        At a row that cannot be read, or belongs to no transcript.
    """
    drafts: dict[str, Draft] = {}
    types: Counter[str] = Counter()
    for number, line in lines:
        if not line or line.startswith("#") or line.isspace():
            continue
        columns = split_row(line, path=path, number=number)
        kind, attributes = columns[2], columns[8]
        types[kind] += 1
        if kind not in EXONS and kind not in PARTS:
            continue
        start, end = span(columns, path=path, number=number)
        name = _name(attributes)
        if not name:
            message = f"this {kind} needs a transcript_id that says where it belongs"
            raise AnnotationError(message, path=path, line=number, contig=columns[0])
        contig, strand = columns[0], as_strand(columns[6])
        draft = drafts.get(name)
        if draft is None:
            draft = Draft(
                name,
                contig,
                strand,
                number,
                gene=_first(_GENE, attributes),
                symbol=_first(_SYMBOL, attributes),
                biotype=_first(_BIOTYPE, attributes),
            )
            drafts[name] = draft
        draft.place(contig, strand, end, number)
        draft.add(kind in EXONS, start, end)
        if kind in CODING:
            draft.coding.append((start, end, phase(columns)))
        note_flags(draft, attributes, start, end)
    return Drafts(drafts.values(), types)


def _name(attributes: str) -> str:
    return (
        _first(_TRANSCRIPT, attributes)
        or _first(_GENE, attributes)
        or _first((_GROUP,), attributes)
    )
