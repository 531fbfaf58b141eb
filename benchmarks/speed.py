"""Speed of prediction on one CPU thread in float32: the whole network, and its parts alone.

A strand-base is one base on one strand. Reads the fly chromosome in ``data/`` with the shipped
model and its flank; its parts and the plain LSTM, for comparison, have untrained weights, which
cost the same. Loading is not counted. Each line is the median of
``--rounds`` runs, taken in turn so that a drift of the machine touches all alike.

    python benchmarks/speed.py
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import open_genome
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.scoring import WINDOW, Stretch, scan
from splicenet.model.shipped import DEFAULT, open_model

_HERE = Path(__file__).parent
_GENOME = _HERE.parent / "data/drosophila_melanogaster_chr4/genome.fa.gz"
_BASES = 3 << 17


def scan_once(network: SpliceNetwork, flank: int) -> float:
    """CPU seconds to scan both strands."""
    with open_genome(_GENOME) as genome:
        (contig,) = genome.lengths
        stretch = Stretch.of(genome, Interval(contig, 0, _BASES))
        began = time.process_time()
        for _ in scan(network, [stretch], flank=flank):
            pass
        return time.process_time() - began


@torch.inference_mode()
def recurrent_once(network: SpliceNetwork) -> float:
    """CPU seconds of the recurrent level alone, on as many steps as the scan needs."""
    level, config = network.coarse.recurrent, network.config
    assert level is not None
    x = torch.randn(4, config.coarse_channels, WINDOW // config.stride)
    began = time.process_time()
    for _ in range(2 * _BASES // (4 * WINDOW)):
        level(x)
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    model = open_model(DEFAULT)
    hybrid, flank = model.network.fused(), model.flank
    conv = SpliceNetwork(NetworkConfig(architecture="conv")).fused()
    lstm = SpliceNetwork(NetworkConfig(architecture="lstm", cell="lstm", layers=2)).fused()
    cases: dict[str, Callable[[], float]] = {
        "default network": partial(scan_once, hybrid, flank),
        "its convolutions alone": partial(scan_once, conv, flank),
        "its recurrent level alone": partial(recurrent_once, hybrid),
        "plain LSTM over bases": partial(scan_once, lstm, flank),
    }
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, run in cases.items():
            seconds[name].append(run())
    lines = ["method\tstrand_bases_per_cpu_second"]
    for name, values in seconds.items():
        lines.append(f"{name}\t{2 * _BASES / statistics.median(values):.0f}")
    text = "\n".join(lines)
    print(text)
    (_HERE / "results").mkdir(exist_ok=True)
    (_HERE / "results" / "speed.tsv").write_text(text + "\n")


if __name__ == "__main__":
    main()
