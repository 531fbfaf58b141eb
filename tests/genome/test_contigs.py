"""Contig names of two files brought together, or not."""

import pytest

from splicenet.exceptions import ContigError
from splicenet.genome.contigs import match_contigs


def match(theirs, ours, **options):
    if not isinstance(theirs, dict):
        theirs = dict.fromkeys(theirs, 100)
    if not isinstance(ours, dict):
        ours = dict.fromkeys(ours, 1000)
    return match_contigs(theirs, ours, their_file="genes.gtf", our_file="genome.fa", **options)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("chr1", "chr1"),
        ("1", "chr1"),
        ("Chr1", "1"),
        ("CHR01", "chr1"),
        ("chromosome_1", "1"),
        ("chrX", "X"),
        ("chr2L", "2L"),
        ("M", "chrMT"),
        ("mitochondrion", "Mt"),
        ("chrC", "Pt"),
        ("NC_003070", "NC_003070.9"),
        ("NC_003070.9", "NC_003070"),
        ("NC_003070.9", "ref|NC_003070.9|"),
        ("KI270706.1", "chr1_KI270706v1_random"),
        ("Chr1", "NC_003070.9"),
        ("NC_003074.8", "3"),
        ("NT_033778.4", "chr2R"),
        ("chrIV", "NC_003282.8"),
        ("NC_000023.11", "X"),
        ("NC_000024.10", "chrY"),
        ("NC_012920.1", "chrM"),
        ("chrIX", "NC_001141.2"),
    ],
)
def test_one_and_the_same(theirs, ours):
    assert match([theirs], [ours]) == {theirs: ours}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("chr1", "chr2"),
        ("chr1", "chr11"),
        ("chr10", "chr1"),
        ("NC_003070.8", "NC_003070.9"),
        ("NC_000001.10", "NC_000001.11"),
        ("scaffold_1", "1"),
        ("LR999451.1", "1"),
    ],
)
def test_never_guessed(theirs, ours):
    with pytest.raises(ContigError, match=rf"genes.gtf: its contigs \({theirs}\).*\({ours}\)"):
        match([theirs], [ours])


def test_exact_names_go_first_and_the_ambiguous_stays_out():
    assert match(["1", "chr1"], ["chr1", "2"]) == {"chr1": "chr1"}
    assert match(["1", "Chr1", "x"], ["chr1", "X"]) == {"x": "X"}
    assert match(["1", "y"], ["chr1", "Chr1", "Y"]) == {"y": "Y"}


def test_names_without_a_partner_are_left_out_and_order_is_theirs():
    assert match(["3", "Un", "1"], ["chr1", "chr2", "chr3"]) == {"3": "chr3", "1": "chr1"}


def test_headers_name_the_chromosome():
    headers = {
        "NC_9.1": "NC_9.1 Planta ignota cultivar A chromosome 4, complete sequence",
        "NW_1.1": "NW_1.1 Planta ignota chromosome 4 unlocalized genomic scaffold",
        "NC_8.1": "NC_8.1 Planta ignota mitochondrion, complete genome",
    }
    assert match(["chr4", "Mt"], list(headers), describe=headers.get) == {
        "chr4": "NC_9.1",
        "Mt": "NC_8.1",
    }


def test_a_chromosome_by_its_accession_must_fit():
    assert match({"NC_003070.9": 1000}, {"Chr1": 1000}) == {"NC_003070.9": "Chr1"}
    with pytest.raises(ContigError):
        match({"NC_003070.9": 1001}, {"Chr1": 1000})


def test_a_name_that_is_only_spelt_differently_is_believed():
    assert match({"chr1": 5000}, {"1": 1000}) == {"chr1": "1"}


def test_whole_lengths_must_be_equal():
    theirs = {"chr1": 10, "chr2": 20, "a": 33, "b": 44, "c": 44}
    ours = {"1": 10, "2": 21, "x": 33, "y": 44}
    assert match(theirs, ours, whole=True) == {"chr1": "1"}


@pytest.mark.parametrize(
    ("theirs", "ours", "matched"),
    [
        ({"a": 33, "b": 44}, {"x": 44, "y": 33}, {"a": "y", "b": "x"}),
        ({"a": 33, "spike": 10}, {"x": 33}, {"a": "x"}),  # none of ours is left
        ({"a": 33}, {"x": 33, "y": 10}, {"a": "x"}),
        ({"a": 33, "b": 44}, {"x": 33, "y": 45}, {}),  # one may be as long as another by chance
        ({"a": 33, "b": 33}, {"x": 33}, {}),
    ],
)
def test_lengths_alone_are_believed_of_all_or_none(theirs, ours, matched):
    theirs, ours = {"chr1": 10, **theirs}, {"1": 10, **ours}
    assert match(theirs, ours, whole=True) == {"chr1": "1", **matched}


def test_many_names_are_cut_short():
    with pytest.raises(ContigError) as error:
        match([f"a{i}" for i in range(90)], [f"b{i}" for i in range(90)])
    assert "(a0, a1, a2, a3, a4, ...)" in str(error.value)
    assert len(str(error.value)) < 250
