"""A whole explanation: from windows round sites to a folder of results.

Positions are 0-based on the plus strand; windows are in reading direction.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path

import captum
import pandas as pd
import torch

from splicenet._version import __version__
from splicenet.attribution.explain import Explaining, explain_sites
from splicenet.attribution.faithfulness import Curves
from splicenet.attribution.integrated import SMALL
from splicenet.attribution.layers import layer_table
from splicenet.attribution.tracks import Tracks
from splicenet.attribution.windows import SiteWindows
from splicenet.attribution.write import site_table, write_attribution, write_table
from splicenet.exceptions import OutputError
from splicenet.genome.intervals import Kind, Transcript
from splicenet.genome.meme import Motif
from splicenet.genome.output import atomic, remove_stale
from splicenet.model.modelfile import Model
from splicenet.model.targets import asked
from splicenet.report.checking import CHECKS, check
from splicenet.report.controls import Controls
from splicenet.report.explained import clearer, for_drawing, write_report

__all__ = ["Extras", "Outcome", "explain_to_folder"]

_UNFINISHED = "unfinished"

Watch = Callable[[str, int], Callable[[int], object]]


@dataclass(frozen=True, eq=False)
class Extras:
    """What is wanted beside the scores themselves.

    Parameters
    ----------
    layers
        Levels whose hidden states are looked at, too.
    check
        Whether to measure how far to trust the explanation.
    database
        Known motifs.
    transcripts
        Genes, for the sites that are drawn.
    annotated
        Short windows round all annotated sites, to count their matrices from.
    run
        More names and values for the record of the run.
    """

    layers: Sequence[str] = ()
    check: bool = False
    database: Sequence[Motif] = ()
    transcripts: Sequence[Transcript] | None = None
    annotated: SiteWindows | None = None
    run: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What to tell: the figures of the checks by name, and warnings, a sentence each."""

    figures: dict[str, float]
    warnings: list[str]


def explain_to_folder(
    model: Model,
    windows: SiteWindows,
    settings: Explaining,
    folder: Path,
    *,
    lengths: Mapping[str, int],
    name: str,
    extras: Extras,
    resume: bool = False,
    watch: Watch = lambda what, total: lambda done: None,
) -> Outcome:
    """Explain sites and write all there is to tell.

    Parameters
    ----------
    model
        Its network is on the device to work on.
    windows, settings
        What to explain, and how.
    folder
        Exists. What is done stands in its folder ``unfinished`` until all is.
    lengths
        Of the genome's contigs.
    name
        Of the model, to show.
    extras
        What else is wanted.
    resume
        Go on with a run that was interrupted.
    watch
        Told what is done next, and how many times, gives what is told of each few that are done.

    Raises
    ------
    OutputError
        If the run to go on with was another, there is one that is not to be gone on with, or a
        file cannot be written.
    """
    began = time.monotonic()
    network, chunks = asked(model.network, settings.target), folder / _UNFINISHED
    controls = Controls.of(windows, settings.seed)
    if chunks.exists() and not resume:
        raise OutputError(
            "is left of a run that was killed: go on with --resume, or remove it to begin anew",
            path=chunks,
        )
    done = watch("explaining", len(windows) + len(controls))
    attribution = explain_sites(
        network, windows, settings, folder=chunks / "sites", resume=resume, progress=done
    )
    seconds = time.monotonic() - began
    findings = controls.find(
        network,
        windows,
        attribution.actual(windows.codes),
        settings,
        extras.database,
        extras.annotated,
        folder=chunks,
        resume=resume,
        progress=done,
    )
    tracks = Tracks(windows, attribution.actual(windows.codes))
    table = site_table(windows, attribution, tracks, model.calibration, settings.target)
    write_attribution(folder, windows, attribution, tracks, table, lengths)
    if extras.layers:
        saliency = layer_table(network, windows, settings, layers=extras.layers)
        write_table(folder / "layers.tsv", saliency)
    else:
        remove_stale([str(folder / "layers.tsv")])  # of an earlier run
    checks: tuple[dict[Kind, Curves], dict[str, float]] = {}, {}
    if extras.check:
        done = watch("checking", CHECKS * len(windows.there))
        explained = (network, windows, attribution, settings, table)
        checks = check(*explained, folder=chunks, progress=done)
    actual = attribution.actual(windows.codes)
    shown = clearer(network, windows, actual, settings, table)
    aim = None if settings.target is None else settings.target.name
    run = {
        "splicenet": __version__,
        "torch": torch.__version__,
        "captum": captum.__version__,
        **extras.run,
        "sites": len(windows),
        "bases of a window": windows.codes.shape[1],
        **asdict(settings),
        "target": aim,
        "shuffles of the sites drawn": for_drawing(settings).shuffles,
        "seconds for the sites' scores": round(seconds, 1),
        "seconds in all": round(time.monotonic() - began, 1),
        "peak memory, MB": _peak_memory(),
    }
    write_report(
        folder,
        windows,
        actual,
        shown,
        table,
        findings,
        lead=f"{len(windows)} sites, read by {name}{f' for {aim}' if aim else ''}, explained by "
        f"{_NAMES[settings.method]}.",
        settings={name: str(value) for name, value in run.items() if value is not None},
        target=settings.target,
        checks=checks,
        transcripts=extras.transcripts,
    )
    outcome = Outcome(checks[1], _warnings(table, settings.tolerance))
    with atomic(folder / "run.json") as out:
        figures = {key: x if isfinite(x) else None for key, x in outcome.figures.items()}
        json.dump({**run, "checks": figures, "warnings": outcome.warnings}, out, indent=2)
        out.write("\n")
    shutil.rmtree(chunks, ignore_errors=True)
    return outcome


_NAMES = {
    "ig": "integrated gradients",
    "gradient": "gradient times input",
    "ism": "in-silico mutagenesis",
    "smoothgrad": "SmoothGrad",
}


def _warnings(table: pd.DataFrame, tolerance: float) -> list[str]:
    """Sentences on the sites whose scores do not add up."""
    off = (table["delta"] > SMALL) & (table["relative_error"] > tolerance)
    if not off.any():
        return []
    worst = table["relative_error"][off].max()
    return [
        f"the scores of {off.sum()} of {len(table)} sites fail to add up by more than "
        f"{tolerance:g} of the difference from the reference, at worst by {worst:.2g} "
        "(relative_error in sites.tsv); give more --steps"
    ]


def _peak_memory() -> int:
    """Of the process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))
