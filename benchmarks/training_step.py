"""One training step in a process of its own: its peak memory and its time.

Run by the benchmarks of memory, token budget and cells, with the case as JSON; prints JSON.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from math import isqrt
from pathlib import Path
from typing import Any

_KIBIBYTE, _MEBIBYTE = 1 << 10, 1 << 20


def in_a_process(case: dict[str, Any]) -> dict[str, float]:
    """Peak memory and seconds of the case, by :func:`measure` in a fresh process.

    Raises
    ------
    subprocess.CalledProcessError
        If the process fails, as for want of memory.
    """
    command = [sys.executable, str(Path(__file__)), json.dumps(case)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def measure(case: dict[str, Any]) -> dict[str, float]:
    """Train the default network, or that of the case, for some steps on random bases.

    Keys of the case: ``network`` (settings of :class:`NetworkConfig`), ``batch``, ``length`` in
    bases, ``bptt`` in bases or None, ``recompute``, ``steps``; ``device``, ``cpu`` if it is not
    given; ``precision``, ``float32`` if it is not given. Seconds are those of the CPU on a CPU, and
    of the clock elsewhere.
    """
    import torch

    from splicenet.model.network import NetworkConfig, SpliceNetwork
    from splicenet.training.batches import Batch, stagger
    from splicenet.training.descent import descend, make_optimizer
    from splicenet.training.settings import TrainingSettings

    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = NetworkConfig(**case["network"])
    device = torch.device(case.get("device", "cpu"))
    network = SpliceNetwork(config).to(device)
    settings = TrainingSettings(steps=1, precision=case.get("precision", "float32"))
    optimizer = make_optimizer(network, settings)
    codes = torch.randint(0, 4, (case["batch"], case["length"]), dtype=torch.uint8)
    codes = codes.to(device)
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    steps = -(-case["length"] // config.step)
    before = _peak()
    seconds = []
    for step in range(case["steps"]):
        every = case["bptt"] and max(1, case["bptt"] // config.step)
        batch = Batch(
            codes,
            torch.zeros_like(codes),
            codes.numel(),
            truncation=stagger(every, 0, step) if every else None,
            recompute=isqrt(steps) if case["recompute"] else 0,
        )
        began = clock()
        descend(network, optimizer, batch, settings, rate=1e-3)
        seconds.append(clock() - began)
    return {
        "before_mb": round(before / _MEBIBYTE, 1),
        "peak_mb": round(_peak() / _MEBIBYTE, 1),
        "step_seconds": round(min(seconds), 4),
    }


def _peak() -> int:
    """Bytes of memory that this process has held at most."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * _KIBIBYTE


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))
