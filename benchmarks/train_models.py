"""The recipe of the shipped model: one network for nine species, from their training regions only.

Needs a folder with ``samplesheet.csv`` (species, fasta, annotation) and ``splits.bed``, the regions
kept for testing, which no training, stopping, calibration or threshold reads. A run that was killed
goes on where it was. Copy the result to ``splicenet/weights`` if it is better than what is there.

    python benchmarks/train_models.py --genomes genomes
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True)
    parser.add_argument("--minutes", default="110")
    parser.add_argument("--test-bases", default="2000000")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--output", default="benchmark-data/universal.splicenet")
    options = parser.parse_args()
    command = [sys.executable, "-m", "splicenet", "train"]
    command += ["--samplesheet", str(options.genomes / "samplesheet.csv")]
    command += ["--holdout", str(options.genomes / "splits.bed")]
    command += ["--minutes", options.minutes, "--test-bases", options.test_bases]
    command += ["--threads", options.threads]
    command += ["--output", options.output, "--resume"]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
