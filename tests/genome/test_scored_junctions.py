"""Junctions as a table and as BED."""

import pandas as pd
import pytest

from splicenet.genome.intervals import Junction
from splicenet.genome.scored_junctions import Alternative, Known, ScoredJunction, write_junctions

KNOWN = Known([Junction("c", 100, 200, "+"), Junction("c", 300, 400, "+")])
SCORED = [
    ScoredJunction(
        Junction("c", 100, 200, "+", 7), "GT-AG", 0.9, 0.5, Alternative(-3, 0.25), None, "annotated"
    ),
    ScoredJunction(Junction("c", 150, 250, "-", 1), "GC-AG", 0.1, 0.1, None, Alternative(4, 0.5)),
]


@pytest.mark.parametrize(
    ("start", "end", "strand", "status"),
    [
        (100, 200, "+", "annotated"),
        (100, 400, "+", "known_sites"),
        (100, 250, "+", "known_donor"),
        (150, 200, "+", "known_acceptor"),
        (100, 200, "-", "novel"),
    ],
)
def test_what_an_annotation_knows(start, end, strand, status):
    assert KNOWN.status(Junction("c", start, end, strand, 3)) == status


def test_on_the_minus_strand_the_donor_is_right(tmp_path):
    known = Known([Junction("c", 100, 200, "-")])
    assert known.status(Junction("c", 150, 200, "-")) == "known_donor"


def test_table(tmp_path):
    path = tmp_path / "junctions.tsv"
    write_junctions(path, SCORED, header=["model x"])
    table = pd.read_csv(path, sep="\t", skiprows=2).rename(columns={"#contig": "contig"})
    first, second = table.to_dict("records")
    assert (first["start"], first["end"], first["strand"], first["reads"]) == (100, 200, "+", 7)
    assert first["probability"] == pytest.approx(0.45)
    assert (str(first["best_donor_offset"]), first["status"]) == ("-3", "annotated")
    assert (first["best_acceptor"], second["status"]) == (".", ".")
    assert str(second["best_acceptor_offset"]) == "+4"


def test_bed(tmp_path):
    path = tmp_path / "junctions.bed"
    write_junctions(path, SCORED, form="bed")
    assert path.read_text() == (
        "c\t100\t200\tGT-AG|annotated|7_reads\t450\t+\nc\t150\t250\tGC-AG|1_reads\t10\t-\n"
    )
