"""How right probabilities can be made, and by what: where a calibration is learned.

Every species that ships, as ``predict`` reads it alone, with the calibration learned on its
validation sequence, as a training does; on 2 Mb of training sequence; on both; and on the very
sequence that judges it, which is cheating and says what no calibration can mend. All are judged on
the whole of what is held out. Writes ``results/calibration.tsv``, whose rows are kept.

    python benchmarks/calibration.py --genomes genomes
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from left_out import WHERE, judged_regions, open_all, shipped_readings
from rows import fill

from splicenet.evaluation.calibration import fit_calibration
from splicenet.evaluation.metrics import best_f1_threshold, summarise
from splicenet.evaluation.protocol import tally_network
from splicenet.evaluation.scored import ScoredBases
from splicenet.genome.interval_sets import subtract, thin_out
from splicenet.genome.intervals import Interval, Kind
from splicenet.genome.labels import KINDS
from splicenet.genome.species import Species
from splicenet.model.modelfile import load_model
from splicenet.model.shipped import find_model

_RESULTS = Path(__file__).parent / "results" / "calibration.tsv"
_LEARNED_ON = {
    "validation": ("validation",),
    "training": ("training",),
    "validation and training": ("validation", "training"),
    "held out itself": ("held_out",),
}
_TRAINING_BASES = 2_000_000
_PARTS = ("validation", "held_out")
_FLOOR = 1e-4
Scored = Mapping[Kind, ScoredBases]


def cases() -> Iterator[dict[str, Any]]:
    """Every species by the narrowest model, and by what it is calibrated."""
    for reading in shipped_readings():
        for place in _LEARNED_ON:
            yield {**reading, "learned_on": place}


class Bench:
    """The parts of the species, each scored once; of what was trained on 2 Mb."""

    def __init__(self, genomes: Path) -> None:
        self._genomes = genomes
        self._known = open_all(genomes)
        self._scored = cache(self._score)

    def measure(self, species: str, model: str, weights: str, learned_on: str) -> dict[str, Any]:
        """Columns of a row."""
        judged = self._scored(species, model, "held_out")
        row: dict[str, Any] = {}
        for kind in KINDS:
            seen = ScoredBases(floor=_FLOOR)
            for part in _LEARNED_ON[learned_on]:
                seen.extend(self._scored(species, model, part)[kind])
            calibration = fit_calibration(seen)
            threshold = best_f1_threshold(seen.mapped(calibration.apply))
            found = summarise(judged[kind].mapped(calibration.apply), threshold=threshold)
            row[f"{kind}_sites_learned_on"] = seen.sites
            row[f"{kind}_sites"] = found.sites
            for name in ("ece", "ece_by_chance", "promised", "precision"):
                row[f"{kind}_{name}"] = round(getattr(found, name), 4)
        return row

    def _score(self, name: str, model: str, part: str) -> Scored:
        """As the network gives them."""
        reader = load_model(find_model(model)[0])
        species = self._known[name]
        regions = self._regions(species, reader.record["data"][name], part)
        return tally_network(
            reader.network.for_species(name), species, regions, flank=reader.flank, floor=_FLOOR
        ).scored[WHERE]

    def _regions(self, species: Species, data: Mapping[str, Any], part: str) -> list[Interval]:
        """A part of the genome, as the training of the model had it; some of what it learned."""
        parted = {name: [Interval(*span) for span in data[name]] for name in _PARTS}
        if parted["held_out"] != judged_regions(self._genomes, species):
            raise SystemExit(f"{species.name}: the model was trained with other regions held out")
        if part in parted:
            return parted[part]
        everything = [Interval(name, 0, length) for name, length in species.genome.lengths.items()]
        used = sorted(parted["validation"] + parted["held_out"])
        return thin_out(subtract(everything, used), _TRAINING_BASES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True, help="with samplesheet, splits.bed")
    parser.add_argument("--results", type=Path, default=_RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    fill(options.results, cases(), Bench(options.genomes).measure)


if __name__ == "__main__":
    main()
