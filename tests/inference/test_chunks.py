"""Records in chunks, with their neighbours."""

from __future__ import annotations

import pytest

from splicenet.exceptions import VariantError
from splicenet.genome.vcf import VcfRecord
from splicenet.inference.chunks import in_chunks


def records(*places: tuple[str, int]) -> list[VcfRecord]:
    return [
        VcfRecord(contig, at, "A", ("C",), (contig, str(at + 1), ".", "A", "C"), number)
        for number, (contig, at) in enumerate(places, 1)
    ]


def starts(some: list[VcfRecord]) -> list[int]:
    return [one.start for one in some]


def test_neighbours_are_those_within_reach():
    chunks = list(in_chunks(records(("c", 0), ("c", 9), ("c", 12), ("c", 50)), alleles=2, reach=5))
    assert [starts(chunk.records) for chunk in chunks] == [[0, 9], [12, 50]]
    assert 12 in starts(chunks[0].around)
    assert 9 in starts(chunks[1].around)
    assert 0 not in starts(chunks[1].around)


@pytest.mark.parametrize(
    "places",
    [[("c", 0), ("c", 9), ("c", 8), ("c", 90)], [("c", 0), ("d", 9), ("c", 10)]],
)
def test_neighbours_want_sorted_records(places):
    """What comes before the first one out of its place is still given."""
    given = records(*places)
    chunks = in_chunks(given, alleles=1, reach=5)
    found = []
    with pytest.raises(VariantError, match="line 3, contig c: the records are not sorted"):
        for chunk in chunks:
            found += chunk.records
    assert found == given[:2]
    assert [one for chunk in in_chunks(given, alleles=1) for one in chunk.records] == given
