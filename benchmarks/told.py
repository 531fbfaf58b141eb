"""What it is worth to tell a network which species it reads (``train --species-bias``).

A network of all species, and networks that never saw one of them, each with biases for species and
without, in as many steps. A species that was trained on is read as itself and as any; one that was
left out as any and as each of those that were trained on. Judged on stretches at equal distances of
the regions that nothing is trained on. Writes ``results/told.tsv``, whose rows are kept.

    python benchmarks/told.py --genomes genomes
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from left_out import NETWORKS, accuracy, judged_regions, open_all, trained
from rows import fill

from splicenet.genome.regions import thin_out
from splicenet.model.modelfile import Model
from splicenet.training.settings import TrainingSettings

_HERE = Path(__file__).parent
_NOBODY, _ANY = "nobody", "any"


def read_as(model: Model, told: str) -> Model:
    """The model as it reads a species, or any; calibration moves no AUPRC."""
    name = None if told == _ANY else told
    return replace(model, network=model.network.for_species(name), species={})


def cases(species: list[str], left_out: list[str]) -> Iterator[dict[str, Any]]:
    """All species trained on, then each of those left out."""
    for without in (_NOBODY, *left_out):
        others = [name for name in species if name != without]
        judged = others if without == _NOBODY else [without]
        for biases in (False, True):
            for name in judged:
                readings = [_ANY]
                if biases:
                    readings += [name] if without == _NOBODY else others
                for told in readings:
                    yield {"without": without, "biases": biases, "species": name, "told": told}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True, help="with samplesheet, splits.bed")
    parser.add_argument(
        "--left-out", nargs="*", default=["arabidopsis_thaliana", "drosophila_melanogaster"]
    )
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--test-bases", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/told"))
    parser.add_argument("--output", type=Path, default=_HERE / "results/told.tsv")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    known = open_all(options.genomes)
    settings = TrainingSettings(
        steps=options.steps,
        length=2048,
        evaluations=2,
        validation_bases=200_000,
        test_bases=1 << 16,
    )

    def measure(without: str, biases: bool, species: str, told: str) -> dict[str, Any]:
        others = [one for name, one in known.items() if name != without]
        names = tuple(one.name for one in others) if biases else ()
        model = trained(
            options.folder / f"{without}.{'told' if biases else 'plain'}.splicenet",
            others,
            options.genomes,
            settings,
            config=replace(NETWORKS["default"], species=names),
        )
        one = known[species]
        where = thin_out(judged_regions(options.genomes, one), options.test_bases // 2)
        return accuracy(read_as(model, told), one, where)

    print(fill(options.output, list(cases(list(known), options.left_out)), measure).to_string())


if __name__ == "__main__":
    main()
