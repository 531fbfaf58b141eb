"""GFF3: rows name their parents, and those theirs.

1-based closed coordinates in the file, 0-based half-open in memory.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import unquote

from splicenet.exceptions import AnnotationError
from splicenet.genome.drafts import MAX_SLIP, Draft, Drafts, as_strand
from splicenet.genome.gff import CODING, EXONS, PARTS, note_flags, phase, span, split_row
from splicenet.genome.lines import Lines

__all__ = ["read_gff3"]

_ATTRIBUTE = re.compile(r"(?:^|;)\s*([^=;\s]+)\s*=\s*([^;]*)")
# Where an exon or CDS names no parent, what it has in common with its fellows stands in.
_OWNERS = ("Parent", "transcript_id", "gene_id", "gene", "locus_tag", "Name", "ID")
_GENES = ("gene_id", "gene", "locus_tag", "geneID")
_SYMBOLS = ("gene_name", "gene_symbol", "gene")
_BIOTYPES = ("transcript_biotype", "transcript_type", "biotype", "gene_biotype", "gene_type")


class _Node(NamedTuple):
    """A gene, a transcript, or whatever else may have children."""

    is_gene: bool
    parent: str
    line: int
    start: int
    end: int
    attributes: str


def read_gff3(lines: Lines, *, path: str) -> Drafts:
    """Transcripts of a GFF3.

    Raises
    ------
    AnnotationError
        At a row that cannot be read or belongs to no transcript, and at a circle of parents.
    """
    drafts: dict[str, Draft] = {}
    nodes: dict[str, _Node] = {}
    types: Counter[str] = Counter()
    circles: dict[str, int] = {}
    for number, line in lines:
        if line.startswith((">", "##FASTA")):
            break
        if not line or line.startswith("#") or line.isspace():
            continue
        columns = split_row(line, path=path, number=number)
        kind = columns[2]
        types[kind] += 1
        if kind in EXONS or kind in PARTS:
            _add_exon(drafts, columns, path=path, number=number)
        elif "ID=" in columns[8]:
            attributes = _attributes(columns[8])
            parent, _, _ = attributes.get("Parent", "").partition(",")
            start, end = span(columns, path=path, number=number)
            node = _Node(kind.endswith("gene"), _plain(parent), number, start, end, columns[8])
            nodes.setdefault(_plain(attributes.get("ID", "")), node)
            if attributes.get("Is_circular") == "true":
                circles[_plain(columns[0])] = end
    found = list(_resolve(drafts, nodes, path=path))
    for draft in found:
        if draft.reach > circles.get(draft.contig, draft.reach):
            draft.skip = draft.skip or "exons across the origin of a circle"
    return Drafts(found, types)


def _add_exon(drafts: dict[str, Draft], columns: list[str], *, path: str, number: int) -> None:
    start, end = span(columns, path=path, number=number)
    contig, strand = _plain(columns[0]), as_strand(columns[6])
    attributes = _attributes(columns[8])
    owners = next((attributes[key] for key in _OWNERS if attributes.get(key)), "")
    if not owners:
        message = f"this {columns[2]} needs a Parent that says where it belongs"
        raise AnnotationError(message, path=path, line=number, contig=contig)
    for owner in map(_plain, owners.split(",")):
        draft = drafts.get(owner)
        if draft is None:
            draft = Draft(owner, contig, strand, number)
            draft.gene = _first(attributes, _GENES)
            draft.symbol = _first(attributes, _SYMBOLS)
            draft.biotype = _first(attributes, _BIOTYPES)
            drafts[owner] = draft
        draft.place(contig, strand, end, number)
        draft.add(columns[2] in EXONS, start, end, attributes.get("ID", ""))
        if columns[2] in CODING:
            draft.coding.append((start, end, phase(columns)))
        note_flags(draft, columns[8], start, end)


def _resolve(drafts: dict[str, Draft], nodes: dict[str, _Node], *, path: str) -> Iterator[Draft]:
    lineages = {name: _lineage(name, nodes, path=path) for name in drafts}
    ancestors = {ancestor for lineage in lineages.values() for ancestor in lineage[1:]}
    for name, draft in drafts.items():
        node = nodes.get(name)
        is_gene = node is not None and node.is_gene
        if is_gene and name in ancestors:
            continue  # its exons are those of its transcripts, all in one heap
        if node is not None:
            draft.gene = _first(_attributes(node.attributes), _GENES) or draft.gene
            note_flags(draft, node.attributes, node.start, node.end)
        family = [
            _attributes(nodes[member].attributes) for member in lineages[name] if member in nodes
        ]
        biotypes = (_first(attributes, _BIOTYPES) for attributes in family)
        draft.biotype = draft.biotype or next(filter(None, biotypes), "")
        root = lineages[name][-1]
        if is_gene or root != name:
            draft.gene = root
        symbols = [_first(attributes, _SYMBOLS) for attributes in family]
        if root in nodes and nodes[root].is_gene:
            symbols.append(_first(family[-1], ("Name",)))
        draft.symbol = draft.symbol or next(filter(None, symbols), "")
        if is_gene and not draft.exons:
            yield from _split_gene(draft)
        else:
            yield draft


def _lineage(name: str, nodes: dict[str, _Node], *, path: str) -> list[str]:
    """Follow a name to its parent, its parent's parent and so on."""
    lineage = [name]
    while (node := nodes.get(lineage[-1])) and node.parent:
        if node.parent in lineage:
            message = f"{node.parent!r} is its own ancestor; mend the Parent of one of them"
            raise AnnotationError(message, path=path, line=node.line)
        lineage.append(node.parent)
    return lineage


def _split_gene(gene: Draft) -> Iterator[Draft]:
    """Transcripts of a gene whose coding rows have no transcript between.

    Rows of one ID are one transcript. Rows with an ID each are one too, unless they overlap.
    """
    rows = defaultdict(list)
    for part in sorted(gene.parts):
        rows[part[2]].append(part)
    if len(rows) == len(gene.parts):
        spans = [(part[0], part[1]) for part in sorted(gene.parts)]
        if all(right[0] >= left[1] - MAX_SLIP for left, right in pairwise(spans)):
            yield gene
            return
    for feature, parts in rows.items():
        own = {(start, end) for start, end, _ in parts}
        coding = [part for part in gene.coding if part[:2] in own]
        yield replace(gene, name=feature or gene.name, parts=parts, coding=coding)


def _attributes(column: str) -> dict[str, str]:
    """Attributes as written: a comma that separates values is not yet told from an escaped one."""
    return dict(_ATTRIBUTE.findall(column))


def _first(attributes: dict[str, str], keys: tuple[str, ...]) -> str:
    return next((_plain(attributes[key]) for key in keys if attributes.get(key)), "")


def _plain(text: str) -> str:
    text = text.strip().strip('"')
    return unquote(text) if "%" in text else text
