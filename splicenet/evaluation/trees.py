"""Trees of genomes: from distances, with support, and compared with one that is given.

A tree is unrooted here: it is what its inner branches part, its *splits*, each the side of a branch
that lacks the first name. Where it is drawn it has its root in the middle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import combinations
from pathlib import Path

import numpy as np
from Bio import Phylo
from Bio.Phylo.BaseTree import Clade, Tree
from Bio.Phylo.NewickIO import NewickError
from Bio.Phylo.TreeConstruction import DistanceMatrix, DistanceTreeConstructor

from splicenet.exceptions import SplicenetError

__all__ = [
    "Agreement",
    "compare_trees",
    "join_neighbours",
    "newick",
    "read_tree",
    "splits",
    "with_support",
]

Split = frozenset[str]


def join_neighbours(names: Sequence[str], distances: np.ndarray) -> Tree:
    """The neighbour-joining tree (Saitou & Nei 1987); no branch is shorter than 0.

    Parameters
    ----------
    names
        At least three.
    distances
        Symmetric, (names, names).
    """
    rows = [[float(distances[i, j]) for j in range(i)] + [0.0] for i in range(len(names))]
    tree = DistanceTreeConstructor().nj(DistanceMatrix(list(names), rows))
    for clade in tree.find_clades():
        clade.branch_length = max(clade.branch_length or 0.0, 0.0)
        if not clade.is_terminal():
            clade.name = None
    return tree


def splits(tree: Tree) -> set[Split]:
    """What the inner branches part."""
    everyone = sorted(tip.name for tip in tree.get_terminals())
    found = set()
    for clade in tree.get_nonterminals():
        found.add(_side(clade, everyone))
    return {side for side in found if 1 < len(side) < len(everyone) - 1}


def _side(clade: Clade, everyone: Sequence[str]) -> Split:
    inside = frozenset(tip.name for tip in clade.get_terminals())
    return frozenset(everyone) - inside if everyone[0] in inside else inside


def with_support(tree: Tree, others: Iterable[Tree]) -> Tree:
    """Root a tree in the middle, and write beside each split the share of others that have it.

    The share is the clade's ``confidence``, in hundredths.
    """
    counts: Counter[Split] = Counter()
    total = 0
    for other in others:
        counts.update(splits(other))
        total += 1
    if tree.total_branch_length() > 0:
        tree.root_at_midpoint()
    everyone = sorted(tip.name for tip in tree.get_terminals())
    inner = splits(tree)
    for clade in tree.get_nonterminals():
        side = _side(clade, everyone)
        clade.confidence = round(100 * counts[side] / total) if total and side in inner else None
    return tree


def newick(tree: Tree) -> str:
    """The tree in one line, supports at the inner nodes."""
    out = StringIO()
    Phylo.write(  # type: ignore[attr-defined]
        tree, out, "newick", format_branch_length="%.6g", format_confidence="%d"
    )
    return out.getvalue().strip()


def read_tree(path: str | Path, names: Sequence[str]) -> Tree:
    """Read a tree in Newick format, pruned to some names.

    Raises
    ------
    SplicenetError
        If it cannot be read, or lacks one of the names.
    """
    try:
        with open(path, encoding="utf-8") as file:
            tree = Phylo.read(file, "newick")  # type: ignore[attr-defined]
    except (OSError, ValueError, NewickError) as error:
        raise SplicenetError("this is no tree in Newick format", path=path) from error
    tips = [str(tip.name or "") for tip in tree.get_terminals()]
    if "" in tips or len(set(tips)) < len(tips):
        raise SplicenetError("every tip of the tree needs a name of its own", path=path)
    missing = [name for name in names if name not in tips]
    if missing:
        raise SplicenetError(
            f"the tree has no {', '.join(missing)}; its names are "
            f"{', '.join(str(tip) for tip in tips)}",
            path=path,
        )
    for tip in tips:
        if tip not in names:
            tree.prune(tip)
    return tree


@dataclass(frozen=True)
class Agreement:
    """How a tree agrees with a true one, of which some may be left open."""

    true_splits: int
    """Splits of the true tree."""
    found: int
    """Of them in the other tree."""
    robinson_foulds: int
    """Splits that one of the two has and the other has not (Robinson & Foulds 1981)."""
    quartets: int
    """Sets of four names that the true tree parts two by two."""
    quartet_share: float
    """Of them parted alike; NaN if there are none. A third is chance."""


def compare_trees(tree: Tree, truth: Tree) -> Agreement:
    """Compare two trees of the same names."""
    ours, theirs = splits(tree), splits(truth)
    names = sorted(tip.name for tip in truth.get_terminals())
    told, true = _quartets(ours, names), _quartets(theirs, names)
    known = true >= 0
    share = float((told[known] == true[known]).mean()) if known.any() else float("nan")
    return Agreement(len(theirs), len(ours & theirs), len(ours ^ theirs), int(known.sum()), share)


def _quartets(parted: Iterable[Split], names: Sequence[str]) -> np.ndarray:
    """How each four are parted: 0 for ab|cd, 1 for ac|bd, 2 for ad|bc, -1 if not at all."""
    fours = np.array(list(combinations(range(len(names)), 4)), int).reshape(-1, 4)
    found = np.full(len(fours), -1)
    for side in parted:
        inside = np.isin(names, list(side))[fours]  # (quartets, 4)
        evenly = inside.sum(1) == 2
        partner = 1 + (inside[:, 1:] == inside[:, :1]).argmax(1)
        found[evenly] = partner[evenly] - 1
    return found
