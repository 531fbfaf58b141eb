"""What marking down sequence that stands in a genome more than once brings.

Every species by the model that ships for it, told which it is, and, where a folder of
``splicenet crossval`` is given, by the networks that have never seen it, read as any: how much is
taken off was learned on validation sequence, of the other species for these. AUPRC over every base
of both strands of what judges a species, with and without. Writes ``results/copies.tsv``, whose
rows are kept.

    python benchmarks/copies.py --genomes genomes --crossval benchmark-data/crossval_frames
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from left_out import judged_regions, open_all, shipped_readings
from rows import fill

from splicenet.evaluation.copies import CopiedBases
from splicenet.evaluation.metrics import average_precision
from splicenet.genome.checksum import sha256
from splicenet.genome.interval_sets import thin_out
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.genome.species import Species
from splicenet.model.modelfile import Model, load_model
from splicenet.model.scale import Scale
from splicenet.model.scoring import Stretch, scan
from splicenet.model.shipped import open_model
from splicenet.training.finish import fitted_scales

_RESULTS = Path(__file__).parent / "results" / "copies.tsv"
_FLOOR = 1e-4
_LEFT_OUT = "without-{}-1"


def cases(crossval: Path | None, bases: int) -> Iterator[dict[str, Any]]:
    """Every species by what ships, and by what has not seen it."""
    for reading in shipped_readings():
        yield {**reading, "test_bases": bases}
    if crossval is None:
        return
    for reading in shipped_readings():
        species = reading["species"]
        path = crossval / "folds" / _LEFT_OUT.format(species) / "model.splicenet"
        weights = sha256(path)[:12]
        yield {"species": species, "model": "left out", "weights": weights, "test_bases": bases}


def learned(model: Model, known: dict[str, Species], bases: int) -> Scale:
    """The scale of a network in any genome, by the validation sequence of its species."""
    data = model.record["data"]
    parts = [
        (known[name], [Interval(*span) for span in one["validation"]]) for name, one in data.items()
    ]
    untold = model.network.for_species(None)
    scale, _ = fitted_scales(untold, parts, flank=model.flank, validation_bases=bases)
    return scale


def with_and_without(
    model: Model, scale: Scale, one: Species, where: list[Interval]
) -> dict[str, Any]:
    """AUPRC of both kinds, by how they are read."""
    bases = CopiedBases(floor=_FLOOR)
    stretches = (Stretch.of(one.genome, region) for region in where)
    for contig, scores in scan(model.network.fused(), stretches, flank=model.flank):
        bases.add(one, contig, scores)
    plain = scale.without_copies()
    row: dict[str, Any] = {f"{kind}_copies": round(scale.copies[kind], 3) for kind in KINDS}
    for index, kind in enumerate(KINDS):
        found = bases.columns(index)
        row[f"{kind}_share"] = round(float(found.share[found.truth].mean()), 4)
        row[f"{kind}_without"] = round(average_precision(bases.scored(index, plain)), 4)
        row[kind] = round(average_precision(bases.scored(index, scale)), 4)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True, help="with samplesheet, splits.bed")
    parser.add_argument("--crossval", type=Path, help="a finished one, of the same samplesheet")
    parser.add_argument("--test-bases", type=int, default=4_000_000, help="of each species")
    parser.add_argument(
        "--validation-bases", type=int, default=200_000, help="a tenth of what is read of each"
    )
    parser.add_argument("--results", type=Path, default=_RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    known = open_all(options.genomes)

    def measure(species: str, model: str, weights: str, test_bases: int) -> dict[str, Any]:
        one = known[species]
        where = thin_out(judged_regions(options.genomes, one), test_bases // 2)
        if model != "left out":
            reader = open_model(f"{model}:{species}")
            return with_and_without(reader, reader.scale, one, where)
        folder = options.crossval / "folds" / _LEFT_OUT.format(species)
        reader = load_model(folder / "model.splicenet")
        scale = learned(reader, known, options.validation_bases)
        return with_and_without(reader, scale, one, where)

    table = fill(options.results, cases(options.crossval, options.test_bases), measure)
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
