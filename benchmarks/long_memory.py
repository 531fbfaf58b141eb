"""How far each cell remembers: the adding and the copying problem at 200 and 1,000 steps.

*Adding* (Hochreiter & Schmidhuber 1997, here in the form of Arjovsky et al. 2016): two of the
numbers between 0 and 1 are marked, one in either half; their sum is to be said at the end. A guess
at the mean has an error of 1/6 = 0.167.

*Copying* (the same): ten letters of eight, then blanks, then the letters are to be said in order.
The best that no memory can do, 10 ln 8 / (T + 20) nats a step over a sequence with T blanks, is
``error`` 1: the error here is the loss over that baseline.

One cell reads in one direction, trained by Adam for as many steps, or as many CPU seconds, for all.
Writes ``results/long_memory.tsv``, whose rows are kept, and prints a table for the docs.

    python benchmarks/long_memory.py --steps 2000 --seeds 3
    python benchmarks/long_memory.py --seconds 60 120   # the longer problem takes longer a step
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import torch.nn.functional as F
from rows import fill
from torch import Tensor, nn

from splicenet.model.cells import CELLS, GATED, make_cell
from splicenet.model.initialisation import Initialisation, initialise

_HERE = Path(__file__).parent
_LETTERS, _COPIED = 8, 10
_BLANK, _GO = _LETTERS, _LETTERS + 1
_JUDGED = 10
"""Batches of new sequences that are judged at the end."""


def adding(length: int, batch: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Inputs (B, length, 2) and the sums (B,)."""
    numbers = torch.rand(batch, length, generator=rng)
    half = length // 2
    marks = torch.zeros(batch, length)
    rows = torch.arange(batch)
    for start in (0, half):
        marks[rows, start + torch.randint(half, (batch,), generator=rng)] = 1
    return torch.stack([numbers, marks], dim=-1), (numbers * marks).sum(1)


def copying(length: int, batch: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Inputs (B, length + 20, 10) and targets (B, length + 20), the same number of steps."""
    letters = torch.randint(_LETTERS, (batch, _COPIED), generator=rng)
    symbols = torch.full((batch, length + 2 * _COPIED), _BLANK)
    symbols[:, :_COPIED] = letters
    symbols[:, -_COPIED - 1] = _GO
    targets = torch.full_like(symbols, _BLANK)
    targets[:, -_COPIED:] = letters
    return F.one_hot(symbols, _GO + 1).float(), targets


class Reader(nn.Module):
    """A cell and what it says at every step."""

    def __init__(self, cell: str, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.cell = make_cell(cell, inputs, hidden, rank=16)
        self.say = nn.Linear(hidden, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs (B, T, I) to what is said, (B, T, outputs)."""
        return self.say(self.cell(x)[0])


def adding_error(said: Tensor, sums: Tensor, length: int) -> Tensor:
    return F.mse_loss(said[:, -1, 0], sums)


def copying_error(said: Tensor, targets: Tensor, length: int) -> Tensor:
    loss = F.cross_entropy(said.transpose(1, 2), targets)
    return loss / (_COPIED * math.log(_LETTERS) / (length + 2 * _COPIED))


Problem = tuple[Callable[..., Any], Callable[..., Tensor], int, int]
_PROBLEMS: dict[str, Problem] = {
    "adding": (adding, adding_error, 2, 1),
    "copying": (copying, copying_error, _GO + 1, _LETTERS + 1),
}


def measure(
    problem: str,
    length: int,
    cell: str,
    initialisation: Initialisation,
    seed: int,
    hidden: int,
    batch: int,
    rate: float,
    budget: str,
) -> dict[str, Any]:
    """Train one cell and judge it on new sequences; the error is NaN if training broke."""
    draw, error, inputs, outputs = _PROBLEMS[problem]
    torch.manual_seed(seed)
    reader = Reader(cell, inputs, hidden, outputs)
    initialise(reader.cell, initialisation, longest_memory=length)
    optimizer = torch.optim.Adam(reader.parameters(), lr=rate)
    rng = torch.Generator().manual_seed(seed)
    unit, _, amount = budget.partition("=")
    began, steps = time.process_time(), 0
    while (steps if unit == "steps" else time.process_time() - began) < float(amount):
        x, wanted = draw(length, batch, rng)
        optimizer.zero_grad(set_to_none=True)
        loss = error(reader(x), wanted, length)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        if not norm.isfinite():
            break
        optimizer.step()
        steps += 1
    seconds = time.process_time() - began
    rng = torch.Generator().manual_seed(1_000_000 + seed)
    with torch.no_grad():
        errors = []
        for _ in range(_JUDGED):
            x, wanted = draw(length, batch, rng)
            errors.append(error(reader(x), wanted, length).item())
    return {
        "error": round(sum(errors) / _JUDGED, 5),
        "steps_made": steps,
        "cpu_seconds": round(seconds, 1),
    }


def table(rows: pd.DataFrame) -> str:
    """Markdown: median error of the seeds by cell and problem, best first."""
    rows = rows.assign(
        cell=rows["cell"] + rows["initialisation"].map(lambda i: "" if i == "torch" else f", {i}"),
        task=rows["problem"] + " " + rows["length"].astype(str),
    )
    medians = rows.pivot_table("error", "cell", "task", "median", dropna=False)
    medians = medians.loc[medians.mean(axis=1).sort_values().index]
    lines = [
        "| cell | " + " | ".join(medians.columns) + " |",
        "|---" * (1 + medians.shape[1]) + "|",
    ]
    for cell, values in medians.iterrows():
        lines.append(f"| {cell} | " + " | ".join(f"{value:.4f}" for value in values) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--problems", nargs="+", default=list(_PROBLEMS), choices=_PROBLEMS)
    parser.add_argument("--lengths", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--cells", nargs="+", default=list(CELLS), choices=CELLS)
    parser.add_argument(
        "--chrono", nargs="*", default=[], choices=GATED, help="cells to begin with chrono too"
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=2e-3)
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--steps", type=int, default=2000)
    budget.add_argument(
        "--seconds", type=float, nargs="+", help="CPU seconds a run, for each length, not --steps"
    )
    parser.add_argument("--output", type=Path, default=_HERE / "results/long_memory.tsv")
    options = parser.parse_args()
    torch.set_num_threads(1)
    limits = dict.fromkeys(options.lengths, f"steps={options.steps}")
    if options.seconds is not None:
        if len(options.seconds) != len(options.lengths):
            parser.error("--seconds takes as many numbers as --lengths")
        seconds = zip(options.lengths, options.seconds, strict=True)
        limits = {length: f"seconds={one:g}" for length, one in seconds}
    begun = [(cell, "torch") for cell in options.cells]
    begun += [(cell, "chrono") for cell in options.chrono]
    cases = [
        {
            "problem": problem,
            "length": length,
            "cell": cell,
            "initialisation": initialisation,
            "seed": seed,
            "hidden": options.hidden,
            "batch": options.batch,
            "rate": options.rate,
            "budget": limits[length],
        }
        for seed, problem, length, (cell, initialisation) in product(
            range(1, options.seeds + 1), options.problems, options.lengths, begun
        )
    ]
    rows = fill(options.output, cases, measure)
    print(table(rows[rows["budget"] == rows["length"].map(limits)]))


if __name__ == "__main__":
    main()
