"""Speed of training on one CPU thread: the default network, either precision, torch's own layers.

Every way learns from the same batch of random bases, in turn so that a drift of the machine touches
all alike; bases a CPU-second are those of the median step. ``bfloat16`` is slow on CPUs that are
not made for it, which is why ``train --precision auto`` does not take it there. Where a CPU has no
AVX-512 the gradient of convolutions' weights is found tap by tap; it can be left to torch. With
torch's own Conv1d, which lays its tensors out channel by channel, all other layers are as they are.
Rows of another kind of processor, as torch names it, are kept. Writes
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
from torch import Tensor, nn

from splicenet.model.convolution import Convolution
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.taps import as_images
from splicenet.training.batches import Batch
from splicenet.training.descent import descend, make_optimizer
from splicenet.training.precision import Precision
from splicenet.training.settings import TrainingSettings

_HERE = Path(__file__).parent
_BATCH, _LENGTH = 2, 8192


class _LearnsByTorch(Convolution):
    """Laid out as here, with torch's own gradient."""

    def forward(self, x: Tensor) -> Tensor:
        return as_images(x, self.weight, self.bias, int(self.padding[0]), self.dilation[0])


_WAYS: dict[str, tuple[Precision, type[nn.Conv1d]]] = {
    "bfloat16": ("bfloat16", Convolution),
    "float32": ("float32", Convolution),
    "float32, torch's own gradients": ("float32", _LearnsByTorch),
    "float32, torch's own Conv1d": ("float32", nn.Conv1d),
}


def convolve_with(network: nn.Module, kind: type[nn.Conv1d]) -> None:
    """Let all convolutions be of this kind."""
    for module in network.modules():
        if isinstance(module, Convolution):
            module.__class__ = kind


def learner(precision: Precision, kind: type[nn.Conv1d]) -> Callable[[], float]:
    """What takes a step, its convolutions of this kind, and gives its CPU seconds."""
    torch.manual_seed(0)
    network = SpliceNetwork(NetworkConfig())
    convolve_with(network, kind)
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
    processor = torch.backends.cpu.get_cpu_capability()
    rows = pd.DataFrame(
        {
            "processor": processor,
            "way": name,
            "bases_per_cpu_second": round(_BATCH * _LENGTH / statistics.median(times)),
        }
        for name, times in seconds.items()
    )
    print(rows.to_string(index=False))
    if options.output.exists():
        before = pd.read_csv(options.output, sep="\t")
        rows = pd.concat([before[before["processor"] != processor], rows])
    rows.to_csv(options.output, sep="\t", index=False)


if __name__ == "__main__":
    main()
