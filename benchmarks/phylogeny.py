"""Trees of thirteen genomes: from a pretrained network's states, from controls, and from words.

For every network and draw of windows, how many splits of the true tree are found and which share
of its quartets. Controls are the same network before it learned anything, and the model that comes
with splicenet, which learned splice sites. Writes ``results/pretrain.tsv`` (the bits in the model's
record) and ``results/phylogeny.tsv``, whose rows are kept, and draws ``docs/phylogeny_trees.png``
and ``docs/phylogeny_map.png``.

    python benchmarks/phylogeny.py pretrained.splicenet GENOMES/*/genome.fa.gz
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from Bio import Phylo
from rows import fill

from splicenet.cli.genomes import genome_names
from splicenet.evaluation.phylogeny import Kinship, kinship
from splicenet.evaluation.trees import compare_trees
from splicenet.genome.species import Species, open_bare
from splicenet.model.language import LanguageNetwork
from splicenet.model.network import SpliceNetwork
from splicenet.model.pretrained import load_pretrained
from splicenet.model.shipped import open_model
from splicenet.report.phylogeny import map_plot, titled, trees_height, trees_plot
from splicenet.report.pictures import canvas

_HERE = Path(__file__).parent
_FIRST = ("genome", "direction", "bases", "network", "alone", "markov", "order")
_FLIES = (
    "((drosophila_melanogaster_chr4,drosophila_melanogaster_chr2R),(drosophila_simulans_chr4,"
    "drosophila_mauritiana_chr4,drosophila_sechellia_chr4))"
)
TRUE = (
    f"(((({_FLIES},caenorhabditis_elegans),homo_sapiens_chr20),"
    "(schizosaccharomyces_pombe,ustilago_maydis)),dictyostelium_discoideum,"
    "((arabidopsis_thaliana_chr1,arabidopsis_arenosa_chr1_chr2),plasmodium_falciparum));"
)
"""What is known: flies, moulting animals, animals, fungi; plants with the SAR group."""


def network_of(kind: str, model: Path) -> SpliceNetwork:
    """``pretrained``, ``untrained`` of the same shape, or ``splice sites``."""
    if kind == "splice sites":
        return open_model("universal").network
    pretrained = load_pretrained(model).network
    if kind == "pretrained":
        return pretrained
    torch.manual_seed(1)
    return LanguageNetwork(pretrained.config).eval()


def columns(kin: Kinship) -> dict[str, Any]:
    """Splits found, and share of quartets, by tree."""
    row: dict[str, Any] = {}
    for name, grown in kin.grown.items():
        agreement = compare_trees(grown.tree, Phylo.read(StringIO(TRUE), "newick"))
        row[f"{name}_splits"] = agreement.found
        row[f"{name}_rf"] = agreement.robinson_foulds
        row[f"{name}_quartets"] = round(agreement.quartet_share, 3)
    return row


def draw(kin: Kinship) -> None:
    """The trees side by side, and the map."""
    docs = _HERE.parent / "docs"
    trees = titled(kin)
    height = trees_height(kin.names, trees)
    with canvas(docs / "phylogeny_trees.png", width=12, height=height) as figure:
        trees_plot(figure, trees)
    with canvas(docs / "phylogeny_map.png", width=8, height=5) as figure:
        map_plot(figure, kin.names, kin.places)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("genomes", nargs="+")
    parser.add_argument("--windows", type=int, default=96)
    parser.add_argument("--length", type=int, default=8192)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--networks", nargs="+", default=["pretrained", "untrained", "splice sites"]
    )
    parser.add_argument("--results", type=Path, default=_HERE / "results")
    options = parser.parse_args()
    bits = pd.DataFrame(load_pretrained(options.model).record["bits"])
    bits = bits[[*_FIRST, *(name for name in bits if name not in _FIRST)]]
    bits.round(4).to_csv(options.results / "pretrain.tsv", sep="\t", index=False)
    print(bits[list(_FIRST)].to_string(index=False))
    with ExitStack() as stack:
        species: list[Species] = [
            stack.enter_context(open_bare(name, path))
            for name, path in zip(genome_names(options.genomes), options.genomes, strict=True)
        ]

        def measure(network: str, windows: int, length: int, seed: int) -> dict[str, Any]:
            kin = kinship(
                network_of(network, options.model),
                species,
                windows=windows,
                length=length,
                bootstrap=200 if seed == 1 else 0,
                seed=seed,
            )
            if network == "pretrained" and seed == 1:
                draw(kin)
            return columns(kin)

        cases = [
            {
                "network": network,
                "windows": options.windows,
                "length": options.length,
                "seed": seed,
            }
            for seed in range(1, options.seeds + 1)
            for network in options.networks
        ]
        table = fill(options.results / "phylogeny.tsv", cases, measure)
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
