"""How many genes of a new species a model of others is worth: learning curves to all of them.

A network that ``splicenet crossval`` trained without the species, and an untrained one of the same
shape, learn from the same genes in as many steps: some as ``splicenet adapt`` does, where what is
not annotated is not known, and at last the whole annotation as ``splicenet train`` does, where it
is known to hold nothing. The same stretches of what is held out judge all. Writes
``results/transfer.tsv``, whose rows are kept, and draws ``docs/transfer.png``.

    python benchmarks/transfer.py --genomes genomes --folds benchmark-data/crossval/folds
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from adaptation import adapted, draw_curves, markdown
from left_out import accuracy, judged_regions, open_all, recorded
from rows import fill

from splicenet.genome.interval_sets import thin_out
from splicenet.genome.intervals import Interval
from splicenet.genome.species import Species
from splicenet.model.modelfile import load_model
from splicenet.model.network import NetworkConfig
from splicenet.training.loci import find_loci
from splicenet.training.parts import part_species
from splicenet.training.run import train_model
from splicenet.training.settings import TrainingSettings

_HERE = Path(__file__).parent


def cases(genes: Sequence[int], draws: int, **same: Any) -> Iterator[dict[str, Any]]:
    """The model as it is, then draw by draw; of all genes, the last number, there is one draw."""
    yield {"start": "plain", "genes": 0, "draw": 0, **same}
    for draw in range(1, draws + 1):
        for number in genes if draw == 1 else genes[:-1]:
            for start in ("plain", "scratch"):
                yield {"start": start, "genes": number, "draw": draw, **same}


def taught_all(
    start: Path | None,
    species: Species,
    *,
    held_out: Sequence[Interval],
    settings: TrainingSettings,
    output: Path,
) -> dict[str, Any]:
    """Learn from the whole annotation outside what is held out."""
    model = train_model(
        [species],
        output,
        config=NetworkConfig(frames=0),
        settings=settings,
        parts=part_species([species], [held_out], settings),
        restart=True,
        init=start,
    )
    return recorded(model, species)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True, help="with samplesheet, splits.bed")
    parser.add_argument("--folds", type=Path, default=Path("benchmark-data/crossval/folds"))
    parser.add_argument("--species", default="caenorhabditis_elegans", help="left out")
    parser.add_argument("--genes", type=int, nargs="+", default=[10, 30, 100, 300, 1000])
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--steps", type=int, default=400, help="of every training here, at most")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--scratch-rate", type=float, default=5e-3)
    parser.add_argument("--test-bases", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/transfer"))
    parser.add_argument("--output", type=Path, default=_HERE / "results/transfer.tsv")
    parser.add_argument("--chart", type=Path, default=_HERE.parent / "docs/transfer.png")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    options.folder.mkdir(parents=True, exist_ok=True)
    others = options.folds / f"without-{options.species}-1" / "model.splicenet"
    one = open_all(options.genomes, [options.species])[options.species]
    regions = judged_regions(options.genomes, one)
    free = [gene for gene in find_loci(one) if not any(gene.overlaps(held) for held in regions)]

    def measure(start: str, genes: int, draw: int) -> dict[str, Any]:
        beginning = others if start == "plain" else None
        if genes == 0:
            judged = thin_out(regions, options.test_bases // 2)
            return accuracy(load_model(others), one, judged) | {"best_step": 0}
        settings = TrainingSettings(
            steps=options.steps,
            length=4096,
            batch_tokens=8192,
            genes=0.9 if genes < len(free) else 0.7,
            learning_rate=options.scratch_rate if beginning is None else options.rate,
            warmup_steps=options.steps // 10,
            evaluations=5,
            validation_bases=100_000,
            test_bases=options.test_bases,
            seed=draw,
        )
        output = options.folder / "taught.splicenet"
        if genes == len(free):
            return taught_all(beginning, one, held_out=regions, settings=settings, output=output)
        return adapted(
            beginning,
            one,
            held_out=regions,
            genes=genes,
            draw=draw,
            settings=settings,
            config=NetworkConfig(frames=0),
            output=output,
        )

    def timed(start: str, genes: int, draw: int, species: str, steps: int) -> dict[str, Any]:
        before = time.process_time()
        found = measure(start, genes, draw)
        return found | {"cpu_seconds": round(time.process_time() - before)}

    numbers = [*(number for number in options.genes if number < len(free)), len(free)]
    same = {"species": options.species, "steps": options.steps}
    table = fill(options.output, cases(numbers, options.draws, **same), timed)
    draw_curves(table, options.chart, title=options.species.replace("_", " "))
    print(markdown(table))


if __name__ == "__main__":
    main()
