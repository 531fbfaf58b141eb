"""The learning-rate range test of ``splicenet diagnose --lr-range``."""

from __future__ import annotations

import math

import click
import pandas as pd

from splicenet.cli.progress import percent_bar
from splicenet.genome.output import STDOUT, atomic
from splicenet.genome.species import Species
from splicenet.model.modelfile import Model
from splicenet.model.network import NetworkConfig
from splicenet.model.provenance import held_out_regions
from splicenet.report.diagnosis import write_json
from splicenet.report.diagnosis_plots import plot_rates
from splicenet.report.pictures import canvas
from splicenet.training.lr_range import LearningRates, learning_rate_range
from splicenet.training.settings import TrainingSettings

__all__ = ["measure_rates", "report_rates"]

_STEPS = 200


def measure_rates(model: Model | None, species: list[Species], device: str) -> LearningRates:
    """Test rates for a new network, on the terms on which the model, or one by default, is trained.

    What the model held out is held out here as well.
    """
    config, settings = NetworkConfig(), TrainingSettings(epochs=1)
    holdout: float | str = 0.1
    if model is not None:
        config, record = model.network.config, model.record.get("training", {})
        chosen = {name: record[name] for name in settings.to_dict() if name in record}
        settings = TrainingSettings(**chosen) if chosen else settings
        regions = [one for each in species for one in held_out_regions(model.record, each) or []]
        holdout = ",".join(f"{r.contig}:{r.start + 1}-{r.end}" for r in regions) or 0.0
    with percent_bar("raising the rate") as bar:
        return learning_rate_range(
            species,
            config,
            settings,
            holdout=holdout,
            device=device,
            steps=_STEPS,
            on_step=lambda step: bar.update(100 * step / _STEPS - bar.n),
        )


def report_rates(rates: LearningRates, plots: str | None, json_file: str | None) -> None:
    """Print the zones and the rate to try; draw and write what was asked for."""
    values = rates.to_dict()
    rows = pd.DataFrame(values["rows"])
    if plots is not None:
        with canvas(f"{plots}.lr_range.png", width=8, height=4.2) as figure:
            plot_rates(figure, rows, rates.suggested)
        click.echo(f"{plots}.lr_range.png", err=True)
    if json_file is not None:
        for row in values["rows"]:
            row["loss"] = row["loss"] if math.isfinite(row["loss"]) else None
        write_json(values, json_file)
    if json_file != STDOUT:
        zones = rows.groupby("zone", sort=False)["rate"].agg(["min", "max"])
        lines = [
            f"{zone:<10}  {low:.2g} - {high:.2g}"
            for zone, (low, high) in zip(zones.index, zones.to_numpy(), strict=True)
        ]
        lines.append(f"to try next with splicenet train: --learning-rate {rates.suggested:.2g}")
        with atomic(STDOUT) as out:
            out.write("\n".join(lines) + "\n")
