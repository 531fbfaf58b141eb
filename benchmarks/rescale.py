"""The scales of models learned again, on the validation sequence that they had; no weight moves.

For what reads a network's probabilities otherwise than when it was trained
(:mod:`splicenet.model.scale`). Figures of held-out sequence in the file are measured again, as
training does. Writes ``FOLDER/NAME.splicenet``; copy it to ``splicenet/weights`` to ship it.

    python benchmarks/rescale.py --genomes genomes --folder rescaled animals plants
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from left_out import judged_regions, open_all

from splicenet.genome.intervals import Interval
from splicenet.genome.species import Species
from splicenet.model.modelfile import Model, load_model, save_model
from splicenet.model.shipped import find_model
from splicenet.training.finish import fitted_scales, held_out_record, thinned

Part = tuple[Species, list[Interval]]


def rescaled(model: Model, known: dict[str, Species], genomes: Path, test_bases: int) -> Model:
    """The same network on new scales, with its figures."""
    data = model.record["data"]

    def parts(name: str) -> list[Part]:
        return [(known[one], [Interval(*span) for span in data[one][name]]) for one in data]

    for one, regions in parts("held_out"):
        if regions != judged_regions(genomes, one):
            raise SystemExit(f"{one.name}: the model was trained with other regions held out")
    bases = model.record["training"]["validation_bases"]
    scale, species = fitted_scales(
        model.network, parts("validation"), flank=model.flank, validation_bases=bases
    )
    found = replace(model, scale=scale, species=species)
    judged = thinned(parts("held_out"), test_bases)
    return replace(found, record=model.record | held_out_record(found, judged, _unheard))


def _unheard(what: str, bases: int) -> Callable[[int], object]:
    return lambda done: None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="+", help="names of what ships, or files")
    parser.add_argument("--genomes", type=Path, required=True, help="with samplesheet, splits.bed")
    parser.add_argument("--test-bases", type=int, default=4_000_000, help="of each species")
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/rescaled"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    options.folder.mkdir(parents=True, exist_ok=True)
    known = open_all(options.genomes)
    for name in options.models:
        path = find_model(name)[0]
        found = rescaled(load_model(path), known, options.genomes, options.test_bases)
        for reading, scale in {"any": found.scale, **found.species}.items():
            print(path.stem, reading, "taken off in copies:", scale.copies, flush=True)
        save_model(options.folder / path.name, found)


if __name__ == "__main__":
    main()
