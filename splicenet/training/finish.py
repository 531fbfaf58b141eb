"""From trained weights to a model that can be believed: flank, calibration, threshold, metrics.

The calibration and the thresholds are learned on the validation sequence. The held-out sequence
is read once, for the metrics that go into the model file, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import floor, isnan
from typing import Any

import numpy as np

from splicenet.evaluation.calibration import fit_with_copies
from splicenet.evaluation.copies import CopiedBases
from splicenet.evaluation.judge import judge_model
from splicenet.evaluation.metrics import best_f1_threshold
from splicenet.evaluation.protocol import PROTOCOLS
from splicenet.genome.interval_sets import spread, thin_out
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.genome.species import Species
from splicenet.model.modelfile import Model
from splicenet.model.network import SpliceNetwork
from splicenet.model.scale import Scale
from splicenet.model.scoring import PROBE_LENGTH, Stretch, measure_flank, scan
from splicenet.training.validation import VALIDATION_FLANK

__all__ = ["calibrated_model", "fitted_scales", "held_out_record", "measured_flank", "thinned"]

_FLOOR = 1e-4
_DEFAULT_THRESHOLD, _LOWEST_THRESHOLD = 0.5, 0.01
_PROBES = 8
_CALIBRATION_SHARE = 10
"""The calibration of a species reads so many times what an evaluation while training reads."""
_ENOUGH_SITES = 50
"""A species with fewer in its validation sequence has no scale of its own."""

Part = tuple[Species, Sequence[Interval]]


def calibrated_model(
    network: SpliceNetwork,
    validation: Sequence[Part],
    *,
    validation_bases: int,
    seed: int,
    on_bases: Callable[[int], object] = lambda bases: None,
) -> Model:
    """Measure the flank, and fit scales on the validation sequence.

    One scale for each species with enough sites, and one for all of them together.
    """
    flank = measured_flank(network, validation, seed=seed)
    scale, species = fitted_scales(
        network, validation, flank=flank, validation_bases=validation_bases, on_bases=on_bases
    )
    return Model(network, flank, scale, species=species)


def fitted_scales(
    network: SpliceNetwork,
    validation: Sequence[Part],
    *,
    flank: int,
    validation_bases: int,
    on_bases: Callable[[int], object] = lambda bases: None,
) -> tuple[Scale, dict[str, Scale]]:
    """What is taken off in copies, calibrations and thresholds: of any genome, and by species."""
    readers = {name: network.for_species(name) for name in (None, *network.config.species)}
    most = _CALIBRATION_SHARE * validation_bases // 2

    def score(reader: SpliceNetwork, part: Part) -> CopiedBases:
        species, regions = part
        found = CopiedBases(floor=_FLOOR)
        stretches = (Stretch.of(species.genome, region) for region in spread(regions, most))
        for contig, scores in scan(reader.fused(), stretches, flank=max(flank, VALIDATION_FLANK)):
            found.add(species, contig, scores)
            on_bases(scores.values[0].size)
        return found

    untold = [score(readers[None], part) for part in validation]
    scored = {
        part[0].name: score(readers[part[0].name], part) if part[0].name in readers else as_any
        for part, as_any in zip(validation, untold, strict=True)
    }
    species = {
        name: _scale(one)
        for name, one in scored.items()
        if min(one.sites(kind) for kind in range(len(KINDS))) >= _ENOUGH_SITES
    }
    return _scale(CopiedBases.together(untold, floor=_FLOOR)), species


def measured_flank(network: SpliceNetwork, validation: Sequence[Part], *, seed: int) -> int:
    """The flank behind which a window's beginning shows in no reading of the network, in bases."""
    probes = _probes(validation, seed)
    names = (None, *network.config.species)
    return max(measure_flank(network.for_species(name).fused(), probes) for name in names)


def _scale(bases: CopiedBases) -> Scale:
    """Calibrations, what is taken off in copies, and the thresholds of the highest F1."""
    fitted = [fit_with_copies(bases.columns(index)) for index in range(len(KINDS))]
    calibration, copies = (
        dict(zip(KINDS, values, strict=True)) for values in zip(*fitted, strict=True)
    )
    scale = Scale(calibration, dict.fromkeys(KINDS, _DEFAULT_THRESHOLD), copies)
    best = {kind: best_f1_threshold(bases.scored(index, scale)) for index, kind in enumerate(KINDS)}
    threshold = {
        kind: _DEFAULT_THRESHOLD if isnan(one) else max(_LOWEST_THRESHOLD, floor(1000 * one) / 1000)
        for kind, one in best.items()
    }
    return replace(scale, threshold=threshold)


def thinned(parts: Sequence[Part], strand_bases: int | None) -> list[Part]:
    """So many strand-bases of each species, in stretches at equal distances; None is all."""
    return [
        (one, list(regions) if strand_bases is None else thin_out(regions, strand_bases // 2))
        for one, regions in parts
    ]


def held_out_record(
    model: Model,
    held_out: Sequence[Part],
    scoring: Callable[[str, int], Callable[[int], object]],
) -> dict[str, Any]:
    """What a model file says of held-out sequence, as JSON.

    ``metrics``, of each species as the model reads it by name, and ``untold_metrics``, as it reads
    any, where these are two things. ``scoring`` hears of each with the number of strand-bases, and
    gives what hears of those that are done.
    """
    bases = 2 * sum(len(region) for _, regions in held_out for region in regions)
    found = {"metrics": _metrics(model, held_out, scoring("held-out sequence", bases))}
    if model.network.config.species:
        untold = replace(model, network=model.network.for_species(None), species={})
        heard = scoring("held-out sequence, untold", bases)
        found["untold_metrics"] = _metrics(untold, held_out, heard)
    return found


def _metrics(
    model: Model, held_out: Sequence[Part], on_bases: Callable[[int], object]
) -> dict[str, Any]:
    """Metrics by species, protocol and kind.

    The model reads what it knows as such, and the rest as it would any genome.
    """
    found: dict[str, Any] = {}
    for species, regions in held_out:
        reader = model.if_known(species.name)
        metrics = judge_model(reader, species, regions, on_bases=on_bases).metrics()
        found[species.name] = {
            protocol: {kind: metrics[protocol, kind].to_dict() for kind in KINDS}
            for protocol in PROTOCOLS
        }
    return found


def _probes(validation: Sequence[Part], seed: int) -> list[np.ndarray]:
    """Stretches in the middle of which lies validation sequence; N beyond the contigs' ends."""
    rng = np.random.default_rng(seed)
    probes = []
    for index in range(_PROBES):
        species, regions = validation[index % len(validation)]
        region = regions[int(rng.integers(len(regions)))]
        start = int(rng.integers(region.start, region.end)) - PROBE_LENGTH // 2
        probes.append(species.genome.fetch(region.contig, start, start + PROBE_LENGTH))
    return probes
