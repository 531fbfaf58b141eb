from __future__ import annotations

from splicenet.genome.annotation import read_annotation
from splicenet.genome.genes import Genes
from splicenet.genome.intervals import Transcript


def test_transcripts_of_one_name_are_a_gene():
    genes = Genes(
        [
            Transcript("c", "+", ((0, 10), (20, 30)), gene="a"),
            Transcript("c", "+", ((5, 10), (25, 40)), gene="a", symbol="A1"),
            Transcript("c", "-", ((30, 35), (60, 70)), name="t", gene=""),
            Transcript("c", ".", ((0, 90),), gene="unknown strand"),
        ]
    )
    first, second = genes.at("c", 30, 31)
    assert (first.name, first.symbol) == ("a", "A1")
    assert (first.span.start, first.span.end, first.strand) == (0, 40, "+")
    assert [list(sites) for sites in first.sites] == [[9], [20, 25]]
    assert (second.name, second.symbol) == ("t", "t")
    assert [list(sites) for sites in second.sites] == [[60], [34]]


def test_one_name_may_stand_for_several_loci():
    places = [(500, 600), (0, 100), (520, 530), (590, 700), (50, 80)]
    genes = Genes([Transcript("c", "+", (place,), gene="U6") for place in places])
    spans = [(gene.span.start, gene.span.end) for gene in genes.named("U6")]
    assert spans == [(0, 100), (500, 700)]
    assert not genes.at("c", 200, 300)


def test_genes_at_a_place_share_a_base_with_it():
    genes = Genes([Transcript("c", "+", ((10, 20),), gene="a")])
    assert not genes.at("c", 5, 10)
    assert genes.at("c", 5, 11)
    assert genes.at("c", 19, 20)
    assert not genes.at("c", 20, 30)
    assert not genes.at("elsewhere", 10, 20)


def test_genes_of_a_real_annotation_are_found_by_name(fly_files):
    genes = Genes(read_annotation(fly_files.annotation).transcripts)
    (gene,) = genes.named("ci")
    assert (gene.name, gene.symbol) == ("Dmel_CG2125", "ci")
    assert genes.named("Dmel_CG2125") == [gene]
    assert gene in genes.at(fly_files.contig, gene.span.start, gene.span.end)
    assert all(gene.span.start <= site < gene.span.end for kind in gene.sites for site in kind)
    assert not genes.named("no such gene")
