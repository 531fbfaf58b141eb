"""Models that have never seen some species, for benchmarks; what is trained already is kept.

A folder holds ``samplesheet.csv``, with species, fasta and annotation, and ``splits.bed``, the
regions that judge every one of them and that nothing is trained on: a table with the columns
``#contig``, ``start``, ``end`` and ``species``, the folder of the genome, for two species may have
a contig of one name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from splicenet.evaluation.judge import judge_model
from splicenet.evaluation.metrics import average_precision
from splicenet.evaluation.protocol import Tally
from splicenet.genome.checksum import sha256
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.genome.samplesheet import read_samplesheet
from splicenet.genome.species import Species, open_species
from splicenet.model.modelfile import Model, load_model, species_in
from splicenet.model.network import NetworkConfig
from splicenet.model.shipped import DEFAULT, narrowest_model, shipped_models
from splicenet.training.course import Reporter
from splicenet.training.parts import part_species
from splicenet.training.run import train_model
from splicenet.training.settings import TrainingSettings

__all__ = [
    "NETWORKS",
    "WHERE",
    "Log",
    "accuracy",
    "auprc",
    "held_out",
    "judged_regions",
    "open_all",
    "recorded",
    "shipped_readings",
    "shipped_weights",
    "trained",
]

WHERE = "both strands"
NETWORKS = {
    "default": NetworkConfig(frames=0),
    "small": NetworkConfig(channels=20, coarse_channels=40, hidden=32, frames=0),
}
"""Not told of reading frames: rows that are there were made by networks that knew of none.

The small one costs well under half as much to train, and to judge.
"""
_FEW_BASES = 1 << 17
"""Bases judged of the species trained on, which are not what this is about."""


class Log(Reporter):
    """A line for each evaluation."""

    def evaluation(self, row: Mapping[str, float]) -> None:
        """Print it."""
        columns = ("step", "minutes", "loss", "auprc_donor", "auprc_acceptor")
        print("  ", "  ".join(f"{name} {row[name]:.4g}" for name in columns), flush=True)


def open_all(folder: Path, names: Iterable[str] | None = None) -> dict[str, Species]:
    """The species of a folder, or some of them, by name."""
    rows = {row.species: row for row in read_samplesheet(folder / "samplesheet.csv")}
    chosen = rows if names is None else {name: rows[name] for name in names}
    return {
        name: open_species(name, row.fasta, row.annotation, row.bam) for name, row in chosen.items()
    }


def held_out(folder: Path, genomes: Collection[str]) -> pd.DataFrame:
    """The rows of ``splits.bed`` that are of these folders."""
    rows = pd.read_csv(folder / "splits.bed", sep="\t", dtype={"#contig": str})
    missing = set(genomes) - set(rows["species"])
    if missing:
        raise SystemExit(f"{folder}/splits.bed: nothing is held out of {', '.join(missing)}")
    return rows[rows["species"].isin(set(genomes))]


def judged_regions(folder: Path, species: Species) -> list[Interval]:
    """What judges a species."""
    rows = held_out(folder, [Path(species.genome.path).parent.name])
    lengths = species.genome.lengths
    return [
        Interval(row.contig, row.start, min(row.end, lengths[row.contig]))
        for row in rows.rename(columns={"#contig": "contig"}).itertuples()
    ]


def trained(
    path: Path,
    species: Sequence[Species],
    folder: Path,
    settings: TrainingSettings,
    *,
    config: NetworkConfig,
    init: Path | None = None,
) -> Model:
    """The model of this file; it is trained, or its training goes on, if it is not there."""
    if not path.exists():
        print(path.name, flush=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        train_model(
            species,
            path,
            config=config,
            settings=settings,
            parts=part_species(species, [judged_regions(folder, one) for one in species], settings),
            resume=True,
            init=init,
            reporter=Log(),
        )
    return load_model(path)


def auprc(tally: Tally) -> dict[str, float]:
    """Of both kinds, over every base of both strands."""
    return {kind: round(average_precision(tally.scored[WHERE][kind]), 4) for kind in KINDS}


def accuracy(model: Model, species: Species, regions: Sequence[Interval]) -> dict[str, Any]:
    """AUPRC of both kinds on some regions."""
    judged = judge_model(model, species, regions).metrics()
    return {kind: round(judged[WHERE, kind].auprc, 4) for kind in KINDS}


def shipped_weights() -> dict[str, str]:
    """The models that come with splicenet, and the first letters of their files' checksums."""
    return {name: sha256(path)[:12] for name, path in shipped_models().items()}


def shipped_readings() -> Iterator[dict[str, str]]:
    """Every species that ships with the narrowest model that knows it, and that file's checksum."""
    weights = shipped_weights()
    for species in sorted(species_in(shipped_models()[DEFAULT])):
        model = narrowest_model(species)
        yield {"species": species, "model": model, "weights": weights[model]}


def recorded(model: Model, species: Species) -> dict[str, Any]:
    """AUPRC of both kinds as the training measured it on what it held out, and its best step."""
    metrics = model.record["metrics"][species.name][WHERE]
    found = {kind: round(metrics[kind]["auprc"], 4) for kind in KINDS}
    return found | {"best_step": model.record["best_step"]}
