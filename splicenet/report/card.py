"""A model's card: what it learned from, how good it is where, and what it is not for.

Everything in it comes from the model file. Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from splicenet.genome.labels import KINDS
from splicenet.model.modelfile import ANY, Model
from splicenet.training.settings import TrainingSettings

__all__ = ["model_card"]

_HEAD = (
    "| species | where | strand-bases | sites | AUPRC | top-k | calibration error | by chance |",
    "|---|---|---|---|---|---|---|---|",
)
_WEAK = 0.5
"""AUPRC below which a species is named among those that the model is not for."""


def model_card(name: str, model: Model) -> str:
    """The card as Markdown.

    Parameters
    ----------
    name
        What the model is called.
    model
        As it was loaded; of a file that :func:`~splicenet.model.modelfile.save_model` wrote.
    """
    title = [f"# {name}"]
    if not model.record:
        return "\n\n".join([*title, "The file does not say how the model came to be."])
    metrics = model.record.get("metrics", {})
    untold = model.record.get("untold_metrics", {})
    sections = [
        title,
        _training(model),
        ["## Data", "", *_data(model.record["data"])],
        ["## Accuracy on held-out sequence", "", *_metrics(metrics, untold)],
        ["## What it is not for", "", *_limits(metrics)],
    ]
    return "\n\n".join("\n".join(section) for section in sections)


def _training(model: Model) -> list[str]:
    record = model.record
    config, settings = model.network.config, record["training"]
    weights = sum(parameter.numel() for parameter in model.network.parameters())
    level = "" if config.architecture == "conv" else f", cell {config.cell}"
    versions = ", ".join(f"{what} {version}" for what, version in record["versions"].items())
    told = (
        f"- told which of {len(config.species)} species it reads, but for"
        f" {settings.get('untold', TrainingSettings.untold):.1%} of the windows"
    )
    scales = {ANY: model.scale, **model.species}
    copies = ", ".join(
        f"{name} {' / '.join(f'{scale.copies[kind]:.2f}' for kind in KINDS)}"
        for name, scale in scales.items()
    )
    incomplete = ", ".join(dict.fromkeys(settings.get("incomplete", ())))
    return [
        f"- network: {config.architecture}{level}, {weights:,} weights",
        *([told] if config.species else []),
        f"- training: {record['minutes']:,.0f} minutes, {record['steps']:,} steps of"
        f" {settings['batch_tokens']:,} bases, the best of them at step {record['best_step']:,};"
        f" seed {record['seed']}; began from {_file(settings.get('init'), 'nothing')}",
        *([f"- of {incomplete} only the spliced genes were learned from"] if incomplete else []),
        f"- taken off log-odds where all about a base stands elsewhere in the genome too,"
        f" donors / acceptors: {copies}",
        f"- flank: {model.flank:,} bases on either side of what is scored",
        f"- made with: {versions}",
    ]


def _data(data: Mapping[str, Any]) -> Iterator[str]:
    yield "| species | genome, sha256 | annotation | donors, acceptors | held out |"
    yield "|---|---|---|---|---|"
    for species, one in data.items():
        counts = f"{one['donors']:,}, {one['acceptors']:,}"
        yield (
            f"| {species} | {_file(one.get('fasta'))} | {_file(one.get('annotation'))} | {counts}"
            f" | {_regions(one['held_out'])} |"
        )


def _file(source: Mapping[str, str] | None, missing: str = "-") -> str:
    return f"{source['name']} {source['sha256'][:12]}" if source else missing


def _regions(spans: Sequence[tuple[str, int, int]]) -> str:
    shown = ", ".join(f"{contig}:{start}-{end}" for contig, start, end in spans[:3])
    return shown + (f" and {len(spans) - 3:,} more" if len(spans) > 3 else "") or "-"


def _metrics(metrics: Mapping[str, Any], untold: Mapping[str, Any]) -> Iterator[str]:
    if not metrics:
        yield "Not measured: nothing was held out."
        return
    yield (
        "Nothing of it was read by training, stopping, calibration or the choice of the threshold."
        " Donors / acceptors. By chance: the calibration error that probabilities which are right"
        " would show on so many bases."
    )
    yield ""
    yield from _HEAD
    yield from _rows(metrics)
    if untold:
        yield ""
        yield "So with `MODEL:SPECIES`. Read without a word of the species, as any genome is:"
        yield ""
        yield from _HEAD
        yield from _rows(untold)


def _rows(metrics: Mapping[str, Any]) -> Iterator[str]:
    for species, protocols in metrics.items():
        for where, kinds in protocols.items():
            figures = [kinds[kind] for kind in KINDS]

            def pair(key: str, form: str, figures: list[Any] = figures) -> str:
                return " / ".join(
                    "-" if one.get(key) is None else f"{one[key]:{form}}" for one in figures
                )

            columns = ("auprc", "top_k", "ece", "ece_by_chance")
            scores = [pair(column, ".3f") for column in columns]
            cells = (species, where, f"{figures[0]['bases']:,}", pair("sites", ","), *scores)
            yield f"| {' | '.join(cells)} |"


def _limits(metrics: Mapping[str, Any]) -> Iterator[str]:
    weak = [
        species
        for species, protocols in metrics.items()
        if any((next(iter(protocols.values()))[kind]["auprc"] or 0) < _WEAK for kind in KINDS)
    ]
    if weak:
        yield f"- {', '.join(weak)}: an AUPRC below {_WEAK:g} over both strands."
    yield "- Species unlike those above: how far it carries to them is for an annotation to judge."
    yield "- Medical decisions."
