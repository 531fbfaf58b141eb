from __future__ import annotations

import pytest

from splicenet.genome.intervals import Variant


@pytest.mark.parametrize(
    ("ref", "alt", "trimmed"),
    [
        ("A", "C", (10, "A", "C")),
        ("A", "AGG", (11, "", "GG")),
        ("ACC", "A", (11, "CC", "")),
        ("CAA", "CA", (11, "A", "")),  # as far left as the record allows
        ("ACGT", "ATGT", (11, "C", "T")),
        ("ACGT", "TTG", (10, "ACGT", "TTG")),
        ("ACG", "ACG", (10, "", "")),
        ("GCACAT", "GCACACAT", (11, "", "CA")),
    ],
)
def test_what_both_sides_share_is_trimmed(ref, alt, trimmed):
    variant = Variant("c", 10, ref, alt).trimmed()
    assert (variant.start, variant.ref, variant.alt) == trimmed
    assert variant.change == len(alt) - len(ref)


def test_a_variant_lies_on_its_contig():
    with pytest.raises(ValueError, match="-1"):
        Variant("c", -1, "A", "C")
