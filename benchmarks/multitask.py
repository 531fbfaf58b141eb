"""Several tasks in one network against splice sites alone, after as many steps on two genomes.

Each run trains for ``--steps`` on both genomes, which take a quarter longer with the tasks than
without (``cpu_seconds`` has it, evaluations and judging included), and is judged on what is held
out of them. The genomes are *Arabidopsis thaliana* chromosome 1 and *A. arenosa* chromosomes 1 and
2, fetched by package name; ``--genomes`` takes a folder with ``samplesheet.csv`` and ``splits.bed``
instead, and ``--species`` two or more of its rows. Writes ``results/multitask.tsv`` (a row a run
and figure) and ``results/multitask.md`` (means and standard deviations over the seeds); rows that
are there are not made again.

    python benchmarks/multitask.py --steps 350 1200 --seeds 1 2 3
    python benchmarks/multitask.py --steps 1200 --seeds 1 --pools last mean attention \
        --lengths 8192 2048
    python benchmarks/multitask.py --genomes genomes --species arabidopsis_thaliana \
        caenorhabditis_elegans --folder two --output two.tsv
"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pandas as pd
from fetch import arabidopsis_arenosa, arabidopsis_thaliana
from rows import fill

from splicenet.genome.labels import KINDS
from splicenet.model.heads import Pool
from splicenet.model.modelfile import load_model

_HERE = Path(__file__).parent
_HELD_OUT = [("NC_003070.9", 22_500_000, 30_427_671), ("LR999452.1", 7_000_000, 14_316_399)]
_RUNS = {
    "splice": [],
    "splice + region + contains:gene": ["--task", "region", "--task", "contains:gene"],
}
_WHERE = "both strands"
_KEPT = ("auprc", "auroc", "accuracy", "pearson", "spearman")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", nargs="+", type=int, default=[350, 1200])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--pools", nargs="+", default=["mean"], choices=get_args(Pool))
    parser.add_argument("--lengths", nargs="+", type=int, default=[8192])
    parser.add_argument("--genomes", type=Path)
    parser.add_argument("--species", nargs="+")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--test-bases", default="2000000", help="strand-bases judged of a genome")
    parser.add_argument(
        "--options",
        default="--evaluations 4 --validation 0.02",
        help="more of train's options, one string",
    )
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/multitask"))
    parser.add_argument("--output", type=Path, default=_HERE / "results/multitask.tsv")
    options = parser.parse_args()
    if options.genomes is not None and parser.get_default("output") == options.output:
        parser.error("other genomes want an --output, and a --folder, of their own")
    options.folder.mkdir(parents=True, exist_ok=True)
    sheet, held_out = data(options)

    def measure(tasks: str, pool: str, length: int, steps: int, seed: int) -> dict[str, Any]:
        name = f"{len(_RUNS[tasks]) // 2}.{pool}.{length}.{steps}.{seed}.splicenet"
        model = options.folder / name
        spent = None
        if not model.exists():
            command = [sys.executable, "-m", "splicenet", "train", "--samplesheet", str(sheet)]
            command += ["--holdout", str(held_out), "--test-bases", options.test_bases]
            command += ["--frames", "0"]
            command += ["--steps", str(steps), "--seed", str(seed), "--resume"]
            command += ["--threads", options.threads, "--length", str(length), "-o", str(model)]
            command += ["--pool", pool] if _RUNS[tasks] else []
            before = _child_seconds()
            subprocess.run([*command, *_RUNS[tasks], *options.options.split()], check=True)
            spent = round(_child_seconds() - before)
        return {"cpu_seconds": spent} | figures(load_model(model).record)

    cases = [
        {"tasks": tasks, "pool": pool, "length": length, "steps": steps, "seed": seed}
        for length, steps, seed in product(options.lengths, options.steps, options.seeds)
        for tasks in _RUNS
        for pool in (options.pools if _RUNS[tasks] else ["-"])
    ]
    text = markdown(fill(options.output, cases, measure))
    options.output.with_suffix(".md").write_text(text)
    print(text)


def data(options: argparse.Namespace) -> tuple[Path, Path]:
    """The samplesheet of the species, and the BED of what is held out."""
    if options.genomes is not None:
        source = options.genomes / "samplesheet.csv"
        with open(source, newline="") as lines:
            rows = [row for row in csv.DictReader(lines) if row["species"] in options.species]
        folder, held_out = options.genomes.resolve(), options.genomes / "splits.bed"
    else:
        genomes = {
            "arabidopsis_thaliana": arabidopsis_thaliana(options.folder / "thaliana"),
            "arabidopsis_arenosa": arabidopsis_arenosa(options.folder / "arenosa"),
        }
        rows = [
            {"species": name, "fasta": str(fasta), "annotation": str(annotation)}
            for name, (fasta, annotation) in genomes.items()
        ]
        folder, held_out = Path.cwd(), options.folder / "held_out.bed"
        held_out.write_text("".join(f"{c}\t{start}\t{end}\n" for c, start, end in _HELD_OUT))
    sheet = options.folder / "samplesheet.csv"
    with open(sheet, "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["species", "fasta", "annotation"])
        for row in rows:
            writer.writerow(
                [row["species"], *(folder / row[name] for name in ("fasta", "annotation"))]
            )
    return sheet, held_out


def _child_seconds() -> float:
    """CPU seconds of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def figures(record: dict[str, Any]) -> dict[str, Any]:
    """What training left in the model file, made once, on the held-out sequence."""
    found: dict[str, Any] = {}
    for species, protocols in record["metrics"].items():
        for kind in KINDS:
            found[f"{species}: {kind} auprc"] = protocols[_WHERE][kind]["auprc"]
    for species, tasks in record.get("task_metrics", {}).items():
        for task, one in tasks.items():
            for name in _KEPT:
                if one.get(name) is not None:
                    found[f"{species}: {task} {name}"] = one[name]
    return found


def markdown(table: pd.DataFrame) -> str:
    """A row a figure, a column a run: means and standard deviations over the seeds."""
    choices = ["tasks", "pool", "length", "steps"]
    groups = table.groupby(choices, sort=False)
    names = [name for name in table.columns if name not in (*choices, "seed")]
    heads = [
        f"{tasks}, pool {pool}, windows of {length:,}, {steps:,} steps"
        for tasks, pool, length, steps in groups.groups
    ]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    for name in names:
        cells = []
        for _, group in groups:
            values = group[name].dropna().astype(float)
            spread = f" ± {values.std():.3g}" if len(values) > 1 else ""
            cells.append(f"{values.mean():.4g}{spread}" if len(values) else "-")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
