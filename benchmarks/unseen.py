"""What a network of many species does on one that it never saw, and as what it reads it best.

Networks of all species but three: of *A. thaliana* a relative of its genus stays, of
*D. melanogaster* other animals, of *S. pombe* another fungus. They have biases for species (``train
--species-bias``) and learn without them for an eighth of the windows, half of them, or all. Each
species that was left out is read as any, and by the first seed as each of those that were trained
on. Judged on stretches at equal distances of the regions that nothing is trained on, every base of
both strands. Writes ``results/unseen.tsv``, whose rows are kept.

    python benchmarks/unseen.py --genomes genomes
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
from splicenet.model.modelfile import ANY, Model
from splicenet.training.settings import TrainingSettings

_RESULTS = Path(__file__).parent / "results" / "unseen.tsv"
LEFT_OUT = ("arabidopsis_thaliana", "drosophila_melanogaster", "schizosaccharomyces_pombe")
_SHARES = (0.5, 0.125, 1.0)
_SEEDS = (1, 2)


def read_as(model: Model, told: str) -> Model:
    """The model as it reads a species, or any; calibration moves no AUPRC."""
    name = None if told == ANY else told
    return replace(model, network=model.network.for_species(name), species={})


def cases(trained_on: list[str], options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Every network on every species that it never saw; one that was never told reads as any."""
    for seed, untold, species in product(options.seeds, options.untold, LEFT_OUT):
        for told in [ANY, *trained_on] if untold < 1 and seed == options.seeds[0] else [ANY]:
            yield {
                "untold": untold,
                "seed": seed,
                "steps": options.steps,
                "frames": options.frames,
                "test_bases": options.test_bases,
                "species": species,
                "told": told,
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True, help="with samplesheet, splits.bed")
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--frames", type=int, default=0, help="codons of frames it is told of")
    parser.add_argument("--untold", type=float, nargs="+", default=_SHARES)
    parser.add_argument("--seeds", type=int, nargs="+", default=_SEEDS)
    parser.add_argument("--test-bases", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/unseen"))
    parser.add_argument("--results", type=Path, default=_RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    known = open_all(options.genomes)
    rest = [one for name, one in known.items() if name not in LEFT_OUT]
    names = tuple(one.name for one in rest)

    def measure(
        untold: float,
        seed: int,
        steps: int,
        frames: int,
        test_bases: int,
        species: str,
        told: str,
    ) -> dict[str, Any]:
        model = trained(
            options.folder / f"{untold:g}.{steps}.{frames}.{seed}.splicenet",
            rest,
            options.genomes,
            TrainingSettings(
                steps=steps,
                length="2048:8192",
                untold=untold,
                seed=seed,
                evaluations=4,
                validation_bases=300_000,
                test_bases=1 << 16,
            ),
            config=replace(NETWORKS["default"], frames=frames, species=names),
        )
        one = known[species]
        where = thin_out(judged_regions(options.genomes, one), test_bases // 2)
        return {
            **accuracy(read_as(model, told), one, where),
            "best_step": model.record["best_step"],
            "minutes": round(model.record["minutes"], 1),
        }

    found = fill(options.results, cases(list(names), options), measure)
    print(found.to_string())


if __name__ == "__main__":
    main()
