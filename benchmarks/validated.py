"""Networks beside each other on validation sequence: what chooses whether new weights ship.

Nothing is trained on validation sequence, and none of it judges what ships: it is parted from the
training sequence as the recipe parts it (:mod:`train_models`, ``splits.bed`` held out). A model is
compared only with those that had the same sequence to learn from. Each species that a model knows
is read told which it is, and by ``universal`` as any too, every base of both strands of stretches
that lie far apart. Writes ``results/validated.tsv``, whose rows are kept, and prints it.

    python benchmarks/validated.py --genomes genomes fungi benchmark-data/models/fungi.splicenet
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from left_out import accuracy, judged_regions, open_all
from rows import fill

from splicenet.genome.checksum import sha256
from splicenet.genome.interval_sets import spread
from splicenet.model.modelfile import ANY, species_in
from splicenet.model.shipped import DEFAULT, find_model, open_model
from splicenet.training.parts import part_species
from splicenet.training.settings import TrainingSettings

_RESULTS = Path(__file__).parent / "results" / "validated.tsv"
_SITES = 500
"""Donors of each species that the recipe keeps for validation, if there are enough."""


def cases(models: Iterable[Path], bases: int) -> Iterator[dict[str, Any]]:
    """Every species of every model in both readings."""
    for model in models:
        for species in sorted(species_in(model)):
            for reading in (species, ANY) if model.stem == DEFAULT else (species,):
                yield {
                    "species": species,
                    "model": model.stem,
                    "read_as": reading,
                    "weights": sha256(model)[:12],
                    "bases": bases,
                }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="+", help="names of what ships, or files")
    parser.add_argument("--genomes", type=Path, required=True, help="with samplesheet, splits.bed")
    parser.add_argument("--bases", type=int, default=1_000_000, help="of each species")
    parser.add_argument("--results", type=Path, default=_RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    files = [find_model(name)[0] for name in options.models]
    by_weights = {sha256(path)[:12]: path for path in files}
    known = open_all(options.genomes)
    settings = TrainingSettings(minutes=1, validation_sites=_SITES)

    def measure(
        species: str, model: str, read_as: str, weights: str, bases: int
    ) -> dict[str, float]:
        one = known[species]
        parts = part_species([one], [judged_regions(options.genomes, one)], settings)
        ((fenced, regions),) = parts.part("validation")
        read = open_model(f"{by_weights[weights]}:{read_as}")
        return accuracy(read, fenced, spread(regions, bases))

    table = fill(options.results, cases(files, options.bases), measure)
    print(table.sort_values(["species", "read_as"]).to_string(index=False))


if __name__ == "__main__":
    main()
