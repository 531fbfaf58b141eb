"""Introns from planted probabilities at the sites of real genes."""

import numpy as np
import pytest

from splicenet.genome.annotation import read_annotation
from splicenet.model.introns import LikelySites, annotated_grammar, decode, learned_grammar
from splicenet.model.scoring import Scores

LENGTH = 1_348_131


@pytest.fixture(scope="module")
def annotation(fly_files):
    return read_annotation(fly_files.annotation)


@pytest.fixture(scope="module")
def genes(annotation):
    """One transcript of each gene, none overlapping another of its strand."""
    chosen, ends = [], {"+": -1, "-": -1}
    for one in sorted(annotation.transcripts, key=lambda one: (one.start, -len(one.introns))):
        if one.introns and one.start > ends[one.strand]:
            chosen.append(one)
            ends[one.strand] = one.end
    return chosen


def planted(genes, *, noise=0, value=0.9):
    """Windows of scores with the genes' sites, and as many chance ones as asked for."""
    rng = np.random.default_rng(1)
    values = np.zeros((2, 2, LENGTH), np.float32)
    values[rng.integers(0, 2, noise), rng.integers(0, 2, noise), rng.integers(0, LENGTH, noise)] = (
        rng.uniform(0.01, 0.6, noise)
    )
    for gene in genes:
        strand = "+-".index(gene.strand)
        for intron in gene.introns:
            values[strand, 0, intron.donor] = value
            values[strand, 1, intron.acceptor] = value
    sites = LikelySites({"NC_004353.4": LENGTH})
    for start in range(0, LENGTH, 100_000):
        sites.add("NC_004353.4", Scores(start, values[..., start : start + 100_000]))
    return sites


def spans(chains):
    return {(i.junction.start, i.junction.end, i.junction.strand) for c in chains for i in c}


def truth(genes):
    return {(i.start, i.end, i.strand) for gene in genes for i in gene.introns}


def test_certain_sites_give_back_the_genes(genes, annotation):
    sites = planted(genes)
    chains = list(decode(sites, annotated_grammar(annotation), threshold=0.5))
    found, real = spans(chains), truth(genes)
    assert len(found & real) > 0.97 * len(real)
    assert len(found - real) < 0.02 * len(real)
    assert all(0.5 <= intron.score <= 1 for chain in chains for intron in chain)
    # Chains begin and end where genes do, mostly.
    assert 0.7 * len(genes) < len(chains) < 1.4 * len(genes)


def test_it_learns_the_lengths_by_itself(genes):
    sites = planted(genes, noise=2000)
    grammar = learned_grammar(sites)
    assert 50 < np.exp(grammar.introns.log_probability).argmax() < 70
    found, real = spans(decode(sites, grammar, threshold=0.5)), truth(genes)
    assert len(found & real) > 0.9 * len(real)
    assert len(found - real) < 0.1 * len(real)


def test_strands_do_not_see_each_other(genes, annotation):
    grammar = annotated_grammar(annotation)
    both = spans(decode(planted(genes), grammar, threshold=0.5))
    plus = spans(decode(planted([g for g in genes if g.strand == "+"]), grammar, threshold=0.5))
    assert plus == {span for span in both if span[2] == "+"}


def test_no_intron_spans_what_was_not_read(annotation):
    values = np.zeros((2, 2, 1000), np.float32)
    values[0, 0, 99] = values[0, 1, 900] = 0.9
    for gap, found in ((0, {(100, 900, "+")}), (1, set())):
        sites = LikelySites({"c": 1000})
        sites.add("c", Scores(0, values[..., :400]))
        sites.add("c", Scores(400 + gap, values[..., 400 + gap :]))
        assert spans(decode(sites, annotated_grammar(annotation), threshold=0.1)) == found


def test_nothing_likely():
    sites = LikelySites({"c": 1000})
    sites.add("c", Scores(0, np.zeros((2, 2, 1000), np.float32)))
    assert list(decode(sites, learned_grammar(sites), threshold=0.5)) == []
