"""GFF3."""

from __future__ import annotations

import pytest

from splicenet.exceptions import AnnotationError
from splicenet.genome.drafts import Finished, finish
from splicenet.genome.gff3 import read_gff3


def row(kind: str, start: int, end: int, attributes: str, strand: str = "+") -> str:
    return f"chr1\ttest\t{kind}\t{start}\t{end}\t.\t{strand}\t.\t{attributes}"


def read(*rows: str) -> Finished:
    return finish(read_gff3(enumerate(rows, 1), path="a.gff3").found, path="a.gff3")


def test_parents_of_any_depth_in_any_order() -> None:
    (transcript,) = read(
        row("exon", 201, 300, "Parent=t"),
        row("exon", 1, 100, "ID=e;Parent=t"),
        row("miRNA", 1, 300, "ID=t;Parent=p"),
        row("primary_transcript", 1, 300, "ID=p;Parent=g"),
        row("gene", 1, 300, "ID=g;gene_biotype=miRNA"),
    ).transcripts
    assert transcript.exons == ((0, 100), (200, 300))
    assert (transcript.name, transcript.gene, transcript.biotype) == ("t", "g", "miRNA")


def test_an_exon_of_two_transcripts_belongs_to_both() -> None:
    found = read(
        row("exon", 1, 100, "Parent=a,b"),
        row("exon", 201, 300, "Parent=a"),
        row("exon", 251, 300, "Parent=b"),
    )
    assert {t.name: t.exons for t in found.transcripts} == {
        "a": ((0, 100), (200, 300)),
        "b": ((0, 100), (250, 300)),
    }


def test_escaped_names_are_one_name() -> None:
    (transcript,) = read(
        row("gene", 1, 300, "ID=g%2C1"),
        row("mRNA", 1, 300, "ID=t%3B1;Parent=g%2C1"),
        row("exon", 1, 100, "Parent=t%3B1"),
        row("exon", 201, 300, "Parent=t%3b1;Note=a%2Cb"),
    ).transcripts
    assert (transcript.name, transcript.gene) == ("t;1", "g,1")
    assert len(transcript.introns) == 1


def test_exons_of_a_gene_beside_those_of_its_transcripts_are_no_transcript() -> None:
    found = read(
        row("gene", 1, 300, "ID=g"),
        row("mRNA", 1, 300, "ID=t;Parent=g"),
        row("exon", 1, 100, "Parent=t"),
        row("exon", 201, 300, "Parent=t"),
        row("exon", 1, 100, "Parent=g"),
        row("exon", 151, 300, "Parent=g"),
    )
    assert [t.name for t in found.transcripts] == ["t"]


def test_a_primary_transcript_stays_beside_what_is_cut_from_it() -> None:
    found = read(
        row("primary_transcript", 1, 300, "ID=p"),
        row("exon", 1, 300, "Parent=p"),
        row("miRNA", 101, 120, "ID=m;Parent=p"),
        row("exon", 101, 120, "Parent=m"),
    )
    assert [t.name for t in found.transcripts] == ["p", "m"]


def test_coding_rows_below_a_gene_are_transcripts_by_their_id() -> None:
    found = read(
        row("gene", 1, 300, "ID=g"),
        row("CDS", 1, 100, "ID=a;Parent=g"),
        row("CDS", 201, 300, "ID=a;Parent=g"),
        row("CDS", 1, 150, "ID=b;Parent=g"),
        row("CDS", 201, 300, "ID=b;Parent=g"),
    )
    assert {t.name: t.exons for t in found.transcripts} == {
        "a": ((0, 100), (200, 300)),
        "b": ((0, 150), (200, 300)),
    }
    assert {t.gene for t in found.transcripts} == {"g"}


def test_coding_rows_below_a_gene_with_an_id_each_are_one_transcript() -> None:
    rows = [row("gene", 1, 300, "ID=g"), row("CDS", 1, 100, "ID=a;Parent=g")]
    (transcript,) = read(*rows, row("CDS", 201, 300, "ID=b;Parent=g")).transcripts
    assert transcript.exons == ((0, 100), (200, 300))
    assert len(read(*rows, row("CDS", 51, 300, "ID=b;Parent=g")).transcripts) == 2


