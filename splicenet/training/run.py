"""One training run from the files a user names to the model file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from splicenet.evaluation.tasks import task_metrics
from splicenet.exceptions import TrainingError
from splicenet.genome.output import atomic
from splicenet.genome.species import Species
from splicenet.genome.targets import open_targets, resolve_tasks
from splicenet.model.kin import sample_words
from splicenet.model.modelfile import SUFFIX, Model, save_model
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.provenance import inherit, learned_bases, seen_bases
from splicenet.model.scale import Scale
from splicenet.training.balance import Balance, last_shared
from splicenet.training.batches import Batches
from splicenet.training.course import Reporter, claim, run_to_the_end
from splicenet.training.finish import calibrated_model, held_out_record, measured_flank, thinned
from splicenet.training.grounds import TrainingGround
from splicenet.training.incomplete import check_incomplete, learned_from
from splicenet.training.inherit import (
    FREEZABLE,
    Parent,
    freeze_parts,
    open_parent,
    with_frames,
    with_species,
    with_tasks,
)
from splicenet.training.loop import Trainer
from splicenet.training.parts import Parts, split_species
from splicenet.training.precision import resolved
from splicenet.training.record import run_record, task_record
from splicenet.training.settings import TrainingSettings

__all__ = ["FREEZABLE", "train_model"]


def train_model(
    species: Sequence[Species],
    output: str | Path,
    *,
    config: NetworkConfig,
    settings: TrainingSettings,
    holdout: float | str = 0.1,
    parts: Parts | None = None,
    scale: Scale | None = None,
    device: str = "cpu",
    resume: bool = False,
    restart: bool = False,
    init: str | Path | None = None,
    freeze: Sequence[str] = (),
    reporter: Reporter | None = None,
) -> Model:
    """Train on the species, write ``output`` and ``output``'s ``.metrics.tsv``.

    Parameters
    ----------
    species
        With their labels.
    output
        The model file; ``output.checkpoint`` stands beside it until it is done.
    config
        The network's shape, tasks and species; with ``init`` that model's shape is taken instead,
        and its heads of those tasks.
    settings
        The choices of the run.
    holdout
        A share, or regions as :func:`share_regions` takes them, never read before the end.
    parts
        What each part of the genomes is for; by default they are parted at random, by ``holdout``.
    scale
        How to read the probabilities; by default that is fitted to the validation sequence.
    device
        As torch names it.
    resume, restart
        Go on from the checkpoint, or throw it away; without either its presence is an error.
    init
        A model, or a pretrained file, to continue from.
    freeze
        Some of :data:`FREEZABLE`, which keep the weights of ``init``.

    Raises
    ------
    SplicenetError
        If the run cannot start, go on, or write its result.
    """
    reporter = reporter or Reporter()
    checkpoint = claim(output, resume or restart)
    settings = replace(settings, precision=resolved(settings.precision, device))
    check_incomplete(settings.incomplete, [one.name for one in species], config)
    tasks = resolve_tasks(config.tasks, species)
    Balance(tasks, settings.weights)  # a weight of no task shows before anything is read
    torch.manual_seed(settings.seed)
    network = SpliceNetwork(replace(config, tasks=tasks))
    new_heads = {task.name for task in tasks}
    ancestors: list[dict[str, Any]] = []
    if init is not None:
        parent = open_parent(init, tasks, config.pool)
        ancestors = inherit(parent.record)
        network = with_frames(parent.network, config.frames, freeze)
        if network is not parent.network and not parent.taken:
            reporter.note(f"{init}: learns of reading frames from here on, unless --frames 0")
        network, new_heads = with_species(network, config.species), parent.new
        if parent.taken:
            reporter.note(parent.taken)
            if freeze:
                raise TrainingError(
                    "what was pretrained has read one side at a time and must learn to read both; "
                    "leave --freeze out"
                )
    freeze_parts(network, freeze)
    if settings.balance == "gradnorm":
        last_shared(network)  # what leaves it nothing to measure shows now
    parts = parts or split_species(species, holdout, settings)
    for note in parts.notes:
        reporter.note(f"note: {note}")
    record = run_record(parts, network.config, settings, init, freeze) | {"ancestors": ancestors}
    if init is not None:
        _warn_of_leaks(parent, parts, reporter)
    targets = dict(zip([one.name for one in species], open_targets(tasks, species), strict=True))
    grounds = [
        TrainingGround.of(
            learned_from(one, settings.incomplete, regions), regions, targets[one.name]
        )
        for one, regions in parts.part("training")
    ]
    if new_heads:
        rates = Batches(grounds, settings, network.config, torch.device("cpu")).base_rates()
        network.expect({name: rate for name, rate in rates.items() if name in new_heads})
    trainer = Trainer(
        network.to(device),
        grounds,
        parts.part("validation"),
        settings,
        checkpoint=checkpoint,
        identity={key: record[key] for key in ("network", "training", "data")}
        | {"order of species": [one.name for one in species]},
    )
    run_to_the_end(trainer, checkpoint, resume, reporter)
    network.load_state_dict(trainer.best)
    answered = [task for task in tasks if not task.against]  # what was unlearned has no answer
    network = with_tasks(network, answered, network.config.pool)[0].to(device).eval()
    watched = parts.part("validation")
    if scale is None:
        model = calibrated_model(
            network, watched, validation_bases=settings.validation_bases, seed=settings.seed
        )
        if len(model.known_species) > 1:
            model = replace(model, words=_words(model, parts))
    else:
        model = Model(network, measured_flank(network, watched, seed=settings.seed), scale)
    judges = parts.part("held_out") if parts.judged else []
    held_out = thinned(judges, settings.test_bases)
    model.record = record | {
        "steps": trainer.state.step,
        "best_step": trainer.state.best_step,
        "minutes": trainer.state.seconds / 60,
        "setbacks": trainer.state.setbacks,
        **task_record(tasks, trainer.state),
        **held_out_record(model, held_out, reporter.scoring),
    }
    if tasks:
        bases = 2 * sum(len(region) for _, regions in held_out for region in regions)
        on_bases = reporter.scoring("held-out sequence, tasks", bases)
        model.record["task_metrics"] = {
            one.name: task_metrics(
                model.if_known(one.name), one, regions, targets[one.name], on_bases=on_bases
            )
            for one, regions in held_out
        }
    # The model last: where it stands, nothing of the run is missing.
    with atomic(f"{str(output).removesuffix(SUFFIX)}.metrics.tsv") as file:
        pd.DataFrame(trainer.state.history).to_csv(file, sep="\t", index=False)
    save_model(output, model)
    checkpoint.unlink(missing_ok=True)
    return model


def _words(model: Model, parts: Parts) -> dict[str, np.ndarray]:
    """Of the species that the model knows, by which it will know them again."""
    return {
        one.name: sample_words(one.genome, regions)
        for one, regions in parts.part("training")
        if one.name in model.known_species
    }


def _warn_of_leaks(parent: Parent, parts: Parts, reporter: Reporter) -> None:
    """Say how much of what should be new to the model its parent has seen."""
    too_high = "its probabilities may be too high on new sequence"
    for part, count, has, what, harm in (
        (
            "held_out",
            seen_bases,
            "was trained or calibrated on",
            "held out here",
            "the figures will flatter this one",
        ),
        ("validation", learned_bases, "was trained on", "kept for validation", too_high),
    ):
        if part == "validation" and parent.taken:
            continue  # what was pretrained has seen no label
        for one, regions in parts.part(part):
            known = count(parent.record, one, regions)
            if known:
                reporter.note(
                    f"warning: {one.name}: the model to begin from {has} {known:,} of the bases "
                    f"{what}; {harm}"
                )
