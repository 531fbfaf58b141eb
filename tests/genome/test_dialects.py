"""Telling dialects apart by content."""

from __future__ import annotations

import pytest

from splicenet.exceptions import AnnotationError
from splicenet.genome.dialects import sniff

GFF = "chr1\ts\texon\t1\t9\t.\t+\t.\t"
BARE = "chr1\ts\tgene\t1\t9\t.\t+\t.\tg1"
BED = "chr1\t0\t9\tt\t0\t+\t0\t9\t0\t1\t9,\t0,"


@pytest.mark.parametrize(
    ("lines", "dialect"),
    [
        ([GFF + 'gene_id "g"; transcript_id "t";'], "GTF"),
        ([GFF + "gene_id g; transcript_id t"], "GTF"),
        ([GFF + 'note "a=b"; transcript_id "t"'], "GTF"),
        ([BARE, GFF + 'transcript_id "g1.t1"; gene_id "g1";'], "GTF"),
        ([GFF + "ID=e;Parent=t"], "GFF3"),
        (["# made by hand", "", GFF + 'Parent=t;Note="gene_id "'], "GFF3"),
        ([GFF + 'name "x"'], "GFF2"),
        ([BARE], "GFF2"),
        (["##gff-version 3", "nonsense"], "GFF3"),
        (["track name=x", BED], "BED12"),
        ([BED.replace("\t", " ")], "BED12"),
        (["t\tchr1\t+\t0\t9\t0\t9\t1\t0,\t9,"], "genePred"),
        (["g\tt\tchr1\t+\t0\t9\t0\t9\t1\t0,\t9,"], "genePred"),
        (["7\tt\tchr1\t+\t0\t9\t0\t9\t1\t0,\t9,\t0\tg\tcmpl\tcmpl\t0,"], "genePred"),
        (["LOCUS       X 1 bp DNA"], "GenBank"),
        (["ID   X; SV 1; linear"], "EMBL"),
    ],
)
def test_dialects(lines: list[str], dialect: str) -> None:
    numbered = list(enumerate(lines, 1))
    found, again = sniff(iter(numbered), path="a")
    assert found == dialect
    assert list(again) == numbered


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "the file is empty"),
        (["hello world"], "no annotation in GTF"),
        ([">chr1", "ACGT"], "a sequence, not an annotation"),
        (["chr1\t0\t9\tt\t0\t+"], "BED of 6 columns"),
    ],
)
def test_what_is_no_annotation_is_said(lines: list[str], said: str) -> None:
    with pytest.raises(AnnotationError, match=said):
        sniff(iter(list(enumerate(lines, 1))), path="a")
