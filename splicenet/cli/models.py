"""``splicenet models``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import pandas as pd

from splicenet.evaluation.tables import as_text
from splicenet.genome.labels import KINDS
from splicenet.model.modelfile import load_model
from splicenet.model.shipped import open_model, shipped_models
from splicenet.report.card import model_card

__all__ = ["models"]


@click.command()
@click.argument("name", required=False)
def models(name: str | None) -> None:
    """List the models that come with splicenet, with their AUPRC on held-out sequence.

    Every base of both strands of regions that no training, stopping or calibration has read; a
    model with biases for species reads each as MODEL:SPECIES does, and beside it untold. With
    the NAME of one, or a model file of yours, its card: data, training, accuracy, limits.

    \b
    splicenet models
    splicenet models universal
    splicenet predict genome.fa -m universal
    """
    if name is None:
        _list()
    else:
        click.echo(model_card(name, open_model(name)))


def _list() -> None:
    rows = []
    for name, path in shipped_models().items():
        record = load_model(path).record
        for species, protocols in record["metrics"].items():
            figures = protocols["both strands"]
            rows.append(
                {
                    "model": name,
                    "species": species,
                    "donors": figures["donor"]["sites"],
                    "donor AUPRC": figures["donor"]["auprc"],
                    "acceptor AUPRC": figures["acceptor"]["auprc"],
                    **_untold(record, species),
                }
            )
    click.echo(as_text(pd.DataFrame(rows)))


def _untold(record: Mapping[str, Any], species: str) -> dict[str, float]:
    if "untold_metrics" not in record:
        return {}
    figures = record["untold_metrics"][species]["both strands"]
    return {f"{kind} untold": figures[kind]["auprc"] for kind in KINDS}
