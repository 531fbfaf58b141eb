"""Message passing against the enumeration of all paths."""

from collections import defaultdict

import numpy as np
import pytest

from splicenet.model.grammar import Grammar
from splicenet.model.lattice import Candidates, best_chains, pair_probabilities
from splicenet.model.lengths import Lengths

GRAMMAR = Grammar(
    Lengths.broad(median=15, spread=1, shortest=5, longest=60),
    Lengths.broad(median=20, spread=1, shortest=1, longest=50),
    stop=0.3,
)
LENGTH = 200


def random_candidates(seed, number=4):
    rng = np.random.default_rng(seed)
    positions = [np.sort(rng.choice(LENGTH, number, replace=False)) for _ in range(2)]
    evidence = [rng.normal(3, 3, number) for _ in range(2)]
    return Candidates(*positions, *evidence, LENGTH)


def all_paths(c, grammar):
    """Log-weight and chains of pairs of every path, by going along all of them."""
    last, more_to_come = np.log(grammar.stop), np.log1p(-grammar.stop)

    def go_on(weight, chains, at):
        yield weight, chains
        for donor, there in enumerate(c.donors):
            if there < at:
                continue
            ways = [(weight + last, (*chains, ()))]
            exon = there - at + 1
            if chains and grammar.exons.shortest <= exon <= grammar.exons.longest:
                more = grammar.exons.weights[exon] + more_to_come
                ways.append((weight + more, chains))
            for acceptor, after in enumerate(c.acceptors):
                intron = after - there - 1
                if grammar.introns.shortest <= intron <= grammar.introns.longest:
                    more = c.donor_evidence[donor] + c.acceptor_evidence[acceptor]
                    more += grammar.introns.weights[intron]
                    for before, known in ways:
                        chain = (*known[-1], (donor, acceptor))
                        yield from go_on(before + more, (*known[:-1], chain), int(after))

    return list(go_on(0.0, (), 0))


@pytest.mark.parametrize("seed", range(40))
def test_probabilities_are_those_of_all_paths(seed):
    c = random_candidates(seed)
    paths = all_paths(c, GRAMMAR)
    whole = np.logaddexp.reduce([weight for weight, _ in paths])
    expected = defaultdict(float)
    for weight, chains in paths:
        for chain in chains:
            for pair in chain:
                expected[pair] += np.exp(weight - whole)
    found = pair_probabilities(c, GRAMMAR, least=1e-12)
    got = {(d, a): p for d, a, p in zip(*(column.tolist() for column in found), strict=True)}
    for pair in expected.keys() | got.keys():
        assert got.get(pair, 0.0) == pytest.approx(expected.get(pair, 0.0), abs=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_the_best_path_is_the_best_of_all(seed):
    c = random_candidates(seed)
    _, chains = max(all_paths(c, GRAMMAR))
    assert best_chains(c, GRAMMAR) == [list(chain) for chain in chains]


def test_two_introns_make_a_chain_where_the_exon_is_short_and_two_where_it_is_long():
    evidence = np.full(2, 20.0)
    near = Candidates(np.array([10, 60]), np.array([30, 80]), evidence, evidence, LENGTH)
    assert best_chains(near, GRAMMAR) == [[(0, 0), (1, 1)]]
    far = Candidates(np.array([10, 150]), np.array([30, 170]), evidence, evidence, LENGTH)
    assert best_chains(far, GRAMMAR) == [[(0, 0)], [(1, 1)]]


def test_length_decides_between_equal_sites():
    evidence = np.full(2, 5.0)
    c = Candidates(np.array([50]), np.array([65, 105]), evidence[:1], evidence, LENGTH)
    assert best_chains(c, GRAMMAR) == [[(0, 0)]]
    found = pair_probabilities(c, GRAMMAR, least=1e-6)
    assert found.probabilities[0] > 2 * found.probabilities[1]
    assert found.probabilities.sum() <= 1 + 1e-9


def test_without_evidence_there_is_no_intron():
    evidence = np.full(1, -5.0)
    c = Candidates(np.array([50]), np.array([70]), evidence, evidence, LENGTH)
    assert best_chains(c, GRAMMAR) == []
    assert pair_probabilities(c, GRAMMAR, least=0.01).donors.size == 0


def test_thousands_of_candidates_do_not_overflow():
    rng = np.random.default_rng(0)
    positions = np.sort(rng.choice(100_000, 3000, replace=False))
    evidence = rng.normal(0, 8, 3000)
    c = Candidates(positions[::2], positions[1::2], evidence[::2], evidence[1::2], 100_000)
    found = pair_probabilities(c, GRAMMAR, least=1e-3)
    assert np.isfinite(found.probabilities).all()
    for side in (found.donors, found.acceptors):
        assert np.bincount(side, weights=found.probabilities).max() <= 1 + 1e-6
    best = {pair for chain in best_chains(c, GRAMMAR) for pair in chain}
    likely = {
        (d, a) for d, a, p in zip(*(column.tolist() for column in found), strict=True) if p > 0.99
    }
    assert len(likely) > 100
    assert len(likely - best) <= 0.01 * len(likely)
