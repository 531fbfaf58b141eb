"""From trained weights to a model that can be believed: flank, calibration, threshold, metrics.

The calibration and the thresholds are learned on the validation sequence. The held-out sequence
is read once, for the metrics that go into the model file, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, isnan
from typing import Any

import numpy as np

from splicenet.evaluation.calibration import fit_calibration
from splicenet.evaluation.metrics import best_f1_threshold, summarise
from splicenet.evaluation.protocol import PROTOCOLS, Tally, tally_network
from splicenet.evaluation.scored import ScoredBases
from splicenet.genome.intervals import Interval, Kind
from splicenet.genome.labels import KINDS
from splicenet.genome.species import Species
from splicenet.model.calibration import Calibration
from splicenet.model.modelfile import Model
from splicenet.model.network import SpliceNetwork
from splicenet.model.scoring import PROBE_LENGTH, measure_flank
from splicenet.training.loop import VALIDATION_FLANK, shorten

__all__ = ["calibrated_model", "held_out_metrics"]

_FLOOR = 1e-4
_DEFAULT_THRESHOLD, _LOWEST_THRESHOLD = 0.5, 0.01
_PROBES = 8
_CALIBRATION_SHARE = 10

Part = tuple[Species, list[Interval]]


def calibrated_model(
    network: SpliceNetwork,
    validation: Sequence[Part],
    *,
    validation_bases: int,
    seed: int,
    on_bases: Callable[[int], object] = lambda bases: None,
) -> Model:
    """Measure the flank, and fit calibration and thresholds on the validation sequence.

    Where there are several species, their scored bases are thrown together.
    """
    flank = measure_flank(network.fused(), _probes(validation, seed))
    each = _CALIBRATION_SHARE * validation_bases // len(validation)
    tallies = [
        tally_network(
            network,
            species,
            shorten(regions, each),
            flank=max(flank, VALIDATION_FLANK),
            floor=_FLOOR,
            on_bases=on_bases,
        )
        for species, regions in validation
    ]
    calibration: dict[Kind, Calibration] = {}
    threshold: dict[Kind, float] = {}
    for kind in KINDS:
        scored = _together([tally.scored[PROTOCOLS[0]][kind] for tally in tallies])
        calibration[kind] = fit_calibration(scored)
        best = best_f1_threshold(scored.mapped(calibration[kind].apply))
        threshold[kind] = (
            _DEFAULT_THRESHOLD if isnan(best) else max(_LOWEST_THRESHOLD, ceil(1000 * best) / 1000)
        )
    return Model(network, flank, calibration, threshold)


def held_out_metrics(
    model: Model,
    held_out: Sequence[Part],
    *,
    on_bases: Callable[[int], object] = lambda bases: None,
) -> dict[str, Any]:
    """Metrics by species, protocol and kind, as JSON."""
    return {
        species.name: _metrics(
            model,
            tally_network(
                model.network, species, regions, flank=model.flank, floor=_FLOOR, on_bases=on_bases
            ),
        )
        for species, regions in held_out
        if regions
    }


def _metrics(model: Model, tally: Tally) -> dict[str, Any]:
    return {
        protocol: {
            kind: summarise(
                by_kind[kind].mapped(model.calibration[kind].apply),
                threshold=model.threshold[kind],
            ).to_dict()
            for kind in KINDS
        }
        for protocol, by_kind in tally.scored.items()
    }


def _together(parts: Sequence[ScoredBases]) -> ScoredBases:
    """The scored bases of all species as one."""
    whole = ScoredBases(floor=_FLOOR)
    for part in parts:
        whole.extend(part)
    return whole


def _probes(validation: Sequence[Part], seed: int) -> list[np.ndarray]:
    """Stretches of validation sequence in which to look for the flank, padded with N if short."""
    rng = np.random.default_rng(seed)
    probes = []
    for index in range(_PROBES):
        species, regions = validation[index % len(validation)]
        region = regions[rng.integers(len(regions))]
        start = int(rng.integers(region.start, max(region.end - PROBE_LENGTH, region.start) + 1))
        probes.append(species.genome.fetch(region.contig, start, start + PROBE_LENGTH))
    return probes
