"""What a model that never saw a species learns of it by itself, from its sequence alone.

A network that ``splicenet crossval --frames 128`` trained without the species finds introns outside
of what is held out and learns them, as ``splicenet adapt --self-train`` does it, round by round;
nobody tells it which are right. The stretches that judge it are those of the cross-validation.
Writes ``results/self_training.tsv``, whose rows are kept; round 0 is what it begins with, and only
the last round has a scale of its own.

    python benchmarks/self_training.py --genomes genomes --folds crossval/folds
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from left_out import WHERE, Log, judged_regions, open_all
from rows import fill

from splicenet.evaluation.judge import judge_model
from splicenet.genome.interval_sets import thin_out
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.genome.species import Species
from splicenet.model.modelfile import Model, load_model
from splicenet.training.self_training import self_train
from splicenet.training.settings import TrainingSettings

_RESULTS = Path(__file__).parent / "results" / "self_training.tsv"
_SPECIES = (
    "caenorhabditis_elegans",
    "drosophila_melanogaster",
    "schizosaccharomyces_pombe",
    "plasmodium_falciparum",
    "ustilago_maydis",
)


class _Rounds(Log):
    """Says how many introns there are to learn from, too."""

    def note(self, sentence: str) -> None:
        """Print it."""
        print(sentence, flush=True)


def figures(model: Model, species: Species, regions: Sequence[Interval]) -> dict[str, Any]:
    """AUPRC of both kinds, and the precision that was promised and kept at the thresholds."""
    metrics = judge_model(model, species, regions).metrics()
    told = {kind: metrics[WHERE, kind] for kind in KINDS}
    return (
        {kind: round(one.auprc, 4) for kind, one in told.items()}
        | {f"{kind}_promised": round(one.promised, 3) for kind, one in told.items()}
        | {f"{kind}_precision": round(one.precision, 3) for kind, one in told.items()}
    )


def cases(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Every round of every species, one after the other."""
    for species in options.species:
        for number in range(options.rounds + 1):
            yield {
                "species": species,
                "steps": options.steps,
                "learning_rate": options.learning_rate,
                "round": number,
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True, help="with samplesheet, splits.bed")
    parser.add_argument("--folds", type=Path, default=Path("benchmark-data/crossval_frames/folds"))
    parser.add_argument("--species", nargs="+", default=_SPECIES, help="left out, one by one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=300, help="of each round")
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--test-bases", type=int, default=8_000_000)
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/self_training"))
    parser.add_argument("--results", type=Path, default=_RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    options.folder.mkdir(parents=True, exist_ok=True)
    known = open_all(options.genomes, options.species)

    done: dict[str, list[dict[str, Any]]] = {}

    def measure(species: str, steps: int, learning_rate: float, round: int) -> dict[str, Any]:
        one, others = known[species], options.folds / f"without-{species}-1" / "model.splicenet"
        held_out = judged_regions(options.genomes, one)
        judged = thin_out(held_out, options.test_bases // 2)
        if round == 0:
            return figures(load_model(others), one, judged)
        if species not in done:
            found = done[species] = []
            self_train(
                others,
                one,
                options.folder / f"{species}.splicenet",
                settings=TrainingSettings(
                    steps=steps, learning_rate=learning_rate, warmup_steps=max(1, steps // 10)
                ),
                rounds=options.rounds,
                outside=held_out,
                restart=True,
                reporter=_Rounds(),
                on_round=lambda model: found.append(figures(model, one, judged)),
            )
        return done[species][round - 1]

    print(fill(options.results, cases(options), measure).to_string())


if __name__ == "__main__":
    main()
