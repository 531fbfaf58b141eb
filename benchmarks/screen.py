"""What changes when one choice of the training changes: as many steps each, the same chromosome.

*Arabidopsis thaliana* chromosome 1; judged on every base of both strands of 21.5-22.5 Mb, a stretch
kept for that purpose: nothing from 21.5 Mb on is trained on, and what judges the shipped models,
from 22.5 Mb on, is not read. The default is trained with three seeds, which says how little a
difference may mean; the mean of their probabilities is the ensemble. Writes
``results/screen.tsv``, whose rows are kept.

    python benchmarks/screen.py
    python benchmarks/screen.py --cases default "sites weigh 3"
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from fetch import arabidopsis_thaliana
from left_out import auprc
from rows import fill

from splicenet.evaluation.protocol import Tally
from splicenet.genome.intervals import Interval
from splicenet.genome.species import Species, open_species
from splicenet.inference.predictor import Predictor
from splicenet.model.scoring import Scores

_RESULTS = Path(__file__).parent / "results" / "screen.tsv"
_CONTIG, _START, _END, _LAST = "NC_003070.9", 21_500_000, 22_500_000, 30_427_671
_SEEDS = (1, 2, 3)
_CASES = {
    "default": [],
    "sites weigh 3": ["--site-weight", "3"],
    "sites weigh 10": ["--site-weight", "10"],
    "focal loss, exponent 1": ["--focal", "1"],
    "focal loss, exponent 2": ["--focal", "2"],
    "half of all windows anywhere": ["--genes", "0.5"],
    "a tenth of all windows anywhere": ["--genes", "0.9"],
    "windows of 2,048": ["--length", "2048"],
    "windows of 16,384": ["--length", "16384"],
    "windows from 2,048 to 16,384": ["--length", "2048:16384"],
    "auxiliary head: exon, intron, neither": ["--task", "region"],
    "auxiliary head: exon, intron, neither; weight .1": [
        "--task",
        "region",
        "--weight",
        "region=0.1",
    ],
    "told of reading frames": ["--frames", "128"],
    "no weight decay": ["--weight-decay", "0"],
    "learning rate .01": ["--learning-rate", "0.01"],
    "learning rate .0025": ["--learning-rate", "0.0025"],
}


def cases(names: list[str], steps: int) -> Iterator[dict[str, Any]]:
    """One training each, and what the seeds of the default say together."""
    for name in names:
        for seed in _SEEDS if name == "default" else _SEEDS[:1]:
            yield {"case": name, "seed": seed, "steps": steps}
    if "default" in names:
        yield {"case": "ensemble of three", "seed": 0, "steps": steps}


class Screen:
    """The models in a folder and the stretch that judges them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        genome, annotation = arabidopsis_thaliana(folder)
        self._data = ["--fasta", str(genome), "--annotation", str(annotation)]
        self._species: Species = open_species("arabidopsis_thaliana", str(genome), str(annotation))

    def measure(self, case: str, seed: int, steps: int) -> dict[str, Any]:
        """AUPRC of the kinds, trained first where no model is."""
        if not seed:
            return self._judge([self._trained("default", one, steps) for one in _SEEDS])
        return self._judge([self._trained(case, seed, steps)])

    def _trained(self, case: str, seed: int, steps: int) -> Path:
        name = "".join(_CASES[case]).replace(":", "-") or "default"
        path = self._folder / "screen" / f"{name}.{steps}.{seed}.splicenet"
        path.parent.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "splicenet", "train", *self._data]
        command += ["--frames", "0", *_CASES[case]]
        command += ["--holdout", f"{_CONTIG}:{_START + 1}-{_LAST}", "--test-bases", "100000"]
        command += ["--steps", str(steps), "--evaluations", "3", "--seed", str(seed)]
        command += ["--threads", "1", "--resume", "-o", str(path)]
        if not path.exists():
            subprocess.run(command, check=True)
        return path

    def _judge(self, models: list[Path]) -> dict[str, Any]:
        """Of the mean of what the models say."""
        tally = Tally(self._species, floor=1e-4)
        region = [Interval(_CONTIG, _START, _END)]
        readings = [Predictor(model).scores(self._species.genome, region) for model in models]
        for windows in zip(*readings, strict=True):
            values = sum(scores.values for _, scores in windows) / len(windows)
            contig, first = windows[0]
            tally.add(contig, Scores(first.start, values))
        return auprc(tally)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", nargs="+", default=list(_CASES), choices=_CASES)
    parser.add_argument("--steps", type=int, default=750)
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/arabidopsis"))
    parser.add_argument("--results", type=Path, default=_RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    screen = Screen(options.folder)
    fill(options.results, cases(options.cases, options.steps), screen.measure)


if __name__ == "__main__":
    main()
