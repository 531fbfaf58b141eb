"""Peak memory of one training step at 16,384 bases: full BPTT, truncated, recomputed, both.

For the plain recurrent network and the default one, one window a batch, each case in a process of
its own on one thread. ``before_mb`` is what the process held when the step began; times are CPU
seconds, the least of the steps. Writes ``results/memory.tsv``; rows that are there are kept.

    python benchmarks/memory.py
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path
from typing import Any

from rows import fill
from training_step import in_a_process

_HERE = Path(__file__).parent
_BPTT = {"full": None, "truncated": 2048}


def measure(
    architecture: str, cell: str, length: int, gradient: str, recompute: str, steps: int
) -> dict[str, Any]:
    layers = 2 if architecture == "lstm" else 1
    return in_a_process(
        {
            "network": {"architecture": architecture, "cell": cell, "layers": layers},
            "batch": 1,
            "length": length,
            "bptt": _BPTT[gradient],
            "recompute": recompute == "recomputed",
            "steps": steps,
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--length", type=int, default=16_384)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--cells", nargs="+", default=["lstm"])
    parser.add_argument("--output", type=Path, default=_HERE / "results/memory.tsv")
    options = parser.parse_args()
    cases = [
        {
            "architecture": architecture,
            "cell": cell,
            "length": options.length,
            "gradient": gradient,
            "recompute": recompute,
            "steps": options.steps,
        }
        for cell, architecture, gradient, recompute in product(
            options.cells, ("lstm", "hybrid"), _BPTT, ("kept", "recomputed")
        )
    ]
    print(fill(options.output, cases, measure).to_string(index=False))


if __name__ == "__main__":
    main()
