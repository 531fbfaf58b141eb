"""Memory and speed over (batch, length) at a fixed number of bases a batch.

One training step of the default network, each case in a process of its own on one thread. Writes
``results/token_budget.tsv``, whose rows are kept, and draws ``docs/token_budget.png``.

    python benchmarks/token_budget.py
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from rows import fill
from training_step import in_a_process

_HERE = Path(__file__).parent


def measure(
    architecture: str, cell: str, tokens: int, batch: int, length: int, steps: int
) -> dict[str, Any]:
    figures = in_a_process(
        {
            "network": {"architecture": architecture, "cell": cell},
            "batch": batch,
            "length": length,
            "bptt": None,
            "recompute": False,
            "steps": steps,
        }
    )
    speed = batch * length / figures["step_seconds"]
    return {**figures, "bases_per_cpu_second": round(speed)}


def draw(table: pd.DataFrame, path: Path) -> None:
    """Memory and speed over the length of a window, a line for each network and budget."""
    figure, (memory, speed) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for (architecture, cell, tokens), rows in table.groupby(["architecture", "cell", "tokens"]):
        rows = rows.sort_values("length")
        label = f"{architecture}, {cell}, {tokens:,} bases"
        memory.plot(rows["length"], rows["peak_mb"] - rows["before_mb"], marker="o", label=label)
        speed.plot(rows["length"], rows["bases_per_cpu_second"] / 1000, marker="o", label=label)
    for axes, name in ((memory, "memory of a step, MiB"), (speed, "thousand bases a CPU second")):
        axes.set(xscale="log", xlabel="bases in a window", ylabel=name)
        axes.set_ylim(0, 1.1 * axes.dataLim.ymax)
        axes.set_xticks(sorted(table["length"].unique()), labels=None)
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.tick_params(axis="x", rotation=45)
        axes.minorticks_off()
        axes.spines[["top", "right"]].set_visible(False)
    speed.legend(frameon=False, fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tokens", type=int, nargs="+", default=[16_384])
    parser.add_argument("--shortest", type=int, default=512)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--architectures", nargs="+", default=["hybrid", "lstm"])
    parser.add_argument("--cell", default="lstm")
    parser.add_argument("--output", type=Path, default=_HERE / "results/token_budget.tsv")
    parser.add_argument("--chart", type=Path, default=_HERE.parent / "docs/token_budget.png")
    options = parser.parse_args()
    cases = []
    for architecture in options.architectures:
        for tokens in options.tokens:
            length = options.shortest
            while length <= tokens:
                cases.append(
                    {
                        "architecture": architecture,
                        "cell": options.cell,
                        "tokens": tokens,
                        "batch": tokens // length,
                        "length": length,
                        "steps": options.steps,
                    }
                )
                length *= 2
    table = fill(options.output, cases, measure)
    print(table.to_string(index=False))
    draw(table, options.chart)


if __name__ == "__main__":
    main()
