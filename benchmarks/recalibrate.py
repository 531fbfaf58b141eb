"""Calibrates a model again and judges it again, as a training would that ends today.

The weights stay, and so does what is trained, validated and held out: for models that were trained
before the calibration, or what is judged, was changed. Needs the folder that they were trained on.

    python benchmarks/recalibrate.py plants --genomes genomes -o plants.splicenet
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch
from left_out import open_all

from splicenet.genome.intervals import Interval
from splicenet.genome.regions import complement
from splicenet.genome.species import Species
from splicenet.genome.split import Split
from splicenet.model.modelfile import load_model, save_model
from splicenet.model.shipped import find_model
from splicenet.training.finish import calibrated_model, held_out_record, thinned
from splicenet.training.parts import Parts
from splicenet.training.run import Reporter
from splicenet.training.settings import TrainingSettings


def settings_of(record: Mapping[str, Any]) -> TrainingSettings:
    """The choices of the training that made a model."""
    named = {field.name for field in fields(TrainingSettings)}
    return TrainingSettings(**{k: v for k, v in record["training"].items() if k in named})


def parts_of(record: Mapping[str, Any], genomes: Path) -> Parts:
    """The genomes, which must be those that the model had, and what each part of them was for."""
    species = list(open_all(genomes, record["data"]).values())
    return Parts(species, [_split(one, record["data"][one.name]) for one in species])


def _split(species: Species, data: Mapping[str, Any]) -> Split:
    for name, source in species.sources.items():
        if data.get(name) != source:
            raise SystemExit(f"{species.name}: not the {name} that the model was trained with")
    kept, held_out = (
        [Interval(*span) for span in data[name]] for name in ("validation", "held_out")
    )
    return Split(complement(kept + held_out, species.genome.lengths), kept, held_out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--genomes", type=Path, required=True, help="with samplesheet")
    parser.add_argument("--test-bases", type=int, help="of each species  [default: as before]")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    before = load_model(find_model(options.model)[0])
    settings = settings_of(before.record)
    settings = replace(settings, test_bases=options.test_bases or settings.test_bases)
    parts = parts_of(before.record, options.genomes)
    model = calibrated_model(
        before.network,
        parts.part("validation"),
        parts.part("training"),
        validation_bases=settings.validation_bases,
        seed=settings.seed,
    )
    held_out = thinned(parts.part("held_out"), settings.test_bases)
    record = before.record | held_out_record(model, held_out, Reporter().scoring)
    record["training"] = record["training"] | {"test_bases": settings.test_bases}
    save_model(options.output, replace(model, words=before.words, record=record))


if __name__ == "__main__":
    main()
