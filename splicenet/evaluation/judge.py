"""Judging a model, a file of sites and the classical baselines on the same annotated sequence.

Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from splicenet.evaluation.background import Background
from splicenet.evaluation.maxent import MaximumEntropy
from splicenet.evaluation.metrics import SiteMetrics, best_f1_threshold, summarise
from splicenet.evaluation.protocol import PROTOCOLS, Tally, score_regions, tally_network
from splicenet.evaluation.pwm import PositionWeights
from splicenet.evaluation.scored import ScoredBases
from splicenet.evaluation.windows import WINDOWS, site_windows
from splicenet.exceptions import RegionError
from splicenet.genome.alphabet import reverse_complement
from splicenet.genome.intervals import Interval, Kind, Site
from splicenet.genome.labels import KINDS, STRANDS
from splicenet.genome.regions import complement
from splicenet.genome.species import Species
from splicenet.model.modelfile import Model
from splicenet.model.scoring import Scores

__all__ = ["Judgement", "judge_baselines", "judge_model", "judge_sites"]

_FLOOR = 1e-4
_BITS_FLOOR = 0.0
"""Windows no likelier under a baseline than the genome at large are not kept."""
_STRETCH = 1 << 20
_THRESHOLD_BASES = 2_000_000


@dataclass(frozen=True)
class Judgement:
    """How one method did on one species."""

    method: str
    scored: Mapping[str, Mapping[Kind, ScoredBases]]
    """By protocol and kind."""
    threshold: Mapping[Kind, float]
    probabilities: bool = True
    """Whether scores are probabilities, so that their calibration can be judged."""

    def metrics(self) -> dict[tuple[str, str, str], SiteMetrics]:
        """Figures by method, protocol and kind."""
        return {
            (self.method, protocol, kind): summarise(
                self.scored[protocol][kind],
                threshold=self.threshold[kind],
                probabilities=self.probabilities,
            )
            for protocol in PROTOCOLS
            for kind in KINDS
        }


def judge_model(
    model: Model,
    species: Species,
    regions: Sequence[Interval],
    *,
    device: str = "cpu",
    on_bases: Callable[[int], object] = lambda bases: None,
) -> Judgement:
    """Score regions with a model and calibrate the scores."""
    tally = tally_network(
        model.network.to(device),
        species,
        regions,
        flank=model.flank,
        floor=_FLOOR,
        on_bases=on_bases,
    )
    scored = {
        protocol: {kind: by_kind[kind].mapped(model.calibration[kind].apply) for kind in KINDS}
        for protocol, by_kind in tally.scored.items()
    }
    return Judgement("splicenet", scored, model.threshold)


def judge_sites(sites: Iterable[Site], species: Species, regions: Sequence[Interval]) -> Judgement:
    """Take predicted sites as they are; a base that is not among them has a score of nothing.

    Raises
    ------
    RegionError
        If a site lies outside the genome.
    """
    lengths = species.genome.lengths
    by_contig: dict[str, list[Site]] = {}
    for site in sites:
        if site.position >= lengths.get(site.contig, 0):
            raise RegionError(
                f"a site at {site.position:,} lies outside the genome", contig=site.contig
            )
        by_contig.setdefault(site.contig, []).append(site)
    tally = Tally(species, floor=_FLOOR)
    for region in regions:
        there = by_contig.get(region.contig, [])
        for start in range(region.start, region.end, _STRETCH):
            end = min(start + _STRETCH, region.end)
            values = np.zeros((2, 2, end - start), np.float32)
            for site in there:
                if start <= site.position < end:
                    row = STRANDS.index(site.strand), KINDS.index(site.kind)
                    values[(*row, site.position - start)] = site.score
            tally.add(region.contig, Scores(start, values))
    lowest = dict.fromkeys(KINDS, _FLOOR)
    return Judgement("sites", tally.scored, lowest)


class _Baseline(Protocol):
    def score(self, codes: np.ndarray, kind: Kind) -> np.ndarray: ...


def judge_baselines(species: Species, regions: Sequence[Interval]) -> list[Judgement]:
    """Train position weights and maximum entropy outside the regions, and judge them inside.

    Both see every labelled site outside; their thresholds have the highest F1 there.

    Raises
    ------
    RegionError
        If nothing is left outside to train on.
    """
    outside = complement(regions, species.genome.lengths)
    windows, background = _training_windows(species, outside)
    if not all(len(found) for found in windows.values()):
        raise RegionError(
            f"no splice site of {species.name} lies outside the evaluated regions; "
            "the baselines cannot be trained"
        )
    reach = max(window.width for window in WINDOWS.values())

    def tally(baseline: _Baseline, where: Iterable[Interval]) -> Tally:
        found = Tally(species, floor=_BITS_FLOOR)
        for contig, scores in score_regions(baseline.score, species, where, reach=reach):
            found.add(contig, scores)
        return found

    judgements = []
    for name, family in (
        ("position weights", PositionWeights),
        ("maximum entropy", MaximumEntropy),
    ):
        baseline = family.fit(windows["donor"], windows["acceptor"], background)
        watched = tally(baseline, _first(outside, _THRESHOLD_BASES)).scored[PROTOCOLS[0]]
        threshold = {kind: float(np.nan_to_num(best_f1_threshold(watched[kind]))) for kind in KINDS}
        scored = tally(baseline, regions).scored
        judgements.append(Judgement(name, scored, threshold, probabilities=False))
    return judgements


def _training_windows(
    species: Species, regions: Sequence[Interval]
) -> tuple[dict[Kind, np.ndarray], Background]:
    background = Background()
    found: dict[Kind, list[np.ndarray]] = {
        kind: [np.empty((0, WINDOWS[kind].width), np.uint8)] for kind in KINDS
    }
    for region in regions:
        codes = species.genome.fetch(region.contig, region.start, region.end)
        background.add(codes)
        for strand in STRANDS:
            read = reverse_complement(codes) if strand == "-" else codes
            for kind in KINDS:
                positions = species.labels.of_kind(region.contig, strand, kind)
                inside = positions[(positions >= region.start) & (positions < region.end)]
                offsets = inside - region.start
                if strand == "-":
                    offsets = len(region) - 1 - offsets
                found[kind].append(site_windows(read, offsets, kind))
    return {kind: np.concatenate(found[kind]) for kind in KINDS}, background


def _first(regions: Sequence[Interval], bases: int) -> Iterator[Interval]:
    for region in regions:
        if bases <= 0:
            return
        yield Interval(region.contig, region.start, min(region.end, region.start + bases))
        bases -= len(region)
