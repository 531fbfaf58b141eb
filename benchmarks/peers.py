"""splicenet and its peers on the same sequence, in one run: accuracy, speed and memory.

A region of *Arabidopsis thaliana* chromosome 1, every base of both strands, one CPU thread. Each
method runs in a process of its own; loading is not counted, CPU seconds are those of scoring. The
peers that are installed take part:

- OpenSpliceAI (``pip install openspliceai``): its networks with 400, 2,000 and 10,000 bases of
  context, and five of the last, which is what it ships. ``--openspliceai-models DIR`` holds its
  released weights as ``DIR/CONTEXT/*.pt``; without it the weights are untrained, which costs the
  same, and accuracy is left empty. Its windows are made as long as ``--window``, longer and so
  cheaper a base than in its own command line.
- maximum entropy, trained on the chromosome outside the region, as ``splicenet evaluate`` does.

    python benchmarks/peers.py --region NC_003070.9:26400001-27400000
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from fetch import arabidopsis_thaliana
from torch import Tensor

from splicenet.evaluation.judge import judge_baselines
from splicenet.evaluation.metrics import summarise
from splicenet.evaluation.protocol import PROTOCOLS, Tally, tally_network
from splicenet.genome.alphabet import reverse_complement
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.genome.regions import read_regions
from splicenet.genome.species import Species, open_species
from splicenet.model.scoring import Scores
from splicenet.model.shipped import open_model

_HERE = Path(__file__).parent
_FLOOR = 1e-4
# Widths and dilations of the residual units by bases of context (Jaganathan et al. 2019, fig. 1).
_UNITS = {
    400: ((11,) * 8, (1,) * 4 + (4,) * 4),
    2_000: ((11,) * 8 + (21,) * 4, (1,) * 4 + (4,) * 4 + (10,) * 4),
    10_000: ((11,) * 8 + (21,) * 4 + (41,) * 4, (1,) * 4 + (4,) * 4 + (10,) * 4 + (25,) * 4),
}
_CHANNELS = 32
_ENSEMBLE = 5


def methods() -> list[str]:
    """Those that can run here."""
    found = ["splicenet", "maximum entropy"]
    if importlib.util.find_spec("openspliceai"):
        found += [f"OpenSpliceAI {context}" for context in _UNITS]
        found.append(f"OpenSpliceAI {max(_UNITS)} x{_ENSEMBLE}")
    return found


def splicenet(species: Species, region: Interval, options: argparse.Namespace) -> dict[str, Any]:
    model = open_model(options.model)
    began = time.process_time()
    tally = tally_network(model.network, species, [region], flank=model.flank, floor=_FLOOR)
    return figures(tally, time.process_time() - began)


def maximum_entropy(
    species: Species, region: Interval, options: argparse.Namespace
) -> dict[str, Any]:
    judgement = next(j for j in judge_baselines(species, [region]) if j.method == "maximum entropy")
    return accuracy(judgement.scored)


def openspliceai(
    context: int, networks: int
) -> Callable[[Species, Interval, argparse.Namespace], dict[str, Any]]:
    """The method for networks of so many bases of context."""

    def score(species: Species, region: Interval, options: argparse.Namespace) -> dict[str, Any]:
        ensemble = list(peer_networks(context, networks, options.openspliceai_models))
        tally = Tally(species, floor=_FLOOR)
        began = time.process_time()
        for start in range(region.start, region.end, options.window):
            stretch = Interval(region.contig, start, min(start + options.window, region.end))
            tally.add(region.contig, peer_scores(ensemble, context, species, stretch))
        found = figures(tally, time.process_time() - began)
        trained = options.openspliceai_models is not None
        return (
            found
            if trained
            else {k: v for k, v in found.items() if not k.startswith(("auprc", "top_k"))}
        )

    return score


def peer_networks(context: int, count: int, folder: Path | None) -> Iterator[torch.nn.Module]:
    from openspliceai.train_base.openspliceai import SpliceAI

    weights = sorted((folder / str(context)).glob("*.pt"))[:count] if folder else []
    if folder and len(weights) < count:
        sys.exit(f"{folder / str(context)}: {count} weight files (*.pt) are needed")
    widths, dilations = map(np.array, _UNITS[context])
    for index in range(count):
        network = SpliceAI(_CHANNELS, widths, dilations)
        if weights:
            network.load_state_dict(torch.load(weights[index], weights_only=True))
        yield network.eval()


@torch.inference_mode()
def peer_scores(
    ensemble: list[torch.nn.Module], context: int, species: Species, stretch: Interval
) -> Scores:
    """Mean probabilities; the peer's classes are neither, acceptor, donor."""
    half = context // 2
    codes = species.genome.fetch(stretch.contig, stretch.start - half, stretch.end + half)
    values = np.empty((2, 2, len(stretch)), np.float32)
    for strand, read in enumerate((codes, reverse_complement(codes))):
        bases: Tensor = torch.nn.functional.one_hot(torch.from_numpy(read).long(), 5)[:, :4]
        x = bases.T[None].float()
        mean = torch.stack([network(x)[0] for network in ensemble]).mean(0).numpy()
        values[strand] = mean[[2, 1], :: -1 if strand else 1]
    return Scores(stretch.start, values)


