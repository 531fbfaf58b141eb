"""The recipe of the shipped models: a network for all species, or for a clade of them.

A clade's network begins from that of all species in the same folder and learns at a lower rate;
either goes on from an earlier one with ``--init``.

Needs a folder with ``samplesheet.csv`` (species, kingdom, fasta, annotation) and ``splits.bed``,
the regions kept for testing, which no training, stopping, calibration or threshold reads; its
columns are as :mod:`left_out` says. A run that was killed goes on where it was. Copy the
result to ``splicenet/weights`` if it is better than what is there.

    python benchmarks/train_models.py --genomes genomes
    python benchmarks/train_models.py --genomes genomes --model plants --minutes 60
    python benchmarks/train_models.py --genomes genomes --model plants --init plants.splicenet
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pandas as pd
from left_out import held_out

KINGDOMS = {
    "plants": ["plant"],
    "animals": ["animal"],
    "fungi": ["fungus"],
    "protists": ["apicomplexan", "amoebozoan"],
}
"""What each model reads; ``universal`` reads everything."""
INCOMPLETE = {"dictyostelium_discoideum"}
"""Species whose annotation is cDNAs that were aligned: most of their genes are missing."""


def species_of(model: str, genomes: Path) -> pd.DataFrame:
    """The rows of the samplesheet that a model learns from, their paths whole."""
    sheet = pd.read_csv(genomes / "samplesheet.csv")
    for column in ("fasta", "annotation"):
        sheet[column] = [str((genomes / path).resolve()) for path in sheet[column]]
    sheet = sheet[["species", "kingdom", "fasta", "annotation"]]
    return sheet if model == "universal" else sheet[sheet["kingdom"].isin(KINGDOMS[model])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True)
    parser.add_argument("--model", choices=["universal", *KINGDOMS], default="universal")
    parser.add_argument("--minutes", default="62")
    parser.add_argument("--length", default="2048:8192")
    parser.add_argument("--init", type=Path, help="[default: of a clade, FOLDER/universal]")
    parser.add_argument("--learning-rate", default="0.003", help="of what begins from a model")
    parser.add_argument("--untold", default="0.125", help="as splicenet train has it")
    parser.add_argument("--validation-bases", default="1000000")
    parser.add_argument("--validation-sites", default="500", help="of every species")
    parser.add_argument("--evaluations", default="12", help="1 takes the last weights")
    parser.add_argument("--test-bases", default="4000000")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/models"))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    sheet, regions = (options.folder / f"{options.model}{end}" for end in (".csv", ".bed"))
    species = species_of(options.model, options.genomes)
    species.to_csv(sheet, index=False)
    folders = [Path(fasta).parent.name for fasta in species["fasta"]]
    held_out(options.genomes, folders).to_csv(regions, sep="\t", index=False)
    command = [sys.executable, "-m", "splicenet", "train", "--samplesheet", str(sheet)]
    command += ["--holdout", str(regions)]
    command += ["--minutes", options.minutes, "--length", options.length]
    command += ["--test-bases", options.test_bases, "--threads", options.threads]
    command += ["--validation-bases", options.validation_bases]
    command += ["--validation-sites", options.validation_sites]
    command += ["--evaluations", options.evaluations]
    command += ["--species-bias", "--untold", options.untold]
    for name in INCOMPLETE & set(species["species"]):
        command += ["--incomplete", name]
    if options.init or options.model != "universal":
        command += ["--init", str(options.init or options.folder / "universal.splicenet")]
        command += ["--learning-rate", options.learning_rate]
    command += ["--output", str(options.folder / f"{options.model}.splicenet"), "--resume"]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
