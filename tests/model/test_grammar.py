"""Grammars learned from real genes."""

import numpy as np

from splicenet.genome.annotation import read_annotation
from splicenet.genome.intervals import Junction
from splicenet.model.grammar import BROAD, learn_grammar
from splicenet.model.introns import annotated_grammar


def test_a_fly(fly_files):
    annotation = read_annotation(fly_files.annotation)
    grammar = annotated_grammar(annotation)
    assert 50 < np.exp(grammar.introns.log_probability).argmax() < 70
    assert 100 < np.exp(grammar.exons.log_probability).argmax() < 250
    assert 0.05 < grammar.stop < 0.3
    lengths = sorted(len(intron) for intron in annotation.introns())
    assert lengths[-5] < grammar.introns.longest < 2 * lengths[-1]


def test_the_longest_intron_can_be_named(fly_files):
    annotation = read_annotation(fly_files.annotation)
    assert annotated_grammar(annotation, longest_intron=777).introns.longest == 777


def test_too_little_to_learn_from():
    assert learn_grammar([[Junction("c", 10, 90, "+")]]) is BROAD


def test_the_longest_intron_holds_where_there_is_too_little_to_learn_from(fly_files):
    few = learn_grammar([[Junction("c", 10, 90, "+")]], longest_intron=500)
    assert few.introns.longest == 500
    assert few.exons is BROAD.exons
    annotation = read_annotation(fly_files.annotation)
    for shorter_than_all in (1, 12):
        grammar = annotated_grammar(annotation, longest_intron=shorter_than_all)
        assert grammar.introns.longest == shorter_than_all


def test_single_introns_do_not_forbid_second_ones():
    chains = [[Junction("c", 1000 * number, 1000 * number + 80, "+")] for number in range(100)]
    assert 0.9 < learn_grammar(chains).stop < 1
