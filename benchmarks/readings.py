"""One genome read as several species, and stretches that others were measured on.

A relative read as its kin, as any, and as itself; the fourth chromosomes of flies that no model
knows; the stretches of *Arabidopsis thaliana* and of the human genome on which OpenSpliceAI was
measured. No base of them was trained on. The folder of genomes has one for each of
:data:`_READINGS`, with ``genome.fa.gz`` and its annotation. Writes ``results/readings.tsv``, whose
rows are kept.

    python benchmarks/readings.py --genomes genomes
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from left_out import accuracy, shipped_weights
from rows import fill

from splicenet.genome.regions import read_regions
from splicenet.genome.species import open_species
from splicenet.model.modelfile import ANY
from splicenet.model.shipped import DEFAULT, narrowest_model, open_model

_RESULTS = Path(__file__).parent / "results" / "readings.tsv"
_FLIES = [f"drosophila_{one}_chr4" for one in ("simulans", "mauritiana", "sechellia")]
_READINGS = [
    ("arabidopsis_thaliana_chr1", "NC_003070.9:26400001-30400000", ["arabidopsis_thaliana"]),
    ("homo_sapiens_chr20", "20:55000001-60000000", ["homo_sapiens"]),
    (
        "arabidopsis_arenosa_chr1_chr2",
        "LR999452.1:8000001-9500000",
        ["arabidopsis_arenosa", "arabidopsis_thaliana", ANY],
    ),
    *((fly, "all", ["drosophila_melanogaster", ANY]) for fly in _FLIES),
]
"""Folder, stretch, and as what it is read."""


def cases() -> Iterator[dict[str, Any]]:
    """Every reading by the narrowest model that knows the first species, and by that of all."""
    weights = shipped_weights()
    for folder, stretch, readings in _READINGS:
        for model in dict.fromkeys((narrowest_model(readings[0]), DEFAULT)):
            for reading in readings:
                yield {
                    "genome": folder,
                    "stretch": stretch,
                    "model": model,
                    "weights": weights[model],
                    "read_as": reading,
                }


def measure(folder: Path, stretch: str, reading: str) -> dict[str, Any]:
    """Columns of a row."""
    (annotation,) = folder.glob("annotation.g*.gz")
    species = open_species(folder.name, str(folder / "genome.fa.gz"), str(annotation))
    names = ",".join(species.genome.lengths)
    regions = read_regions(names if stretch == "all" else stretch, species.genome)
    return accuracy(open_model(reading), species, regions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True)
    parser.add_argument("--results", type=Path, default=_RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    fill(
        options.results,
        cases(),
        lambda genome, stretch, model, weights, read_as: measure(
            options.genomes / genome, stretch, f"{model}:{read_as}"
        ),
    )


if __name__ == "__main__":
    main()