def test_partial_with_a_range_opens_that_end_alone() -> None:
    (transcript,) = read(
        row("mRNA", 1, 300, "ID=t;partial=true;start_range=.,1"),
        row("exon", 1, 100, "Parent=t;partial=true;start_range=.,1"),
        row("exon", 201, 300, "Parent=t;partial=true"),
    ).transcripts
    assert (transcript.open_start, transcript.open_end) == (True, False)
    (transcript,) = read(row("exon", 1, 100, "Parent=t;end_range=100,.;partial=true")).transcripts
    assert (transcript.open_start, transcript.open_end) == (False, True)


def test_trans_splicing_does_not_stop_the_file() -> None:
    found = read(
        row("gene", 1, 100, "ID=g;exception=trans-splicing;part=1/2"),
        row("gene", 500, 600, "ID=g;exception=trans-splicing;part=2/2", "-"),
        row("CDS", 1, 100, "ID=c;Parent=g;exception=trans-splicing"),
        row("CDS", 500, 600, "ID=c;Parent=g;exception=trans-splicing", "-"),
        row("exon", 1, 100, "Parent=t"),
    )
    assert [t.name for t in found.transcripts] == ["t"]
    assert found.skipped == {"trans-splicing": 1}


@pytest.mark.parametrize("circular", [True, False])
def test_a_gene_over_the_origin_of_a_circle_does_not_stop_the_file(circular: bool) -> None:
    """GFF3 counts on past the end of a circle; past that of a line is a mistake, told elsewhere."""
    flag = ";Is_circular=true" if circular else ""
    found = read(
        row("region", 1, 1000, f"ID=chr1{flag}"),
        row("exon", 101, 200, "Parent=a"),
        row("exon", 951, 1040, "Parent=b"),
    )
    assert [t.name for t in found.transcripts] == (["a"] if circular else ["a", "b"])
    assert found.skipped == ({"exons across the origin of a circle": 1} if circular else {})


@pytest.mark.parametrize("end", ["##FASTA", ">chr1"])
def test_sequence_ends_the_features(end: str) -> None:
    assert len(read(row("exon", 1, 9, "Parent=t"), end, "ACGT").transcripts) == 1


def test_a_circle_of_parents_is_named() -> None:
    with pytest.raises(AnnotationError, match="its own ancestor") as caught:
        read(
            row("exon", 1, 9, "Parent=a"),
            row("mRNA", 1, 9, "ID=a;Parent=b"),
            row("gene", 1, 9, "ID=b;Parent=a"),
        )
    assert caught.value.line == 3


def test_an_exon_of_nobody_is_named() -> None:
    with pytest.raises(AnnotationError, match="needs a Parent") as caught:
        read(row("exon", 1, 9, "Note=lost"))
    assert (caught.value.line, caught.value.contig) == (1, "chr1")


@pytest.mark.parametrize(
    ("gene", "transcript", "exon", "symbol"),
    [
        ("ID=g;Name=BRCA2", "ID=t;Parent=g;Name=BRCA2-201", "Parent=t", "BRCA2"),
        ("ID=g;Name=g.v1", "ID=t;Parent=g", "Parent=t;gene=ci", "ci"),
        ("ID=g", "ID=t;Parent=g;gene_name=a%2Cb", "Parent=t", "a,b"),
        ("ID=g", "ID=t;Parent=g;Name=t1", "Parent=t", ""),
    ],
)
def test_the_name_that_people_know_a_gene_by(
    gene: str, transcript: str, exon: str, symbol: str
) -> None:
    (found,) = read(
        row("gene", 1, 100, gene), row("mRNA", 1, 100, transcript), row("exon", 1, 100, exon)
    ).transcripts
    assert (found.gene, found.symbol) == ("g", symbol)


def test_coding_rows_of_a_gene_without_transcripts_go_with_their_exons() -> None:
    found = read(
        row("gene", 1, 500, "ID=g"),
        row("CDS", 1, 100, "ID=a;Parent=g"),
        row("CDS", 201, 300, "ID=a;Parent=g"),
        row("CDS", 51, 150, "ID=b;Parent=g"),
        row("CDS", 251, 300, "ID=b;Parent=g"),
    )
    assert {t.name: t.coding for t in found.transcripts} == {
        "a": ((0, 100, 0), (200, 300, 2)),
        "b": ((50, 150, 0), (250, 300, 2)),
    }
