"""Cross-validation over species: what a model does on a species that it never saw.

A *fold* is one training and what it is judged on. Left-out folds train on all other species and
judge those left out; within-species folds train on a species' own sequence outside the held-out
regions, and are the ceiling. The same regions judge both, and the classical baselines, which are
trained on the same species as the left-out model. A fold lives in a folder of its own and ends by
writing its table there: what is finished is never run again, what was killed goes on.

Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import numpy as np
import pandas as pd

from splicenet.evaluation.judge import Judgement, Part, judge_baselines, judge_model
from splicenet.exceptions import RegionError
from splicenet.genome.interval_sets import complement, merge, subtract
from splicenet.genome.intervals import Interval
from splicenet.genome.output import atomic
from splicenet.genome.sketch import Sketch
from splicenet.genome.species import Species
from splicenet.genome.spectrum import spectrum, spectrum_distance
from splicenet.model.modelfile import SUFFIX, Model, load_model
from splicenet.model.network import NetworkConfig
from splicenet.training.course import Reporter
from splicenet.training.finish import thinned
from splicenet.training.leakage import Leak, find_leaks
from splicenet.training.parts import part_species
from splicenet.training.run import train_model
from splicenet.training.settings import TrainingSettings

__all__ = ["JUDGED", "SIMILAR", "Fold", "gather", "is_finished", "plan_folds", "run_fold"]

JUDGED, SIMILAR = "judged.tsv", "similar.tsv"
"""Tables in the folder of a fold: how good the methods are, and what leaks."""

_FEW_BASES = 1 << 17
"""Held-out bases of the species trained on that a fold scores: they are not what it is for."""

Way = Literal["left out", "within species"]


@dataclass(frozen=True)
class Fold:
    """One training of a cross-validation."""

    name: str
    """Also of its folder."""
    way: Way
    trained: tuple[str, ...]
    """Names of species."""
    judged: tuple[str, ...]
    seed: int


def plan_folds(
    groups: Mapping[str, Sequence[str]], *, seeds: Sequence[int], ceiling: bool
) -> list[Fold]:
    """All folds of a cross-validation.

    Parameters
    ----------
    groups
        Species that are left out together, by the name of their group: each its own, or a clade.
    seeds
        Every fold is run with each.
    ceiling
        Whether every species is also trained on by itself.
    """
    everyone = [species for group in groups.values() for species in group]
    folds = []
    for seed in seeds:
        for name, group in groups.items():
            others = tuple(species for species in everyone if species not in group)
            folds.append(
                Fold(f"without-{_quoted(name)}-{seed}", "left out", others, tuple(group), seed)
            )
        if ceiling:
            folds += [
                Fold(f"within-{_quoted(one)}-{seed}", "within species", (one,), (one,), seed)
                for one in everyone
            ]
    return folds


def _quoted(name: str) -> str:
    """A name that a folder may have, whatever the species is called."""
    return quote(name, safe=" ")


def is_finished(folder: Path) -> bool:
    """Whether the fold of this folder has its table."""
    return (folder / JUDGED).exists()


def run_fold(
    fold: Fold,
    species: Mapping[str, Species],
    folder: Path,
    *,
    config: NetworkConfig,
    settings: TrainingSettings,
    held_out: Mapping[str, Sequence[Interval]],
    species_bias: bool = False,
    similar: float = 0.5,
    exclude: bool = False,
    device: str = "cpu",
    reporter: Reporter | None = None,
) -> None:
    """Train a fold, or go on with it, judge it, and write its tables.

    Parameters
    ----------
    settings
        Of the training; of ``incomplete`` those that the fold trains on are so. What judges, and
        what the baselines learn from, is the annotation as it stands.
    species
        By name, all that the fold needs: what it trains on and what it judges, and to ``exclude``
        every species of the cross-validation.
    folder
        Its folder; made if it is not there.
    held_out
        By name what judges each species; no fold trains on it.
    species_bias
        Whether the network has biases for each species, of several, that it is trained on. What it
        is judged on and does not know, it reads as any.
    similar
        Share of a gene's words in the training sequence from which it counts as known.
    exclude
        Whether genes that are known so in the training sequence of any species, the judged one
        included, are left out of the judgement: the same in all folds that judge it.

    Raises
    ------
    SplicenetError
        If the fold cannot run.
    """
    reporter = reporter or Reporter()
    for name in fold.judged:
        if not held_out[name]:
            message = f"nothing of {name} is held out to judge it by; name regions of it"
            raise RegionError(message)
    folder.mkdir(parents=True, exist_ok=True)
    incomplete = tuple(name for name in settings.incomplete if name in fold.trained)
    settings = replace(settings, seed=fold.seed, incomplete=incomplete)
    if species_bias and len(fold.trained) > 1:
        config = replace(config, species=fold.trained)
    learned = [species[name] for name in fold.trained]
    model_file = folder / f"model{SUFFIX}"
    if model_file.exists():
        model = load_model(model_file)
        model.network.to(device)
    else:
        model = train_model(
            learned,
            model_file,
            config=config,
            settings=replace(settings, test_bases=_FEW_BASES),
            parts=part_species(learned, [held_out[name] for name in fold.trained], settings),
            device=device,
            resume=True,
            reporter=reporter,
        )
    judged = thinned([(species[n], held_out[n]) for n in fold.judged], settings.test_bases)
    training = _outside(learned, held_out)
    sketch = _sketch(training)
    spectra = {one.name: spectrum(one.genome, where) for one, where in training}
    leaks = {one.name: find_leaks(one, regions, sketch, share=similar) for one, regions in judged}
    everywhere = _sketch(_outside(list(species.values()), held_out)) if exclude else None
    rows: list[dict[str, Any]] = []
    for one, regions in judged:
        known = leaks[one.name]
        if known:
            reporter.note(f"{one.name}: {_named(known)}")
        if everywhere is not None:
            regions = _without_known(one, regions, everywhere, share=similar)
        about = {
            "fold": fold.name,
            "seed": fold.seed,
            "species": one.name,
            "similar_genes": len(known) if one.genes else None,
            **_nearest(one, regions, spectra),
        }
        for judgement in _judgements(fold, model, one, regions, training):
            rows += _rows(judgement, about)
    with atomic(folder / SIMILAR) as file:
        found = [leak.to_row() for known in leaks.values() for leak in known]
        pd.DataFrame(found, columns=Leak.COLUMNS).to_csv(file, sep="\t", index=False)
    with atomic(folder / JUDGED) as file:
        pd.DataFrame(rows).to_csv(file, sep="\t", index=False)


def _outside(species: Sequence[Species], held_out: Mapping[str, Sequence[Interval]]) -> list[Part]:
    return [(one, complement(held_out[one.name], one.genome.lengths)) for one in species]


def _sketch(parts: Sequence[Part]) -> Sketch:
    return Sketch([(one.name, one.genome, where) for one, where in parts])


def _without_known(
    one: Species, regions: Sequence[Interval], sketch: Sketch, *, share: float
) -> list[Interval]:
    leaks = find_leaks(one, regions, sketch, share=share)
    left = subtract(regions, merge(leak.gene for leak in leaks))
    if not left:
        message = f"nothing of {one.name} is left to judge it by once similar genes are left out"
        raise RegionError(message)
    return left


def _judgements(
    fold: Fold, model: Model, one: Species, regions: Sequence[Interval], training: Sequence[Part]
) -> list[Judgement]:
    judged = [replace(judge_model(model, one, regions), method=fold.way)]
    if fold.way == "left out":
        judged += judge_baselines(one, regions, trained_on=training)
    return judged


def _rows(judgement: Judgement, about: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {**about, "method": judgement.method, "where": where, "kind": kind, **asdict(figures)}
        for (where, kind), figures in judgement.metrics().items()
    ]


def _nearest(
    one: Species, regions: Sequence[Interval], spectra: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    """The training species whose words are most like those of the judged regions."""
    own = spectrum(one.genome, regions)
    distances = {name: spectrum_distance(own, other) for name, other in spectra.items()}
    name = min(distances, key=distances.__getitem__)
    return {"nearest": name, "distance": distances[name]}


def _named(leaks: Sequence[Leak]) -> str:
    first = leaks[0]
    return (
        f"{len(leaks):,} genes stand nearly alike in the training sequence, among them "
        f"{first.gene} ({first.share:.0%} of its words, in {first.species} at {first.place})"
    )


def gather(folders: Sequence[Path], table: str) -> pd.DataFrame:
    """One of the tables of the folds that are finished, as one."""
    # Species may be called by numbers, or NA.
    text = (
        *("fold", "species", "nearest", "method", "where", "kind"),
        *("contig", "strand", "like_species", "like_contig"),
    )
    tables = [
        pd.read_csv(
            folder / table,
            sep="\t",
            dtype=dict.fromkeys(text, str),
            keep_default_na=False,
            na_values=[""],
        )
        for folder in folders
        if is_finished(folder)
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
