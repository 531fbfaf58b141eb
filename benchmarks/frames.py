"""What it is worth to tell a network how far reading frames are open: trained with and without.

A network of one species, in as many steps either way, judged on that species and on others that it
never saw: stretches at equal distances of the regions that nothing is trained on, every base of
both strands. The folder of genomes is as :mod:`left_out` says. Writes ``results/frames.tsv``, whose
rows are kept.

    python benchmarks/frames.py --genomes genomes
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import torch
from left_out import NETWORKS, accuracy, judged_regions, open_all, trained
from rows import fill

from splicenet.genome.interval_sets import thin_out
from splicenet.training.settings import TrainingSettings

_RESULTS = Path(__file__).parent / "results" / "frames.tsv"
_TRAINED_ON = ("caenorhabditis_elegans",)
_JUDGED_ON = (
    "caenorhabditis_elegans",
    "drosophila_melanogaster",
    "schizosaccharomyces_pombe",
    "plasmodium_falciparum",
)


def cases(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Every network on every species."""
    for name, seed, codons, judged in product(
        options.species, options.seeds, (0, 128), options.judged
    ):
        yield {
            "trained_on": name,
            "seed": seed,
            "steps": options.steps,
            "frames": codons,
            "species": judged,
            "test_bases": options.test_bases,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True, help="with samplesheet, splits.bed")
    parser.add_argument("--species", nargs="+", default=_TRAINED_ON)
    parser.add_argument("--judged", nargs="+", default=_JUDGED_ON)
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--test-bases", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/frames"))
    parser.add_argument("--results", type=Path, default=_RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    known = open_all(options.genomes, {*options.species, *options.judged})

    def measure(
        trained_on: str, seed: int, steps: int, frames: int, species: str, test_bases: int
    ) -> dict[str, Any]:
        model = trained(
            options.folder / f"{trained_on}.{frames}.{steps}.{seed}.splicenet",
            [known[trained_on]],
            options.genomes,
            TrainingSettings(
                steps=steps,
                seed=seed,
                evaluations=1,
                validation_bases=300_000,
                test_bases=1 << 16,
            ),
            config=replace(NETWORKS["default"], frames=frames),
        )
        one = known[species]
        where = thin_out(judged_regions(options.genomes, one), test_bases // 2)
        return accuracy(model, one, where) | {"minutes": round(model.record["minutes"], 1)}

    print(fill(options.results, cases(options), measure).to_string())


if __name__ == "__main__":
    main()
