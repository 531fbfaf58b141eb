from __future__ import annotations

import numpy as np
import pytest

from splicenet.genome.alphabet import decode, encode
from splicenet.genome.intervals import Variant
from splicenet.inference.haplotypes import Haplotype, compared, touched

PHASE = 8
REFERENCE = "ACGTACGTAC" * 20


def fetch(start, end):
    return encode(REFERENCE[start:end])


def haplotype(*edits, start=80, end=120):
    return Haplotype("c", start, end, tuple(Variant("c", *edit) for edit in edits))


def readings(hap, *, constant=None):
    """Scores that say which base of the changed stretch they are of, plus 1000 a shift."""
    length = hap.end - hap.start + hap.change
    return {
        shift: np.stack([np.arange(length) + 1000 * shift, np.full(length, constant or 1)])
        for shift in hap.phases(PHASE)
    }


def aligned(hap):
    return hap.aligned(readings(hap), PHASE)[0].tolist()


def test_a_substitution_is_read_in_place():
    hap = haplotype((100, "A", "C"))
    assert hap.phases(PHASE) == {0}
    assert aligned(hap) == list(range(40))


def test_deleted_bases_score_nothing_and_what_follows_keeps_its_phase():
    hap = haplotype((100, "ACG", ""))
    assert hap.phases(PHASE) == {0, 5}
    assert aligned(hap) == [*range(20), 0, 0, 0, *range(5020, 5037)]


def test_inserted_bases_count_where_the_base_before_them_stands():
    hap = haplotype((100, "", "TTT"))
    assert aligned(hap) == [*range(19), 22, *range(3023, 3043)]


def test_complex_changes_are_paired_from_the_left():
    assert aligned(haplotype((100, "ACGT", "TA"))) == [*range(22), 0, 0, *range(6022, 6038)]
    assert aligned(haplotype((100, "AC", "TATA"))) == [*range(21), 23, *range(2024, 2042)]


def test_every_stretch_between_two_changes_keeps_its_phase():
    hap = haplotype((90, "", "A"), (100, "AC", ""), (110, "A", "T"))
    assert hap.phases(PHASE) == {0, 1, 7}
    assert aligned(hap) == [*range(9), 10, *range(1011, 1021), 0, 0, *range(7021, 7039)]


def test_an_insertion_before_the_first_base_counts_on_it():
    hap = haplotype((0, "", "TT"), start=0, end=10)
    assert aligned(hap) == list(range(2002, 2012))


@pytest.mark.parametrize("shift", [0, 1, 5])
def test_windows_hold_the_changed_sequence_in_the_phase_asked_for(shift):
    hap = haplotype((90, "", "TTT"), (100, "ACG", "G"))
    span = hap.span(shift, phase=PHASE, flank=30, unit=16)
    assert (span.start - shift) % PHASE == 0
    assert (span.end - span.start) % 16 == 0
    assert span.start <= 50
    assert (span.first, span.last) == (80, 121)
    assert span.end >= 151
    changed = REFERENCE[:90] + "TTT" + REFERENCE[90:100] + "G" + REFERENCE[103:]
    assert decode(hap.codes(fetch, span)) == changed[span.start : span.end]


def test_what_is_compared():
    assert compared(Variant("c", 100, "A", "C"), 50, 1000) == (50, 151)
    assert compared(Variant("c", 100, "", "C"), 50, 1000) == (49, 150)
    assert compared(Variant("c", 100, "ACG", ""), 50, 1000) == (50, 153)
    assert compared(Variant("c", 10, "A", "C"), 50, 30) == (0, 30)
    assert touched(Variant("c", 0, "", "C")) == (0, 1)
    assert touched(Variant("c", 7, "", "C")) == (6, 7)
