"""GTF and GFF2."""

from __future__ import annotations

import pytest

from splicenet.exceptions import AnnotationError
from splicenet.genome.drafts import finish
from splicenet.genome.gtf import read_gtf
from splicenet.genome.intervals import Transcript


def row(kind: str, start: int, end: int, attributes: str, strand: str = "+") -> str:
    return f"chr1\ttest\t{kind}\t{start}\t{end}\t.\t{strand}\t.\t{attributes}"


def read(*rows: str) -> tuple[Transcript, ...]:
    return finish(read_gtf(enumerate(rows, 1), path="a.gtf").found, path="a.gtf").transcripts


def test_one_based_closed_becomes_zero_based_half_open() -> None:
    names = 'gene_id "g"; transcript_id "t"; gene_biotype "protein_coding";'
    (transcript,) = read(row("exon", 301, 400, names), row("exon", 1, 100, names))
    assert transcript == Transcript(
        "chr1", "+", ((0, 100), (300, 400)), name="t", gene="g", biotype="protein_coding"
    )
    (intron,) = transcript.introns
    assert (intron.start, intron.end, intron.donor, intron.acceptor) == (100, 300, 99, 300)


def test_exon_rows_win_over_coding_rows_in_either_order() -> None:
    rows = [row("CDS", 50, 100, 'transcript_id "t"'), row("exon", 1, 100, 'transcript_id "t"')]
    assert [t.exons for t in read(*rows)] == [((0, 100),)]
    assert read(*rows) == read(*reversed(rows))


def test_without_exon_rows_coding_untranslated_and_stop_rows_make_the_exons() -> None:
    (transcript,) = read(
        row("5UTR", 1, 50, 'transcript_id "t"'),
        row("CDS", 51, 100, 'transcript_id "t"'),
        row("CDS", 201, 297, 'transcript_id "t"'),
        row("stop_codon", 298, 300, 'transcript_id "t"'),
    )
    assert transcript.exons == ((0, 100), (200, 300))
    assert not transcript.open_start and not transcript.open_end


@pytest.mark.parametrize(
    "attributes",
    [
        'gene_id "x"; transcript_id "";',
        'gene_id "x"',
        "gene_id x; transcript_id x",
        'name "x"; exonNumber 1',
        "x",
        'Sequence "x" ; Note "a; b"',
        'orig_transcript_id "no"; gene "x"',
    ],
)
def test_whatever_names_the_transcript(attributes: str) -> None:
    (transcript,) = read(row("exon", 1, 100, attributes), row("exon", 201, 300, attributes))
    assert transcript.name == "x"
    assert len(transcript.introns) == 1


@pytest.mark.parametrize(
    ("tag", "strand", "ends"),
    [
        ("mRNA_start_NF", "+", (True, False)),
        ("mRNA_start_NF", "-", (False, True)),
        ("cds_end_NF", "+", (False, True)),
        ("cds_end_NF", "-", (True, False)),
        ("basic", "+", (False, False)),
    ],
)
def test_gencode_tags_open_an_end_in_reading_direction(
    tag: str, strand: str, ends: tuple[bool, bool]
) -> None:
    (transcript,) = read(row("exon", 1, 100, f'transcript_id "t"; tag "{tag}";', strand))
    assert (transcript.open_start, transcript.open_end) == ends


def test_ncbi_partial_opens_both_ends_and_prose_none() -> None:
    (transcript,) = read(row("exon", 1, 100, 'transcript_id "t"; partial "true";'))
    assert transcript.open_start and transcript.open_end
    (transcript,) = read(row("exon", 1, 100, 'transcript_id "t"; product "partial copy";'))
    assert not transcript.open_start and not transcript.open_end


def test_trans_splicing_is_left_out_whatever_the_strands() -> None:
    names = 'transcript_id "t"; exception "trans-splicing";'
    drafts = read_gtf(
        enumerate([row("exon", 1, 9, names), row("exon", 50, 60, names, "-")], 1), path="a"
    )
    finished = finish(drafts.found, path="a")
    assert finished.transcripts == () and finished.skipped == {"trans-splicing": 1}


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (row("exon", 200, 100, 'transcript_id "t"'), "the smaller first"),
        (row("exon", 0, 100, 'transcript_id "t"'), "counted from 1"),
        (row("exon", 1, 100, 'transcript_id "t"').replace("\t100", "\tx"), "whole numbers"),
        (row("exon", 1, 100, ";"), "needs a transcript_id"),
        ("chr1\ttest\texon\t1\t100", "5 of 9 columns"),
    ],
)
def test_a_bad_row_is_named(bad: str, said: str) -> None:
    with pytest.raises(AnnotationError, match=said) as caught:
        read("# comment", "", bad)
    assert (caught.value.path, caught.value.line) == ("a.gtf", 3)


@pytest.mark.parametrize(
    ("attributes", "symbol"),
    [
        ('gene_id "g"; transcript_id "t"; gene_name "BRCA2";', "BRCA2"),
        ('gene_id "g"; transcript_id "t"; gene_symbol "ci";', "ci"),
        ('gene_id "g"; transcript_id "t"; gene "ey"; note "gene of the eye";', "ey"),
        ('gene_id "g"; transcript_id "t"; note "like gene x"; orig_gene "y";', ""),
    ],
)
def test_the_name_that_people_know_a_gene_by(attributes: str, symbol: str) -> None:
    (transcript,) = read(row("exon", 1, 100, attributes))
    assert (transcript.gene, transcript.symbol) == ("g", symbol)


def test_coding_rows_and_their_frames() -> None:
    """Given frames are believed; a stop codon is coding, and one twice is one."""
    name = 'transcript_id "t"'
    rows = [
        row("exon", 1, 100, name),
        row("CDS", 11, 100, name).replace("\t.\ttr", "\t2\ttr"),
        row("exon", 201, 300, name),
        row("CDS", 201, 247, name),
        row("stop_codon", 248, 250, name).replace("\t.\ttr", "\t0\ttr"),
        row("stop_codon", 248, 250, name).replace("\t.\ttr", "\t0\ttr"),
    ]
    (transcript,) = read(*rows)
    assert transcript.coding == ((10, 100, 2), (200, 247, 2), (247, 250, 0))
    assert transcript.exons == ((0, 100), (200, 300))
