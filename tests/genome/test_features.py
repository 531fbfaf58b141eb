"""Features of GenBank and EMBL records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from splicenet.exceptions import AnnotationError
from splicenet.genome.annotation import Annotation, check_bounds, read_annotation

Reader = Callable[[str], Annotation]


def genbank(*features: str, end: str = "ORIGIN\n        1 acgtacgtac gtacgtacgt\n//\n") -> str:
    head = (
        f"{'LOCUS':12}{'TEST':16} {1000:11} bp    DNA     linear   PLN 01-JAN-2000\n"
        "DEFINITION  test.\nACCESSION   TEST\nVERSION     TEST.1\n"
        "FEATURES             Location/Qualifiers\n     source          1..1000\n"
    )
    return head + "".join(features) + end


def feature(kind: str, location: str, *qualifiers: str) -> str:
    lines = [f"     {kind:16}{location}", *(" " * 21 + f"/{q}" for q in qualifiers)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    def reader(text: str) -> Annotation:
        path = tmp_path / "a.gb"
        path.write_text(text)
        return read_annotation(path)

    return reader


MRNA = feature("mRNA", "complement(join(<1..100,201..300))", 'gene="a"')


def test_mrna_wins_over_cds_of_its_gene(read: Reader) -> None:
    found = read(
        genbank(
            MRNA,
            feature("CDS", "complement(join(50..100,201..250))", 'gene="a"'),
            feature("CDS", "join(401..450,501..>600)", 'gene="b"'),
        )
    )
    assert found.dialect == "GenBank"
    a, b = found.transcripts
    assert (a.contig, a.strand, a.gene, a.biotype) == ("TEST.1", "-", "a", "mRNA")
    assert a.exons == ((0, 100), (200, 300)) and (a.open_start, a.open_end) == (True, False)
    assert b.exons == ((400, 450), (500, 600)) and (b.open_start, b.open_end) == (False, True)
    assert found.lines == {"TEST.1": 11}


def test_embl(read: Reader) -> None:
    found = read(
        "ID   TEST; SV 1; linear; genomic DNA; STD; PLN; 1000 BP.\nXX\nAC   TEST;\nXX\n"
        "FH   Key             Location/Qualifiers\nFH\nFT   source          1..1000\n"
        "FT   mRNA            join(1..100,201..300)\n"
        'FT                   /gene="a"\n'
        "XX\nSQ   Sequence 1000 BP;\n     acgtacgtac\n//\n"
    )
    assert (found.dialect, found.lines) == ("EMBL", {"TEST.1": 8})
    assert [t.exons for t in found.transcripts] == [((0, 100), (200, 300))]


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("join(1..100,complement(201..300))", "trans-splicing"),
        ("join(901..1000,1..100)", "exons across the origin of a circle"),
        ("join(1..100,OTHER.1:201..300)", "exons in another record"),
        ("order(1..100,201..300)", "exons not joined"),
        ("200^201", "location between two bases"),
        ("join(1..100,201..no)", "location not understood"),
    ],
)
def test_what_is_no_row_of_exons_is_left_out_and_counted(
    read: Reader, location: str, reason: str
) -> None:
    found = read(genbank(MRNA, feature("CDS", location, 'gene="b"')))
    assert len(found.transcripts) == 1
    assert found.skipped == {reason: 1}


def test_a_frameshift_is_no_intron(read: Reader) -> None:
    (transcript,) = read(genbank(feature("CDS", "join(1..100,100..300)"))).transcripts
    assert transcript.exons == ((0, 300),)


@pytest.mark.parametrize("last", ["DEFINITION", "complement", "ORIGIN", "acgtacgtac"])
def test_a_record_cut_off_is_one_sentence(read: Reader, last: str) -> None:
    text = genbank(MRNA)
    with pytest.raises(AnnotationError, match="is it cut off"):
        read(text[: text.index(last) + len(last)])


def test_a_feature_past_the_end_is_named_with_its_line(read: Reader) -> None:
    found = read(genbank(MRNA, feature("CDS", "401..600", 'gene="b"')))
    with pytest.raises(AnnotationError, match="ends at 600") as caught:
        check_bounds(found, {"TEST.1": 500})
    assert caught.value.line == 9


def test_coding_sequence_of_its_messenger(read: Reader) -> None:
    """A gene's CDS goes to the mRNA that is spliced as it is; it may begin within a codon."""
    (short, long) = read(
        genbank(
            feature("mRNA", "complement(join(1..100,201..300))", 'gene="g"'),
            feature("mRNA", "complement(join(1..100,201..400,501..600))", 'gene="g"'),
            feature(
                "CDS", "complement(join(51..100,201..400,501..550))", 'gene="g"', "codon_start=2"
            ),
        )
    ).transcripts
    assert short.coding == ()
    assert long.coding == ((50, 100, 0), (200, 400, 2), (500, 550, 1))
