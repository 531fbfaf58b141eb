"""``splicenet probe``."""

from __future__ import annotations

import click

from splicenet.cli.files import FileCommand
from splicenet.cli.options import choose_device, device_options, open_data, tell
from splicenet.cli.running import share_or_regions
from splicenet.diagnostics.probe import Ground, probe_species
from splicenet.evaluation.tables import as_text
from splicenet.exceptions import RegionError, SamplesheetError
from splicenet.genome.output import STDOUT, atomic
from splicenet.model.shipped import DEFAULT, open_model
from splicenet.training.parts import split_species
from splicenet.training.settings import TrainingSettings

__all__ = ["probe"]


@click.command(cls=FileCommand)
@click.argument("samplesheet")
@click.option("-m", "--model", default=DEFAULT, show_default=True, help="Model file or name.")
@click.option(
    "--holdout",
    default="0.1",
    show_default=True,
    help="Sequence of each species that judges: a share chosen by --seed, or a BED file.",
)
@click.option(
    "--windows",
    default=200,
    show_default=True,
    type=click.IntRange(2),
    help="Windows of each species to learn from, and as many to judge.",
)
@click.option(
    "--length", default=2048, show_default=True, type=click.IntRange(8), help="Bases in a window."
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0), help="Of the windows."
)
@click.option(
    "-o", "--output", default=STDOUT, metavar="FILE", help="Table as TSV.  [default: printed]"
)
@device_options
def probe(
    samplesheet: str,
    model: str,
    holdout: str,
    windows: int,
    length: int,
    seed: int,
    output: str,
    device: str,
    threads: int | None,
) -> None:
    """Say whether a model knows which species it reads.

    For every level of the network a logistic regression learns to tell the species of the
    samplesheet from the level's mean state in a window; others learn it from the window's words of
    one to four bases. What the words do not tell, and a level does, the model has learned of the
    organism. `splicenet train --against-species` unlearns it.

    \b
    splicenet probe species.csv -m model.splicenet --holdout test.bed
    """
    place = choose_device(device, threads)
    network = open_model(model).network.to(place)
    species = open_data(None, None, None, samplesheet, 1)
    if len(species) < 2:
        raise SamplesheetError("one species cannot be told apart; name more", path=samplesheet)
    settings = TrainingSettings(steps=1, seed=seed)
    parts = split_species(species, share_or_regions(holdout), settings)
    tell(parts.notes)
    splits = parts.splits
    for one, split in zip(species, splits, strict=True):
        if not split.held_out:
            raise RegionError(f"nothing of {one.name} is held out, to judge the probe")
    grounds = [
        Ground(one, [*split.training, *split.validation], split.held_out)
        for one, split in zip(species, splits, strict=True)
    ]
    table = probe_species(network, grounds, windows=windows, length=length, seed=seed)
    with atomic(output) as out:
        if output == STDOUT:
            out.write(as_text(table.iloc[:, :4]) + "\n")
        else:
            table.to_csv(out, sep="\t", index=False)
