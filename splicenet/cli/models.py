"""``splicenet models``."""

from __future__ import annotations

import click
import pandas as pd

from splicenet.evaluation.tables import as_text
from splicenet.model.modelfile import load_model
from splicenet.model.shipped import shipped_models

__all__ = ["models"]


@click.command()
def models() -> None:
    """List the models that come with splicenet, with their AUPRC on held-out sequence.

    Every base of both strands of regions that no training, stopping or calibration has read.

    \b
    splicenet models
    splicenet predict genome.fa -m universal
    """
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
                }
            )
    click.echo(as_text(pd.DataFrame(rows)))
