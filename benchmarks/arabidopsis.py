"""Accuracy after equal time on one chromosome: the default network, its variants, the plain LSTM.

Each is trained for ``--minutes`` on *Arabidopsis thaliana* chromosome 1 up to 22.5 Mb and judged on
the rest, which no training, stopping, calibration or threshold has read; beside them stand the
classical baselines, trained on the same sites. Writes ``results/arabidopsis.tsv`` and the models.

    python benchmarks/arabidopsis.py --minutes 10
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from fetch import arabidopsis_thaliana

from splicenet.model.modelfile import load_model

_HERE = Path(__file__).parent
_TEST = "NC_003070.9:22500001-30427671"
_NETWORKS = {
    "hybrid": [],
    "hybrid-lstm": ["--cell", "lstm"],
    "conv": ["--architecture", "conv"],
    "lstm": ["--architecture", "lstm"],
}


def splicenet(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "splicenet", *arguments], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", default="10")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/arabidopsis"))
    parser.add_argument("--networks", nargs="+", default=list(_NETWORKS), choices=_NETWORKS)
    options = parser.parse_args()
    genome, annotation = arabidopsis_thaliana(options.folder)
    data = ["--fasta", str(genome), "--annotation", str(annotation)]
    results = _HERE / "results"
    results.mkdir(exist_ok=True)
    rows = []
    for network in options.networks:
        model = options.folder / f"{network}.splicenet"
        choices = [*_NETWORKS[network], "--minutes", options.minutes]
        choices += ["--threads", options.threads]
        if not model.exists():
            splicenet(
                "train",
                *data,
                "--frames",
                "0",
                "--holdout",
                _TEST,
                *choices,
                "--restart",
                "-o",
                str(model),
            )
        rows += held_out_rows(network, load_model(model).record)
    table = options.folder / "baselines.tsv"
    model = options.folder / f"{options.networks[0]}.splicenet"
    splicenet("evaluate", "-m", str(model), *data, "--baselines", "-o", str(table))
    baselines = pd.read_csv(table, sep="\t").query("method != 'splicenet'")
    whole = pd.concat([pd.DataFrame(rows), baselines.drop(columns="species")])
    whole.to_csv(results / "arabidopsis.tsv", sep="\t", index=False)
    print(whole.to_string(index=False, float_format="%.3f"))


def held_out_rows(network: str, record: dict[str, Any]) -> list[dict[str, Any]]:
    """The figures that training left in the model file, made once, on the held-out sequence."""
    (protocols,) = record["metrics"].values()
    return [
        {"method": f"splicenet {network}", "where": where, "kind": kind, **figures}
        | {"minutes": record["minutes"], "steps": record["steps"]}
        for where, kinds in protocols.items()
        for kind, figures in kinds.items()
    ]


if __name__ == "__main__":
    main()
