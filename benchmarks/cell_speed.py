"""Bases a second that each cell trains on at 8,192 steps, at equal width.

One training step (forward, backward, update) of one bidirectional recurrent layer over single
bases, each cell in a process of its own, in CPU seconds of one thread, or in seconds on ``--device
cuda``; the least of some steps. Writes ``results/cell_speed.tsv``, whose rows are kept.

    python benchmarks/cell_speed.py
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path
from typing import Any

from rows import fill
from training_step import in_a_process

from splicenet.model.cells import CELLS

_HERE = Path(__file__).parent


def measure(
    cell: str, hidden: int, length: int, batch: int, device: str, steps: int
) -> dict[str, Any]:
    figures = in_a_process(
        {
            "network": {"architecture": "lstm", "cell": cell, "layers": 1, "hidden": hidden},
            "batch": batch,
            "length": length,
            "bptt": None,
            "recompute": False,
            "steps": steps,
            "device": device,
        }
    )
    speed = batch * length / figures["step_seconds"]
    return {**figures, "bases_per_second": round(speed)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cells", nargs="+", default=list(CELLS), choices=CELLS)
    parser.add_argument("--lengths", type=int, nargs="+", default=[8192])
    parser.add_argument("--hidden", type=int, nargs="+", default=[64])
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--output", type=Path, default=_HERE / "results/cell_speed.tsv")
    options = parser.parse_args()
    cases = [
        {
            "cell": cell,
            "hidden": hidden,
            "length": length,
            "batch": options.batch,
            "device": options.device,
            "steps": options.steps,
        }
        for length, hidden, cell in product(options.lengths, options.hidden, options.cells)
    ]
    table = fill(options.output, cases, measure)
    print(table.sort_values("bases_per_second", ascending=False).to_string(index=False))


if __name__ == "__main__":
    main()
