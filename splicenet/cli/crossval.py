"""``splicenet crossval``."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click
import torch

from splicenet.cli.files import FileCommand
from splicenet.cli.folds import (
    Command,
    claim_folder,
    fold_arguments,
    fold_lock,
    run_processes,
)
from splicenet.cli.network_options import chosen_network, network_options
from splicenet.cli.options import (
    check_untold,
    choose_device,
    device_options,
    field_option,
    incomplete_option,
    precision_option,
    tell,
)
from splicenet.cli.running import Terminal, share_or_regions
from splicenet.exceptions import SamplesheetError, SplicenetError
from splicenet.genome.checksum import sha256
from splicenet.genome.intervals import Interval
from splicenet.genome.output import atomic
from splicenet.genome.samplesheet import Row, group_species, read_samplesheet
from splicenet.genome.sequence import open_genome
from splicenet.genome.species import left_out, open_species
from splicenet.report.crossval import crossval_page, crossval_plot, figure_height
from splicenet.report.pictures import canvas
from splicenet.training.crossval import (
    JUDGED,
    SIMILAR,
    Fold,
    gather,
    is_finished,
    plan_folds,
    run_fold,
)
from splicenet.training.incomplete import check_incomplete
from splicenet.training.parts import hold_out
from splicenet.training.precision import resolved
from splicenet.training.settings import TrainingSettings

__all__ = ["crossval"]

_DEFAULT_STEPS = 1000
_setting = partial(field_option, TrainingSettings(steps=_DEFAULT_STEPS))


@click.command(cls=FileCommand)
@click.argument("samplesheet")
@click.option(
    "-o", "--output", default="crossval", show_default=True, metavar="FOLDER", help="For results."
)
@click.option(
    "--holdout",
    default="0.1",
    show_default=True,
    help="What judges each species: a share chosen by the seed, or a BED file.",
)
@click.option(
    "--by",
    metavar="COLUMN",
    help="Leave out together the species that this column of the sheet has under one name.  "
    "[default: each by itself]",
)
@click.option(
    "--ceiling/--no-ceiling",
    default=True,
    show_default=True,
    help="Also train on each species by itself, outside what judges it.",
)
@click.option(
    "--seeds", default=1, show_default=True, type=click.IntRange(1), help="Seeds, from 1 on."
)
@click.option("--minutes", type=float, help="Budget of each training, in time.")
@click.option(
    "--steps",
    type=int,
    help=f"Budget of each training, in batches; repeats exactly.  [default: {_DEFAULT_STEPS:,}]",
)
@click.option(
    "--test-bases",
    type=click.IntRange(1),
    help="Bases of what judges a species, both strands counted, that are scored, in stretches at "
    "equal distances.  [default: all]",
)
@network_options("cell", "frames")
@click.option(
    "--species-bias",
    is_flag=True,
    help="Tell the network, as train does, which of several species it reads; the one that was "
    "left out it reads as any.",
)
@_setting("--untold", "untold", "As of train.")
@incomplete_option
@_setting("--length", "length", "As of train.", type=str)
@_setting("--batch-tokens", "batch_tokens", "As of train.")
@precision_option
@_setting("--evaluations", "evaluations", "Times that each training is judged half-way.")
@_setting("--validation-bases", "validation_bases", "Strand-bases of each evaluation.")
@click.option(
    "--similar",
    default=0.5,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of a gene's 21-letter words in the training sequence from which it is reported.",
)
@click.option(
    "--exclude-similar",
    is_flag=True,
    help="Leave genes out of the judgement that are similar to training sequence of any species, "
    "their own included.",
)
@click.option(
    "--jobs",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Folds at a time; --threads are of each.",
)
@click.option("--list", "only_list", is_flag=True, help="Name the folds and stop.")
@click.option("--fold", metavar="NAME", help="Run this one alone, as in a cluster's array of jobs.")
@device_options
def crossval(
    samplesheet: str,
    output: str,
    holdout: str,
    by: str | None,
    ceiling: bool,
    seeds: int,
    species_bias: bool,
    similar: float,
    exclude_similar: bool,
    jobs: int,
    only_list: bool,
    fold: str | None,
    device: str,
    threads: int | None,
    **choices: Any,
) -> None:
    """Train without each species in turn, and judge the model on the one that it never saw.

    Beside it stand a model trained on the species itself, outside what judges it; two classical
    baselines trained on the same other species; and how far away the nearest of these is. Genes
    of the left-out species that stand nearly alike in the training sequence are named. A killed
    run goes on with the same command: what is finished is not done again.

    \b
    splicenet crossval species.csv --holdout test.bed --steps 5000 --jobs 4 -o crossval/
    splicenet crossval species.csv --by kingdom --no-ceiling
    splicenet crossval species.csv --list
    splicenet crossval species.csv --fold without-caenorhabditis_elegans-1
    """
    check_untold(choices["untold"], species_bias)
    if choices["minutes"] is None and choices["steps"] is None:
        choices["steps"] = _DEFAULT_STEPS
    config = chosen_network(choices)
    settings = TrainingSettings(**choices)
    rows = read_samplesheet(samplesheet)
    check_incomplete(settings.incomplete, [row.species for row in rows], config)
    groups = group_species(rows, by, path=samplesheet)
    folds = plan_folds(groups, seeds=range(1, seeds + 1), ceiling=ceiling)
    if species_bias and all(len(one.trained) < 2 for one in folds):
        raise SamplesheetError(
            "--species-bias tells species apart, and every network here is trained on one; "
            "name three or more",
            path=samplesheet,
        )
    if only_list:
        click.echo("\n".join(one.name for one in folds))
        return
    place = choose_device(device, threads)
    settings = replace(settings, precision=resolved(settings.precision, place))
    folder = Path(output)
    about = {
        "species": groups,
        "files": {row.species: _checksums(row) for row in rows},
        "holdout": sha256(holdout) if os.path.isfile(holdout) else holdout,
        "training": settings.to_dict(),
        "network": config.to_dict(),
        "species_bias": species_bias,
        "similar": similar,
        "exclude_similar": exclude_similar,
    }
    claim_folder(folder, about)
    if fold is not None:
        chosen = [one for one in folds if one.name == fold]
        if not chosen:
            raise SplicenetError(f"there is no fold {fold}; --list names them")
        with fold_lock(folder / "folds" / fold):
            if not is_finished(folder / "folds" / fold):
                _run(
                    chosen[0],
                    rows,
                    folder / "folds" / fold,
                    config=config,
                    settings=settings,
                    holdout=holdout,
                    species_bias=species_bias,
                    similar=similar,
                    exclude=exclude_similar,
                    device=place,
                )
        return
    _held_out(rows, holdout, settings)  # what is wrong with it shows now, and here
    threads = threads or max(1, torch.get_num_threads() // jobs)
    context = click.get_current_context()
    commands = [
        Command(one.name, folder / "folds" / one.name, fold_arguments(one.name, threads, context))
        for one in folds
        if not is_finished(folder / "folds" / one.name)
    ]
    click.echo(f"{len(folds)} folds, {len(folds) - len(commands)} of them finished", err=True)
    run_processes(commands, jobs, on_end=lambda: _report(folder, folds))
    _report(folder, folds)
    click.echo((folder / "crossval.md").read_text(encoding="utf-8"))


class _Fold(Terminal):
    """Of a process that is begun again by the command that began it."""

    again = "the same command goes on"


def _checksums(row: Row) -> dict[str, str]:
    files = {"fasta": row.fasta, "annotation": row.annotation, "bam": row.bam}
    return {name: sha256(path) for name, path in files.items() if path is not None}


def _run(
    fold: Fold,
    rows: Sequence[Row],
    folder: Path,
    *,
    settings: TrainingSettings,
    holdout: str,
    exclude: bool,
    **more: Any,
) -> None:
    context = click.get_current_context()
    held_out = _held_out(rows, holdout, replace(settings, seed=fold.seed))
    terminal, species = _Fold(), {}
    for row in rows:
        if exclude or row.species in {*fold.trained, *fold.judged}:
            one = open_species(row.species, row.fasta, row.annotation, row.bam)
            species[row.species] = context.with_resource(one)
            tell(one.notes)
    run_fold(
        fold,
        species,
        folder,
        settings=settings,
        held_out=dict(zip([row.species for row in rows], held_out, strict=True)),
        exclude=exclude,
        reporter=terminal,
        **more,
    )
    terminal.close()


def _held_out(
    rows: Sequence[Row], holdout: str, settings: TrainingSettings
) -> list[list[Interval]]:
    """What is held out of each species; regions that lie on none of them are told."""
    context = click.get_current_context()
    # A contig belongs to the species that has it by that very name: all of them must be asked.
    genomes = [context.with_resource(open_genome(row.fasta)) for row in rows]
    skipped: Counter[str] = Counter()
    found = hold_out(genomes, share_or_regions(holdout), settings, skipped=skipped)
    tell(left_out(holdout, skipped))
    return found


def _report(folder: Path, folds: Sequence[Fold]) -> None:
    """Write what is known so far."""
    folders = [folder / "folds" / one.name for one in folds]
    judged = gather(folders, JUDGED)
    if not len(judged):
        return
    with atomic(folder / "similar.tsv") as file:
        gather(folders, SIMILAR).to_csv(file, sep="\t", index=False)
    with atomic(folder / "crossval.tsv") as file:
        judged.to_csv(file, sep="\t", index=False)
    with atomic(folder / "crossval.md") as file:
        file.write(crossval_page(judged) + "\n")
    with canvas(folder / "crossval.png", width=9, height=figure_height(judged)) as figure:
        crossval_plot(figure, judged)
