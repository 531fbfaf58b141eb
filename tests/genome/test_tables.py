"""BED12, genePred and refFlat."""

from __future__ import annotations

import pytest

from splicenet.exceptions import AnnotationError
from splicenet.genome.drafts import finish
from splicenet.genome.intervals import Transcript
from splicenet.genome.tables import read_bed12, read_genepred

BED = "chr1 1000 2000 t 0 - 1000 2000 0 2 100,300, 0,700,"
GENEPRED = "t chr1 - 1000 2000 1000 2000 2 1000,1700, 1100,2000,"
EXTENDED = "0 g cmpl incmpl 0,0,"
EXONS = ((1000, 1100), (1700, 2000))


def bed(*lines: str) -> tuple[Transcript, ...]:
    rows = enumerate((line.replace(" ", "\t") for line in lines), 1)
    return finish(read_bed12(rows, path="a").found, path="a").transcripts


def genepred(*lines: str) -> tuple[Transcript, ...]:
    rows = enumerate((line.replace(" ", "\t") for line in lines), 1)
    return finish(read_genepred(rows, path="a").found, path="a").transcripts


def test_bed12_is_zero_based_already() -> None:
    assert bed("track name=x", "#chrom", BED) == (Transcript("chr1", "-", EXONS, name="t"),)


@pytest.mark.parametrize(
    ("line", "gene", "open_end"),
    [
        (GENEPRED, "", False),
        (f"585 {GENEPRED}", "", False),
        (f"symbol {GENEPRED}", "symbol", False),
        (f"{GENEPRED} {EXTENDED}", "g", True),
        (f"585 {GENEPRED} {EXTENDED}", "g", True),
        (f"{GENEPRED} P12345 uc001", "", False),
    ],
)
def test_genepred_and_its_kin(line: str, gene: str, open_end: bool) -> None:
    (transcript,) = genepred("#bin name", line)
    assert transcript == Transcript(
        "chr1",
        "-",
        EXONS,
        name="t",
        gene=gene,
        coding=((1000, 1100, 0), (1700, 2000, 0)),
        open_end=open_end,
    )


def test_what_is_thick_is_coding() -> None:
    """Phases follow from the lengths, from the right on the minus strand."""
    (transcript,) = bed(BED.replace("- 1000 2000", "- 1050 1900"))
    assert transcript.coding == ((1050, 1100, 1), (1700, 1900, 0))
    (transcript,) = genepred(GENEPRED.replace("- 1000 2000 1000 2000", "+ 1000 2000 1050 1900"))
    assert transcript.coding == ((1050, 1100, 0), (1700, 1900, 1))
    (transcript,) = genepred(GENEPRED.replace("2000 1000 2000", "2000 2000 2000"))
    assert transcript.coding == ()


def test_frames_of_an_incomplete_coding_sequence() -> None:
    """A frame is the place in the codon at which an exon begins in reading direction."""
    (transcript,) = genepred(f"{GENEPRED} 0 g cmpl incmpl 1,2,")
    assert transcript.coding == ((1000, 1100, 2), (1700, 2000, 1))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (BED.replace("1000 2000 t", "1e3 2000 t"), "whole numbers"),
        (BED.replace(" 2 100", " 3 100"), "disagree"),
        (BED.replace("0,700,", "0,800,"), "do not run from 1000 to 2000"),
        (BED.replace("100,300,", "0,300,"), "cannot run"),
        (" ".join(BED.split()[:6]), "6 columns"),
    ],
)
def test_a_bad_bed_row_is_named(line: str, said: str) -> None:
    with pytest.raises(AnnotationError, match=said) as caught:
        bed(BED, line)
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (GENEPRED.replace(" 2 ", " 3 "), "disagree"),
        (GENEPRED.replace("1700,", "17x0,"), "whole numbers"),
        (GENEPRED.replace("1100,", "900,"), "cannot run from 1000 to 900"),
        (GENEPRED.replace(" - ", " ? "), "no genePred"),
    ],
)
def test_a_bad_genepred_row_is_named(line: str, said: str) -> None:
    with pytest.raises(AnnotationError, match=said) as caught:
        genepred(GENEPRED, line)
    assert caught.value.line == 2
