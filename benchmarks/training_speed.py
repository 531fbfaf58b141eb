"""Speed of training on one CPU thread: the default network, either precision, torch's Conv1d.

Every way learns from the same batch of random bases, in turn so that a drift of the machine touches
all alike; bases a CPU-second are those of the median step. ``bfloat16`` is slow on CPUs that are
not made for it, which is why ``train --precision auto`` does not take it there. With torch's own
Conv1d, which lays its tensors out channel by channel, all other layers are as they are. Writes
``results/training_speed.tsv``.

    python benchmarks/training_speed.py
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import torch
from torch import nn

from splicenet.model.convolution import Convolution
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.training.batches import Batch
from splicenet.training.descent import descend, make_optimizer
from splicenet.training.precision import Precision
from splicenet.training.settings import TrainingSettings

_HERE = Path(__file__).parent
_BATCH, _LENGTH = 2, 8192
_WAYS: dict[str, tuple[Precision, bool]] = {
    "bfloat16": ("bfloat16", False),
    "float32": ("float32", False),
    "float32, torch's own Conv1d": ("float32", True),
}


def torchs_own(network: nn.Module) -> None:
    """Let all convolutions be torch's, which lay a tensor out channel by channel."""
    for module in network.modules():
        if isinstance(module, Convolution):
            module.__class__ = nn.Conv1d


def learner(precision: Precision, channelwise: bool) -> Callable[[], float]:
    """What takes a step and gives its CPU seconds."""
    torch.manual_seed(0)
    network = SpliceNetwork(NetworkConfig())
    if channelwise:
        torchs_own(network)
    settings = TrainingSettings(steps=1, precision=precision)
    optimizer = make_optimizer(network, settings)
    codes = torch.randint(0, 4, (_BATCH, _LENGTH), dtype=torch.uint8)
    batch = Batch(codes, torch.zeros_like(codes), codes.numel())

    def step() -> float:
        began = time.process_time()
        descend(network, optimizer, batch, settings, rate=1e-3)
        return time.process_time() - began

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--output", type=Path, default=_HERE / "results/training_speed.tsv")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    learners = {name: learner(*way) for name, way in _WAYS.items()}
    seconds: dict[str, list[float]] = {name: [] for name in learners}
    for step in learners.values():
        step()
    for _ in range(options.rounds):
        for name, step in learners.items():
            seconds[name].append(step())
    rows = [
        {"way": name, "bases_per_cpu_second": round(_BATCH * _LENGTH / statistics.median(times))}
        for name, times in seconds.items()
    ]
    table = pd.DataFrame(rows)
    print(table.to_string(index=False))
    table.to_csv(options.output, sep="\t", index=False)


if __name__ == "__main__":
    main()
