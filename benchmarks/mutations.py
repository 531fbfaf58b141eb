"""Where a chromosome mutates: the head ``mutation`` against the rates of short contexts.

The set is that of ``substitutions.py``: where the fourth chromosome of three species of
*Drosophila* differs from that of melanogaster. A context model gives each base the share of mutated
bases that its neighbourhood (both strands alike) had in the training part; three bases are the
usual yardstick, longer ones stand beside them. Network and contexts are trained on the first 1 Mb
and judged on the rest, over the bases that were looked at. Writes ``results/mutations.tsv``; rows
that are there are not made again.

    python benchmarks/mutations.py --minutes 20 --seeds 1 2 3
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from fetch import fly_chromosomes
from rows import fill
from substitutions import REFERENCE, mutation_set

from splicenet.evaluation.ranking import Ranking
from splicenet.genome.alphabet import N, reverse_complement
from splicenet.genome.labels import UNKNOWN
from splicenet.genome.mutated import MutationTarget
from splicenet.genome.sequence import Genome, open_genome

_HERE = Path(__file__).parent
_ANNOTATION = _HERE.parent / "data/drosophila_melanogaster_chr4/annotation.gtf.gz"
_TRAINING = 1_000_000
_CONTEXTS = (1, 3, 5, 7)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", default="20")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--weights", nargs="*", default=["mutation=1"], help="as train has them")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/flies"))
    parser.add_argument("--output", type=Path, default=_HERE / "results/mutations.tsv")
    options = parser.parse_args()
    vcf, bed = mutation_set(options.folder)
    fasta = fly_chromosomes(options.folder)[REFERENCE]

    def measure(method: str, seed: int, minutes: float) -> dict[str, Any]:
        if method.startswith("context"):
            return contexts(fasta, f"{vcf}:{bed}", int(method.rpartition(" ")[2]))
        return network(options, fasta, f"mutation:{vcf}:{bed}", seed)

    minutes = float(options.minutes)
    cases = [{"method": f"context of {size}", "seed": 0, "minutes": 0.0} for size in _CONTEXTS]
    cases += [{"method": "splicenet", "seed": seed, "minutes": minutes} for seed in options.seeds]
    table = fill(options.output, cases, measure)
    print(table.to_string(index=False, float_format="%.4f"))


def contexts(fasta: Path, source: str, size: int) -> dict[str, Any]:
    """Rates by context on the training part, judged on the rest."""
    with open_genome(fasta) as genome:
        number, truth = numbered(genome, source, size)
    trained, tested = np.arange(len(truth)) < _TRAINING, np.arange(len(truth)) >= _TRAINING
    known = (truth != UNKNOWN) & (number >= 0)
    seen = number[trained & known]
    mutated = number[trained & known & (truth == 1)]
    kinds = 4**size
    overall = mutated.size / seen.size
    rate = (np.bincount(mutated, minlength=kinds) + overall) / (
        np.bincount(seen, minlength=kinds) + 1
    )
    ranking = Ranking()
    judged = tested & (truth != UNKNOWN)
    scores = np.where(number >= 0, rate[np.maximum(number, 0)], overall)
    ranking.add(scores[judged], truth[judged] == 1)
    return {
        "known": ranking.known,
        "positive": ranking.positive,
        "auprc": ranking.auprc(),
        "auroc": ranking.auroc(),
    }


def numbered(genome: Genome, source: str, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The context of every base as a number, the same on both strands, -1 beside N; its label."""
    (contig,) = genome.lengths
    length = genome.lengths[contig]
    reach = size // 2
    codes = genome.fetch(contig, -reach, length + reach)
    plus, minus = _numbers(codes, size), _numbers(reverse_complement(codes), size)[::-1]
    truth = MutationTarget(source, genome).window(contig, 0, length, "+")
    return np.minimum(plus, minus), truth


def _numbers(codes: np.ndarray, size: int) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(codes, size)
    numbers = windows.astype(np.int64) @ (4 ** np.arange(size))
    return np.where((windows == N).any(1), -1, numbers)


def network(options: argparse.Namespace, fasta: Path, task: str, seed: int) -> dict[str, Any]:
    """Train with splice sites and mutations, and judge the head on the held-out part."""
    model = options.folder / f"mutation.{options.minutes}.{seed}.splicenet"
    with open_genome(fasta) as genome:
        ((contig, length),) = genome.lengths.items()
    held_out = f"{contig}:{_TRAINING + 1}-{length}"
    data = ["-f", str(fasta), "-a", str(_ANNOTATION), "--threads", options.threads]
    if not model.exists():
        choices = ["--task", task, "--minutes", options.minutes, "--seed", str(seed), "--resume"]
        for weight in options.weights:
            choices += ["--weight", weight]
        splicenet(
            "train", *data, "--frames", "0", "--holdout", held_out, *choices, "-o", str(model)
        )
    figures = model.with_suffix(".json")
    splicenet("evaluate", "-m", str(model), *data, "-r", held_out, "-o", str(figures))
    rows = json.loads(figures.read_text())
    found = next(row for row in rows if (row["where"], row["kind"]) == ("task", "mutation"))
    return {name: found[name] for name in ("known", "positive", "auprc", "auroc")}


def splicenet(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "splicenet", *arguments], check=True)


if __name__ == "__main__":
    main()