def figures(tally: Tally, cpu_seconds: float) -> dict[str, Any]:
    bases = tally.scored[PROTOCOLS[0]]["donor"].bases
    return accuracy(tally.scored) | {"strand_bases_per_cpu_second": round(bases / cpu_seconds)}


def accuracy(scored: Any) -> dict[str, float]:
    found = {}
    for protocol in PROTOCOLS:
        for kind in KINDS:
            metrics = summarise(scored[protocol][kind], threshold=_FLOOR, probabilities=False)
            where = protocol.replace(" ", "_")
            found[f"auprc_{kind}_{where}"] = round(metrics.auprc, 4)
            found[f"top_k_{kind}_{where}"] = round(metrics.top_k, 4)
    return found


def run(method: str, options: argparse.Namespace) -> dict[str, Any]:
    """One method in this process."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    genome, annotation = arabidopsis_thaliana(options.folder)
    species = open_species("arabidopsis_thaliana", genome, annotation)
    (region,) = read_regions(options.region, species.genome)
    table = {"splicenet": splicenet, "maximum entropy": maximum_entropy}
    for context in _UNITS:
        table[f"OpenSpliceAI {context}"] = openspliceai(context, 1)
    table[f"OpenSpliceAI {max(_UNITS)} x{_ENSEMBLE}"] = openspliceai(max(_UNITS), _ENSEMBLE)
    found = table[method](species, region, options)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"method": method, **found, "peak_mib": round(peak)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--region", default="NC_003070.9:26400001-27400000")
    parser.add_argument("--model", default="universal", help="shipped name or file")
    parser.add_argument("--openspliceai-models", type=Path)
    parser.add_argument("--window", type=int, default=50_000, help="bases a window of the peers")
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/arabidopsis"))
    parser.add_argument("--method", choices=methods(), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.method:
        print(json.dumps(run(options.method, options)))
        return
    rows = []
    for method in methods():
        command = [sys.executable, __file__, *sys.argv[1:], "--method", method]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit(done.returncode)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(rows[-1], file=sys.stderr)
    table = pd.DataFrame(rows)
    table["region"], table["date"] = options.region, date.today().isoformat()
    table["machine"] = platform.processor() or platform.machine()
    table["versions"] = ", ".join(
        f"{name} {version(name)}"
        for name in ("splicenet", "torch", "openspliceai")
        if name in {"splicenet", "torch"} or importlib.util.find_spec(name)
    )
    (_HERE / "results").mkdir(exist_ok=True)
    table.to_csv(_HERE / "results/peers.tsv", sep="\t", index=False)
    print(table.drop(columns=["region", "date", "machine", "versions"]).to_string(index=False))


if __name__ == "__main__":
    main()
