from __future__ import annotations

from io import StringIO
from itertools import combinations

import numpy as np
import pytest
from Bio import Phylo

from splicenet.evaluation.trees import (
    compare_trees,
    join_neighbours,
    newick,
    read_tree,
    splits,
    with_support,
)
from splicenet.exceptions import SplicenetError

NAMES = ["a", "b", "c", "d", "e", "f"]
TEXT = "((a:1,b:2):1,c:3,(d:1,(e:2,f:1):0.5):2);"


def tree_of(text: str):
    return Phylo.read(StringIO(text), "newick")


def path_lengths(tree) -> np.ndarray:
    return np.array([[tree.distance(one, other) for other in NAMES] for one in NAMES])


def test_a_tree_comes_back_from_its_path_lengths():
    tree = join_neighbours(NAMES, path_lengths(tree_of(TEXT)))
    assert splits(tree) == {frozenset("def"), frozenset("ef"), frozenset("cdef")}
    np.testing.assert_allclose(path_lengths(tree), path_lengths(tree_of(TEXT)), atol=1e-6)


def test_a_constant_added_to_all_distances_moves_no_split():
    distances = path_lengths(tree_of(TEXT))
    more = distances + 7 * (1 - np.eye(6))
    assert splits(join_neighbours(NAMES, more)) == splits(tree_of(TEXT))


def test_support_is_the_share_of_trees_that_have_the_split():
    other = "((a,c),b,(d,(e,f)));"
    tree = with_support(tree_of(TEXT), [tree_of(TEXT), tree_of(other), tree_of(TEXT)])
    everyone = frozenset(NAMES)
    said = {}
    for clade in tree.get_nonterminals():
        inside = frozenset(tip.name for tip in clade.get_terminals())
        if clade.confidence is not None:
            said[min(inside, everyone - inside, key=sorted)] = clade.confidence
    # The least of the two sides holds a; the root lies between two of the clades.
    assert said == {frozenset("ab"): 67, frozenset("abc"): 100, frozenset("abcd"): 100}
    assert "67" in newick(tree)
    assert splits(tree_of(newick(tree))) == splits(tree_of(TEXT))


def test_agreement():
    truth = tree_of(TEXT)
    same = compare_trees(tree_of(TEXT), truth)
    assert (same.true_splits, same.found, same.robinson_foulds) == (3, 3, 0)
    assert (same.quartets, same.quartet_share) == (15, 1.0)
    other = compare_trees(tree_of("((a,c),b,(d,(e,f)));"), truth)
    assert (other.found, other.robinson_foulds) == (2, 2)
    # Those with a, b, c and one of the three others.
    assert other.quartet_share == pytest.approx(12 / 15)
    open_ = compare_trees(truth, tree_of("(a,b,c,d,(e,f));"))
    assert (open_.true_splits, open_.found, open_.robinson_foulds) == (1, 1, 2)
    assert (open_.quartets, open_.quartet_share) == (6, 1.0)


def test_quartets_are_those_of_the_four_point_condition():
    rng = np.random.default_rng(0)
    points = rng.random((2, 6, 9))
    gaps = np.abs(points[:, :, None] - points[:, None]).sum(-1)
    one, other = (join_neighbours(NAMES, between) for between in gaps)
    alike = []
    for four in combinations(NAMES, 4):
        parted = []
        for tree in (one, other):
            a, b, c, d = four
            sums = [
                tree.distance(*x) + tree.distance(*y)
                for x, y in (((a, b), (c, d)), ((a, c), (b, d)), ((a, d), (b, c)))
            ]
            parted.append(int(np.argmin(sums)))
        alike.append(parted[0] == parted[1])
    assert compare_trees(one, other).quartet_share == pytest.approx(np.mean(alike))


def test_a_given_tree_is_pruned(tmp_path):
    (tmp_path / "t.nwk").write_text(TEXT)
    tree = read_tree(tmp_path / "t.nwk", ["a", "b", "e", "f"])
    assert splits(tree) == {frozenset("ef")}


@pytest.mark.parametrize(("text", "said"), [("((a,b)", "no tree"), ("(a,b,c);", "has no d, e")])
def test_a_given_tree_that_will_not_do(tmp_path, text, said):
    (tmp_path / "t.nwk").write_text(text)
    with pytest.raises(SplicenetError, match=said):
        read_tree(tmp_path / "t.nwk", list("abcde"))


@pytest.mark.parametrize("text", ["((a,),(b,c));", "((a,a),(b,c));"])
def test_tips_without_names_of_their_own(tmp_path, text):
    (tmp_path / "t.nwk").write_text(text)
    with pytest.raises(SplicenetError, match="a name of its own"):
        read_tree(tmp_path / "t.nwk", list("abc"))
