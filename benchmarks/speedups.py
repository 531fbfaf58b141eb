"""What else could make prediction faster on a CPU: each tried beside the network as it is shipped.

Every way reads the same windows of the fly chromosome in ``data/``, both strands, on one thread, in
turn so that a drift of the machine touches all alike; a line says how many times as fast as the
shipped way it is in CPU time, the median over the rounds, and the largest change of a probability.
What the machine or the installation cannot do is left out, with the reason. Compiling is not
counted.

    python benchmarks/speedups.py
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from training_speed import convolve_with

from splicenet.genome.alphabet import reverse_complement
from splicenet.genome.sequence import open_genome
from splicenet.model.shipped import DEFAULT, open_model

_HERE = Path(__file__).parent
_GENOME = _HERE.parent / "data/drosophila_melanogaster_chr4/genome.fa.gz"
_WINDOW, _WINDOWS, _START = 1 << 14, 8, 200_000

Read = Callable[[Tensor], Tensor]


def windows() -> Tensor:
    """Codes, (windows, bases), of both strands."""
    with open_genome(_GENOME) as genome:
        (contig,) = genome.lengths
        codes = genome.fetch(contig, _START, _START + _WINDOW * _WINDOWS // 2)
    both = np.concatenate([codes, reverse_complement(codes)])
    return torch.from_numpy(both.reshape(_WINDOWS, _WINDOW).copy())


def bfloat16(network: nn.Module) -> Read:
    """As training reads in it: convolutions, and the linear layers between their levels."""

    def read(x: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return network(x).float()

    return read


def int8(network: nn.Module) -> Read:
    """Linear layers and torch's recurrent ones in whole numbers, scaled as they come."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.ao.quantization.quantize_dynamic(network, {nn.Linear, nn.LSTM, nn.GRU})


def traced(network: nn.Module, x: Tensor) -> Read:
    """Traced, frozen, and fused by torch for oneDNN."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, x[:1])))


def compiled(network: nn.Module, x: Tensor) -> Read:
    """Compiled by torch, which needs a C++ compiler."""
    found: Read = torch.compile(network)
    found(x[:2])
    return found


def channelwise(network: nn.Module) -> nn.Module:
    """With torch's own convolutions, which lay tensors out channel by channel."""
    copied = copy.deepcopy(network)
    convolve_with(copied, nn.Conv1d)
    return copied


def in_batches(network: nn.Module, windows: int) -> Read:
    """So many windows at a time."""
    return lambda x: torch.cat([network(some) for some in x.split(windows)])


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", type=Path, default=_HERE / "results/speedups.tsv")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    trained, x = open_model(DEFAULT).network, windows()
    network = trained.fused()
    makers: dict[str, Callable[[], Read]] = {
        "as shipped: float32, batch norms folded, 4 windows of 16,384": lambda: in_batches(
            network, 4
        ),
        "batch norms not folded": lambda: in_batches(trained, 4),
        "torch's own Conv1d": lambda: in_batches(channelwise(network), 4),
        "one window at a time": lambda: in_batches(network, 1),
        "8 windows at a time": lambda: in_batches(network, 8),
        "bfloat16": lambda: in_batches(bfloat16(network), 4),
        "dynamic int8": lambda: in_batches(int8(network), 4),
        "traced and frozen": lambda: in_batches(traced(network, x), 4),
        "torch.compile": lambda: in_batches(compiled(network, x), 4),
    }
    ways: dict[str, Read] = {}
    for name, make in makers.items():
        try:
            way = make()
            way(x)
        except (RuntimeError, NotImplementedError, ImportError, AttributeError) as error:
            print(f"{name}: left out ({type(error).__name__}: {str(error).splitlines()[0]})")
        else:
            ways[name] = way
    first, *_ = ways
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, way in ways.items():
            began = time.process_time()
            way(x)
            seconds[name].append(time.process_time() - began)
    truth = ways[first](x).softmax(1)
    rows = []
    for name, way in ways.items():
        pairs = zip(seconds[first], seconds[name], strict=True)
        faster = statistics.median(ours / theirs for ours, theirs in pairs)
        change = float((way(x).softmax(1) - truth).abs().max())
        rows.append({"way": name, "times_as_fast": round(faster, 2), "change": f"{change:.0e}"})
    table = pd.DataFrame(rows)
    print(table.to_string(index=False))
    table.to_csv(options.output, sep="\t", index=False)


if __name__ == "__main__":
    main()
