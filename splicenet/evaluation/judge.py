"""Judging a model, a file of sites and the classical baselines on the same annotated sequence.

Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from splicenet.evaluation.background import Background
from splicenet.evaluation.maxent import maximum_entropy_model
from splicenet.evaluation.metrics import SiteMetrics, best_f1_threshold, summarise
from splicenet.evaluation.protocol import PROTOCOLS, Tally, score_regions, tally_network
from splicenet.evaluation.pwm import position_weights
from splicenet.evaluation.reliability import Reliability, reliability
from splicenet.evaluation.scored import ScoredBases
from splicenet.evaluation.windows import WINDOWS, Baseline, site_windows
from splicenet.exceptions import RegionError
from splicenet.genome.alphabet import reverse_complement
from splicenet.genome.interval_sets import complement, shorten
from splicenet.genome.intervals import Interval, Kind, Site
from splicenet.genome.labels import KINDS, STRANDS
from splicenet.genome.species import Species
from splicenet.model.modelfile import Model
from splicenet.model.scoring import Scores

__all__ = ["Judgement", "Part", "judge_baselines", "judge_model", "judge_sites"]

Part = tuple[Species, Sequence[Interval]]
"""A species and regions of it."""
_Scored = Mapping[str, Mapping[Kind, ScoredBases]]

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

    def metrics(self) -> dict[tuple[str, Kind], SiteMetrics]:
        """Figures by protocol and kind."""
        return {
            (protocol, kind): summarise(
                self.scored[protocol][kind],
                threshold=self.threshold[kind],
                probabilities=self.probabilities,
            )
            for protocol in PROTOCOLS
            for kind in KINDS
        }

    def reliability(self) -> dict[tuple[str, Kind], Reliability]:
        """How far probabilities can be believed, by protocol and kind; empty for other scores."""
        if not self.probabilities:
            return {}
        return {
            (protocol, kind): reliability(scored)
            for protocol, by_kind in self.scored.items()
            for kind, scored in by_kind.items()
        }


def judge_model(
    model: Model,
    species: Species,
    regions: Sequence[Interval],
    *,
    on_bases: Callable[[int], object] = lambda bases: None,
) -> Judgement:
    """Score regions with a model as it is, where its network is, and calibrate the scores."""
    tally = tally_network(
        model.network,
        species,
        regions,
        flank=model.flank,
        floor=_FLOOR,
        scale=model.scale,
        on_bases=on_bases,
    )
    return Judgement("splicenet", tally.scored, model.threshold)


def judge_sites(sites: Iterable[Site], species: Species, regions: Sequence[Interval]) -> Judgement:
    """Take predicted sites as they are; a base that is not among them has a score of nothing.

    Sites are those of the genome, as :func:`~splicenet.genome.species.match_sites` gives them.
    """
    by_contig = _columns(sites)
    tally = Tally(species, floor=_FLOOR)
    for region in regions:
        positions, strands, kinds, scores = by_contig.get(region.contig, _NO_SITES)
        for start in range(region.start, region.end, _STRETCH):
            end = min(start + _STRETCH, region.end)
            there = slice(*np.searchsorted(positions, (start, end)))
            values = np.zeros((len(STRANDS), len(KINDS), end - start), np.float32)
            index = strands[there], kinds[there], positions[there] - start
            np.maximum.at(values, index, scores[there])  # of two of one base the better
            tally.add(region.contig, Scores(start, values))
    lowest = dict.fromkeys(KINDS, _FLOOR)
    return Judgement("sites", tally.scored, lowest)


_Columns = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
_NO_SITES: _Columns = (*np.empty((3, 0), np.int64), np.empty(0, np.float32))


def _columns(sites: Iterable[Site]) -> dict[str, _Columns]:
    """Positions, strands, kinds (indices) and scores by contig, sorted by position."""
    by_contig: defaultdict[str, list[Site]] = defaultdict(list)
    for site in sites:
        by_contig[site.contig].append(site)
    columns: dict[str, _Columns] = {}
    for contig, there in by_contig.items():
        there.sort(key=lambda site: site.position)
        places = [(one.position, STRANDS.index(one.strand), KINDS.index(one.kind)) for one in there]
        positions, strands, kinds = np.array(places, np.int64).T
        columns[contig] = positions, strands, kinds, np.array([one.score for one in there])
    return columns


def judge_baselines(
    species: Species, regions: Sequence[Interval], *, trained_on: Sequence[Part] | None = None
) -> list[Judgement]:
    """Train position weights and maximum entropy, and judge them on the regions.

    Both see every labelled site of what they are trained on; their thresholds have the highest F1
    there.

    Parameters
    ----------
    trained_on
        Species and regions; by default all of this species outside the regions.

    Raises
    ------
    RegionError
        If nothing is left to train on.
    """
    parts = trained_on or [(species, complement(regions, species.genome.lengths))]
    windows, background = _training_windows(parts)
    if not all(len(found) for found in windows.values()):
        raise RegionError(
            f"no splice site of {', '.join(one.name for one, _ in parts)} lies outside the "
            "evaluated regions; the baselines cannot be trained: evaluate a part, by -r"
        )
    reach = max(window.width for window in WINDOWS.values())

    def scored(baseline: Baseline, one: Species, where: Iterable[Interval]) -> _Scored:
        found = Tally(one, floor=_BITS_FLOOR)
        for contig, scores in score_regions(baseline.score, one, where, reach=reach):
            found.add(contig, scores)
        return found.scored

    judgements = []
    for name, fit in (
        ("position weights", position_weights),
        ("maximum entropy", maximum_entropy_model),
    ):
        baseline = fit(windows, background)
        watched = {kind: ScoredBases(floor=_BITS_FLOOR) for kind in KINDS}
        for one, where in parts:
            seen = scored(baseline, one, shorten(where, _THRESHOLD_BASES // len(parts)))
            for kind in KINDS:
                watched[kind].extend(seen[PROTOCOLS[0]][kind])
        threshold = {kind: float(np.nan_to_num(best_f1_threshold(watched[kind]))) for kind in KINDS}
        found = scored(baseline, species, regions)
        judgements.append(Judgement(name, found, threshold, probabilities=False))
    return judgements


def _training_windows(parts: Sequence[Part]) -> tuple[dict[Kind, np.ndarray], Background]:
    background = Background()
    found: dict[Kind, list[np.ndarray]] = {
        kind: [np.empty((0, WINDOWS[kind].width), np.uint8)] for kind in KINDS
    }
    for species, regions in parts:
        for region in regions:
            codes = species.genome.fetch(region.contig, region.start, region.end)
            background.add(codes)
            for strand, kind in product(STRANDS, KINDS):
                read = reverse_complement(codes) if strand == "-" else codes
                positions = species.labels.of_kind(region.contig, strand, kind)
                inside = positions[(positions >= region.start) & (positions < region.end)]
                offsets = inside - region.start
                if strand == "-":
                    offsets = len(region) - 1 - offsets
                found[kind].append(site_windows(read, offsets, kind))
    return {kind: np.concatenate(found[kind]) for kind in KINDS}, background
