"""How long a thousand sites take on two cores, by the clock, through the whole command.

Integrated gradients with one reference and 20 steps on annotated sites of the fly's chromosome: as
they are, and halved until all scores add up.

    python benchmarks/explain_thousand.py
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd
from explain import FLY, fly_sites, write_sites
from rows import fill

from splicenet.genome.sequence import open_genome

_RESULTS = Path(__file__).parent / "results/explain_thousand.tsv"


def measure_thousand(tolerance: float, sites: int, threads: int, model: str) -> dict[str, Any]:
    """The whole command, by the clock, and what it says of itself."""
    with tempfile.TemporaryDirectory() as folder:
        bed = Path(folder) / "sites.bed"
        with open_genome(FLY / "genome.fa.gz") as genome:
            write_sites(bed, fly_sites(genome, sites))
        command = [sys.executable, "-m", "splicenet", "explain", str(FLY / "genome.fa.gz")]
        command += ["-m", model, "--sites", str(bed), "--max-sites", str(sites), "-o", folder]
        command += ["--shuffles", "1", "--steps", "20", "--tolerance", str(tolerance)]
        began = time.monotonic()
        subprocess.run([*command, "--threads", str(threads)], check=True)
        seconds = time.monotonic() - began
        run = json.loads((Path(folder) / "run.json").read_text())
        table = pd.read_csv(Path(folder) / "sites.tsv", sep="\t")
    exact = table["relative_error"] < 0.01
    return {
        "explained": len(table),
        "seconds": round(seconds),
        "seconds for the scores": run["seconds for the sites' scores"],
        "MB": run["peak memory, MB"],
        "sites that add up to 1 %": round(float(exact.mean()), 3),
    }


def main() -> None:
    """Measure what is not yet in the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", default="universal")
    common = vars(parser.parse_args())
    cases = [{"tolerance": tolerance, **common} for tolerance in (1.0, 0.01)]
    print(fill(_RESULTS, cases, measure_thousand).to_string(index=False))


if __name__ == "__main__":
    main()
