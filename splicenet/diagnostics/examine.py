"""Gather the evidence on a model: where to look, and everything that is measured there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from splicenet.diagnostics.arrivals import measure_arrivals
from splicenet.diagnostics.evidence import Evidence
from splicenet.diagnostics.fit import Fit, measure_fit
from splicenet.diagnostics.flow import measure_flow
from splicenet.diagnostics.windows import SiteWindows, draw_sites, site_windows
from splicenet.exceptions import RegionError, SplicenetError
from splicenet.genome.intervals import Interval, Site
from splicenet.genome.species import Species
from splicenet.genome.targets import Target, open_target
from splicenet.genome.tasks import Task
from splicenet.model.modelfile import Model
from splicenet.model.provenance import held_out_regions, seen_regions

__all__ = ["STEPS", "examine"]

STEPS = 1024
"""Recurrent steps in a window by default: half of them before the site in either direction."""

_BATCH_TOKENS = 1 << 16


def examine(
    model: Model,
    species: Sequence[Species],
    *,
    number: int = 32,
    length: int | None = None,
    sites: Sequence[Site] | None = None,
    metrics: pd.DataFrame | None = None,
    device: str = "cpu",
    seed: int = 1,
    on_sites: Callable[[int], object] = lambda sites: None,
) -> Evidence:
    """Measure a model on windows around splice sites.

    Sites are drawn from what the model held out; of a genome that it does not know, from all of
    it. Its fit is measured there and, if it was trained on these genomes, around sites of the
    sequence that it was trained on. Where the labels of its tasks can be read, their losses are
    followed as well.

    Parameters
    ----------
    number
        Sites of all species together.
    length
        Bases in a window; :data:`STEPS` recurrent steps if None.
    sites
        Follow the loss at these instead, which lie on the first species.
    metrics
        The course of the model's training.
    device
        As torch names it.
    seed
        Draws sites and steps.
    on_sites
        Hears of sites whose loss was followed.

    Raises
    ------
    RegionError
        If there is no labelled site to look at, or one lies outside the genome.
    """
    network = model.network.to(device).eval()
    length = length or STEPS * network.config.step
    batch = max(1, _BATCH_TOKENS // length)
    each = -(-number // len(species))
    tasks = network.config.tasks
    unseen, seen = [], []
    for one in species:
        known = _targets(tasks, one)
        held_out = held_out_regions(model.record, one)
        trained = seen_regions(model.record, one)
        where = held_out or [Interval(name, 0, n) for name, n in one.genome.lengths.items()]
        if held_out or not trained:
            unseen.append(_windows(one, where, each, length, seed, tasks, known))
        seen.append(_windows(one, trained, each, length, seed, tasks, known))
    if sites is None:
        followed = _joined(unseen) or _joined(seen)
    else:
        known = _targets(tasks, species[0])
        followed = (
            site_windows(species[0], sites, length, tasks=tasks, targets=known) if sites else None
        )
    if followed is None:
        raise RegionError("no labelled splice site is there to look at; name some with --sites")
    flows = measure_flow(network, followed, seed=seed, batch=batch, on_sites=on_sites)

    def fit(windows: SiteWindows | None) -> Fit | None:
        return None if windows is None else measure_fit(network, windows, batch=batch)

    return Evidence(
        config=network.config,
        training=dict(model.record.get("training", {})),
        flows=flows,
        arrivals=measure_arrivals(network, followed, batch=batch) if tasks else (),
        sites=len(followed),
        seen=fit(_joined(seen)),
        unseen=fit(_joined(unseen)),
        metrics=metrics,
    )


def _windows(
    species: Species,
    regions: Sequence[Interval],
    number: int,
    length: int,
    seed: int,
    tasks: Sequence[Task],
    targets: Mapping[str, Target],
) -> SiteWindows:
    sites = draw_sites(species, regions, number, seed=seed)
    return site_windows(species, sites, length, regions=regions, tasks=tasks, targets=targets)


def _targets(tasks: Sequence[Task], species: Species) -> dict[str, Target]:
    """What can be read of the tasks' labels: the files of the training may be elsewhere."""
    found = {}
    for task in tasks:
        try:
            target = open_target(task, species)
        except SplicenetError:
            continue
        if target is not None:
            found[task.name] = target
    return found


def _joined(parts: Sequence[SiteWindows]) -> SiteWindows | None:
    """The windows of all species; None if there is no site in any."""
    if not sum(map(len, parts)):
        return None
    return SiteWindows(
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.labels for part in parts]),
        {name: np.concatenate([part.targets[name] for part in parts]) for name in parts[0].targets},
    )
