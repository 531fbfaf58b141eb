"""Trees of genomes side by side, and a map of their windows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from Bio import Phylo
from Bio.Phylo.BaseTree import Clade, Tree
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from splicenet.evaluation.phylogeny import ALIKE, ALL, AS_READ, WORDS, Kinship

__all__ = ["map_plot", "titled", "trees_height", "trees_plot"]

_COLOURS = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"),
    *("#F0E442", "#999999"),
)
_MARKS = ("o", "^", "s", "D")


_TITLES = {
    ALL: "hidden states, beyond composition",
    AS_READ: "hidden states as read",
    WORDS: "words of six bases",
    ALIKE: "words of four bases, treated as states",
}


def titled(kin: Kinship) -> dict[str, Tree]:
    """The trees to draw, under what stands above them."""
    return {title: kin.grown[name].tree for name, title in _TITLES.items()}


_COLUMNS = 2


def trees_height(names: Sequence[str], trees: Collection[str]) -> float:
    """Inches that :func:`trees_plot` needs."""
    return -(-len(trees) // _COLUMNS) * (1.0 + 0.3 * len(names))


def trees_plot(figure: Figure, trees: Mapping[str, Tree]) -> None:
    """Draw trees, two beside each other, under their titles, with the support of each split."""
    grid = figure.subplots(-(-len(trees) // _COLUMNS), _COLUMNS, squeeze=False).flatten()
    for axes in grid[len(trees) :]:
        axes.set_axis_off()
    for axes, (title, tree) in zip(grid, trees.items(), strict=False):
        _draw(axes, tree)
        axes.set_title(title, fontsize=10)


def _draw(axes: Axes, tree: Tree) -> None:
    Phylo.draw(  # type: ignore[attr-defined]
        tree,
        axes=axes,
        do_show=False,
        label_func=_label,
        branch_labels=_support,
        show_confidence=False,
    )
    axes.set(xlabel="distance", ylabel="", yticks=[])
    axes.spines[["top", "right", "left"]].set_visible(False)
    for text in axes.texts:
        text.set_fontsize(8)
    left, right = axes.get_xlim()
    axes.set_xlim(left, right + 0.6 * (right - left))  # room for names


def _label(clade: Clade) -> str:
    return str(clade.name or "").replace("_", " ") if clade.is_terminal() else ""


def _support(clade: Clade) -> str:
    return "" if clade.confidence is None else f"{clade.confidence:.0f}"


def map_plot(figure: Figure, names: Sequence[str], places: np.ndarray) -> None:
    """Draw windows, (genomes, windows, 2), as points of their genome's colour and mark."""
    axes = figure.add_subplot()
    for number, (name, points) in enumerate(zip(names, places, strict=True)):
        axes.scatter(
            points[:, 0],
            points[:, 1],
            s=14,
            alpha=0.7,
            linewidths=0,
            color=_COLOURS[number % len(_COLOURS)],
            marker=_MARKS[number // len(_COLOURS) % len(_MARKS)],
            label=name.replace("_", " "),
        )
    axes.set(xlabel="first principal component", ylabel="second principal component")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", frameon=False, fontsize=8, markerscale=1.5)
