"""What it does to species left out of a training if the model unlearns which species it reads.

The same training with and without ``--against-species``, in equal steps and with several seeds:
the accuracy on the species left out, how well a probe tells the species trained on from the states
of each level and from words of bases (``splicenet probe``), and the AUPRC of the validation
sequence. Writes ``results/confounders.tsv``, whose rows are kept.

    python benchmarks/confounders.py --genomes genomes
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from left_out import NETWORKS, accuracy, judged_regions, open_all, trained
from rows import fill

from splicenet.diagnostics.probe import Ground, probe_species
from splicenet.genome.interval_sets import shorten
from splicenet.genome.labels import KINDS
from splicenet.genome.tasks import Task
from splicenet.training.parts import part_species
from splicenet.training.settings import TrainingSettings

_HERE = Path(__file__).parent
_LEFT_OUT = ["caenorhabditis_elegans", "schizosaccharomyces_pombe", "plasmodium_falciparum"]


def markdown(table: pd.DataFrame) -> str:
    """A row a figure, a column a weight: means over the seeds, and how far these lie apart."""
    groups = table.groupby("against", sort=True)
    names = [
        name
        for name in table.columns
        if name not in ("against", "seed", "network", "steps")
        and pd.api.types.is_numeric_dtype(table[name])
    ]
    heads = [f"against {weight:g}" if weight else "without" for weight in groups.groups]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    for name in names:
        cells = []
        for _, group in groups:
            values = group[name]
            cells.append(f"{values.mean():.3f} ({values.min():.3f}-{values.max():.3f})")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True, help="with samplesheet, splits.bed")
    parser.add_argument("--network", choices=list(NETWORKS), default="default")
    parser.add_argument("--left-out", nargs="+", default=_LEFT_OUT)
    parser.add_argument("--against", type=float, nargs="+", default=[0.0, 0.3])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--windows", type=int, default=100)
    parser.add_argument("--test-bases", type=int, default=500_000)
    parser.add_argument("--validation-bases", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/confounders"))
    parser.add_argument("--output", type=Path, default=_HERE / "results/confounders.tsv")
    options = parser.parse_args()
    torch.set_num_threads(1)
    known = open_all(options.genomes)
    learned = [one for name, one in known.items() if name not in options.left_out]

    def measure(against: float, seed: int, network: str, steps: int) -> dict[str, Any]:
        before = time.process_time()
        settings = TrainingSettings(
            steps=steps,
            length=1024,
            evaluations=2,
            validation_bases=options.validation_bases,
            test_bases=1 << 16,
            seed=seed,
        )
        tasks = (Task("species", "species", against=against),) if against else ()
        config = replace(NETWORKS[network], tasks=tasks)
        path = options.folder / f"{network}.{against:g}.{seed}.{steps}.splicenet"
        model = trained(path, learned, options.genomes, settings, config=config)
        spent = time.process_time() - before
        found: dict[str, Any] = {}
        for name in options.left_out:
            one = known[name]
            regions = shorten(judged_regions(options.genomes, one), options.test_bases // 2)
            for kind, value in accuracy(model, one, regions).items():
                found[f"left out: {name} {kind}"] = value
        splits = part_species(
            learned, [judged_regions(options.genomes, one) for one in learned], settings
        ).splits
        grounds = [
            Ground(one, [*split.training, *split.validation], split.held_out)
            for one, split in zip(learned, splits, strict=True)
        ]
        probe = probe_species(model.network, grounds, windows=options.windows, seed=seed)
        for row in probe.to_dict("records"):
            found[f"probe: {row['read']}"] = round(row["accuracy"], 4)
        history = pd.read_csv(f"{str(path).removesuffix('.splicenet')}.metrics.tsv", sep="\t")
        best = history[history["step"] == model.record["best_step"]].iloc[-1]
        for kind in KINDS:
            found[f"validation {kind}"] = round(best[f"auprc_{kind}"], 4)
        return found | {"cpu_seconds": round(spent)}

    cases = [
        {"against": against, "seed": seed, "network": options.network, "steps": options.steps}
        for seed in options.seeds
        for against in options.against
    ]
    table = fill(options.output, cases, measure)
    same = (table["steps"] == options.steps) & (table["network"] == options.network)
    print(markdown(table[same]))


if __name__ == "__main__":
    main()
