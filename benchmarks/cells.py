"""Every recurrent cell in the default network on a real genome, after equal wall time.

Trained on *Arabidopsis thaliana* chromosome 1 up to 22.5 Mb and judged on the first bases of the
rest, which no training, stopping, calibration or threshold has read. Beside the accuracy stand the
bases a second that training read (evaluations included), the memory of one training step, and how
far back in time the gradient of a trained network reaches. ``none`` is the network without its
recurrent level. Writes ``results/cells.tsv``, whose rows are kept, and prints a table for the docs.

    python benchmarks/cells.py --minutes 2.5 --seeds 3
    python benchmarks/cells.py --minutes 2.5 --seeds 3 --cells lstm gru --initialisations chrono
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
from fetch import arabidopsis_thaliana
from rows import fill
from training_step import in_a_process

from splicenet.model.cells import CELLS
from splicenet.model.modelfile import load_model

_HERE = Path(__file__).parent
_TEST = "NC_003070.9:22500001-30427671"
_LENGTH = 8192
_WINDOWS = 2


class Bench:
    """The genome that all cells are trained on, and where their models are kept."""

    def __init__(self, folder: Path, test_bases: int) -> None:
        self.folder = folder / "cells"
        self.folder.mkdir(parents=True, exist_ok=True)
        genome, annotation = arabidopsis_thaliana(folder)
        self.data = ["--fasta", str(genome), "--annotation", str(annotation)]
        self.test_bases = test_bases

    def measure(self, cell: str, initialisation: str, minutes: float, seed: int) -> dict[str, Any]:
        """Train one network and say how it did."""
        model = self.folder / f"{cell}-{initialisation}-{seed}.splicenet"
        shape = ["--architecture", "conv"] if cell == "none" else ["--cell", cell]
        if cell != "none":
            shape += ["--initialisation", initialisation]
        budget = ["--minutes", str(minutes), "--seed", str(seed), "--threads", "1"]
        budget += ["--length", str(_LENGTH), "--batch-tokens", str(_WINDOWS * _LENGTH)]
        judged = ["--holdout", _TEST, "--test-bases", str(self.test_bases)]
        judged += ["--validation", "0.02", "--evaluations", "4"]
        _splicenet(
            "train",
            *self.data,
            "--frames",
            "0",
            *shape,
            *budget,
            *judged,
            "--restart",
            "-o",
            str(model),
        )
        record = load_model(model).record
        (protocols,) = record["metrics"].values()
        figures = next(iter(protocols.values()))
        course = pd.read_csv(model.with_suffix(".metrics.tsv"), sep="\t").iloc[-1]
        return {
            "donor_auprc": figures["donor"]["auprc"],
            "acceptor_auprc": figures["acceptor"]["auprc"],
            "bases_per_second": round(course["strand_bases"] / (60 * course["minutes"])),
            "step_mb": _step_memory(cell),
            "horizon_bases": None if cell == "none" else self._horizon(model),
        }

    def _horizon(self, model: Path) -> float | None:
        """Bases at which the gradient falls to 1 %, the nearer of the two directions."""
        said = _splicenet(
            "diagnose", "-m", str(model), *self.data, "--number", "16", "--threads", "1",
            "--json", "-",
        )  # fmt: skip
        horizons = [flow["horizon_bases"][1] for flow in json.loads(said)["levels"]]
        reached = [bases for bases in horizons if bases is not None]
        return min(reached) if reached else math.inf


def _splicenet(*arguments: str) -> str:
    command = [sys.executable, "-m", "splicenet", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _step_memory(cell: str) -> float:
    """MiB that a training step adds to a process."""
    network = {"architecture": "conv"} if cell == "none" else {"cell": cell}
    case = {"network": network, "batch": _WINDOWS, "length": _LENGTH}
    figures = in_a_process({**case, "bptt": None, "recompute": False, "steps": 2})
    return round(figures["peak_mb"] - figures["before_mb"])


def table(rows: pd.DataFrame) -> str:
    """Markdown: means of the seeds, and the spread of the accuracy, best first."""
    lines = [
        "| cell | donor AUPRC | acceptor AUPRC | bases/s | MiB a step | horizon, bases |",
        "|---|---|---|---|---|---|",
    ]
    groups = []
    for (cell, initialisation), seeds in rows.groupby(["cell", "initialisation"]):
        name = cell if initialisation == "torch" else f"{cell}, {initialisation}"
        groups.append((seeds["donor_auprc"].mean() + seeds["acceptor_auprc"].mean(), name, seeds))
    for _, name, seeds in sorted(groups, key=lambda group: -group[0]):
        scores = " | ".join(
            f"{seeds[kind].mean():.3f} ({seeds[kind].min():.3f}-{seeds[kind].max():.3f})"
            for kind in ("donor_auprc", "acceptor_auprc")
        )
        reach = _reach(seeds["horizon_bases"].median())
        speed, memory = seeds["bases_per_second"].mean(), seeds["step_mb"].mean()
        lines.append(f"| {name} | {scores} | {speed:,.0f} | {memory:,.0f} | {reach} |")
    return "\n".join(lines)


def _reach(horizon: float) -> str:
    if pd.isna(horizon):
        return ""
    return "whole window" if math.isinf(horizon) else f"{horizon:,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=2.5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cells", nargs="+", default=[*CELLS, "none"])
    parser.add_argument("--initialisations", nargs="+", default=["torch"])
    parser.add_argument("--test-bases", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/arabidopsis"))
    parser.add_argument("--output", type=Path, default=_HERE / "results/cells.tsv")
    options = parser.parse_args()
    bench = Bench(options.folder, options.test_bases)
    cases = [
        {"cell": cell, "initialisation": begun, "minutes": options.minutes, "seed": seed}
        for seed, cell, begun in product(
            range(1, options.seeds + 1), options.cells, options.initialisations
        )
    ]
    rows = fill(options.output, cases, bench.measure)
    print(table(rows[rows["minutes"] == options.minutes]))


if __name__ == "__main__":
    main()
