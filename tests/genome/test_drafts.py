"""What becomes of the rows of a transcript."""

from __future__ import annotations

import pytest

from splicenet.exceptions import AnnotationError
from splicenet.genome.drafts import Draft, finish
from splicenet.genome.intervals import Strand


def draft(*exons: tuple[int, int], name: str = "t", strand: Strand = "+", line: int = 1) -> Draft:
    made = Draft(name, "chr1", strand, line)
    for start, end in exons:
        made.add(True, start, end)
        made.place("chr1", strand, end, line)
    return made


def good(count: int) -> list[Draft]:
    return [draft((0, 100), name=f"good{n}") for n in range(count)]


def test_exons_are_sorted_and_repeated_rows_are_one() -> None:
    (transcript,) = finish([draft((200, 300), (0, 100), (200, 300))], path="a").transcripts
    assert transcript.exons == ((0, 100), (200, 300))


@pytest.mark.parametrize("gap", [-3, -1, 0, 1, 19])
def test_rows_that_slip_touch_or_leave_no_room_are_one_exon(gap: int) -> None:
    found = finish([draft((0, 100), (100 + gap, 300))], path="a")
    assert found.transcripts[0].exons == ((0, 300),)
    assert found.skipped == ({"gaps below 20 bases, closed": 1} if gap > 0 else {})


def test_twenty_bases_are_an_intron() -> None:
    (transcript,) = finish([draft((0, 100), (120, 300))], path="a").transcripts
    assert len(transcript.introns) == 1


def test_exons_without_a_strand_are_left_out_and_counted() -> None:
    found = finish([draft((0, 100), (200, 300), strand="."), draft((0, 9), strand=".")], path="a")
    assert [t.exons for t in found.transcripts] == [((0, 9),)]
    assert found.skipped == {"no strand": 1}


@pytest.mark.parametrize(("contig", "strand"), [("chr2", "+"), ("chr1", "-")])
def test_a_transcript_in_two_places_is_an_error_at_its_line(contig: str, strand: Strand) -> None:
    torn = draft((0, 100), line=7)
    torn.place(contig, strand, 300, 8)
    with pytest.raises(AnnotationError, match="two contigs|both strands") as caught:
        finish([torn], path="a")
    assert caught.value.line == 8


def test_exons_that_overlap_are_an_error() -> None:
    with pytest.raises(AnnotationError, match="exons that overlap") as caught:
        finish([draft((0, 100), (50, 300), line=7)], path="a")
    assert caught.value.line == 7


def test_one_contradiction_in_a_hundred_is_left_out_and_two_are_not() -> None:
    bad = draft((0, 100), (50, 300), name="bad")
    found = finish([*good(99), bad], path="a")
    assert len(found.transcripts) == 99
    assert found.skipped == {"exons that overlap": 1}
    with pytest.raises(AnnotationError, match="'bad'"):
        finish([*good(98), bad, bad], path="a")


def test_transcripts_are_sorted_and_the_furthest_line_is_kept() -> None:
    other = Draft("o", "chr0", "+", 5, exons=[(0, 10)], reach=10)
    found = finish([draft((500, 900), line=1), draft((0, 100), line=2), other], path="a")
    assert [(t.contig, t.start) for t in found.transcripts] == [
        ("chr1", 0),
        ("chr1", 500),
        ("chr0", 0),
    ]
    assert found.lines == {"chr1": 1, "chr0": 5}
