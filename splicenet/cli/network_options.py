"""Options that say what a network looks like."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, get_args

import click

from splicenet.cli.options import field_option
from splicenet.exceptions import TrainingError
from splicenet.model.cells import CELLS
from splicenet.model.config import usual_cell
from splicenet.model.initialisation import Initialisation
from splicenet.model.network import Architecture, NetworkConfig

__all__ = ["NETWORK_OPTIONS", "chosen_network", "network_options"]

Command = TypeVar("Command", bound=Callable[..., Any])

_USUAL = NetworkConfig.architecture
_shape = partial(field_option, NetworkConfig)

_OPTIONS: dict[str, Any] = {
    "architecture": _shape(
        "--architecture",
        "architecture",
        "hybrid: convolutions and a recurrent level; lstm: recurrent layers alone, over single "
        "bases; conv: convolutions alone.",
        type=click.Choice(get_args(Architecture)),
    ),
    "cell": click.option(
        "--cell",
        type=click.Choice(CELLS),
        help=f"Kind of the recurrent layers.  [default: {usual_cell('hybrid')}; lstm for "
        "--architecture lstm]",
    ),
    "frames": click.option(
        "--frames",
        type=click.IntRange(0),
        metavar="CODONS",
        help="Tell the network how far reading frames are open on either side of a base, up to so "
        "many codons, a power of two; 0 does not. A model of --init that was not told learns it.  "
        "[default: 128; 0 for --architecture lstm]",
    ),
    "hidden": _shape("--hidden", "hidden", "Hidden units a side.", type=click.IntRange(1)),
    "layers": click.option(
        "--layers", type=click.IntRange(1), help="Recurrent layers.  [default: 1; 2 for lstm]"
    ),
    "layer_stride": _shape(
        "--layer-stride",
        "layer_stride",
        "How many times slower each recurrent layer is than the one below.",
        type=click.IntRange(1),
    ),
    "rank": _shape(
        "--rank", "rank", "Rank of the recurrent matrix of --cell lowrank.", type=click.IntRange(1)
    ),
    "initialisation": click.option(
        "--initialisation",
        type=click.Choice(get_args(Initialisation)),
        help="Of the recurrent weights: torch's own, orthogonal matrices, or gate biases for long "
        "memories (chrono).  [default: chrono for --cell diagonal, unless --forget-bias is given; "
        "else torch]",
    ),
    "longest_memory": click.option(
        "--longest-memory",
        type=click.IntRange(3),
        metavar="STEPS",
        help="Steps of a recurrent layer (8 bases in the default network) after which --cell "
        "diagonal keeps no more than 37% of its state; for other cells, up to which chrono spreads "
        "memories.  [default: 64 for --cell diagonal with --architecture hybrid, else 1024]",
    ),
    "forget_bias": click.option(
        "--forget-bias",
        type=float,
        help="Bias of the forget gates at the beginning; 1 or more remembers for longer.  "
        "[default: as --initialisation leaves it]",
    ),
}

NETWORK_OPTIONS = tuple(_OPTIONS)
"""Names of their parameters."""


def network_options(*names: str) -> Callable[[Command], Command]:
    """Some of :data:`NETWORK_OPTIONS`, all of them by default, for :func:`chosen_network`."""

    def decorate(command: Command) -> Command:
        for name in reversed(names or NETWORK_OPTIONS):
            command = _OPTIONS[name](command)
        return command

    return decorate


def chosen_network(choices: dict[str, Any], **more: Any) -> NetworkConfig:
    """Take what was chosen of a network's shape out of a command's parameters.

    Parameters
    ----------
    choices
        By name; those of :data:`NETWORK_OPTIONS` are removed.
    more
        Other fields of the shape.

    Raises
    ------
    TrainingError
        If the choices do not go together.
    """
    shape = {name: choices.pop(name) for name in NETWORK_OPTIONS if name in choices}
    architecture = shape.get("architecture", _USUAL)
    if architecture == "lstm" and shape.get("frames"):
        raise TrainingError("--architecture lstm is not told of --frames; leave them out")
    shape["cell"] = shape.get("cell") or usual_cell(architecture)
    shape["layers"] = shape.get("layers") or (2 if architecture == "lstm" else 1)
    try:
        return NetworkConfig(**shape, **more)
    except ValueError as error:
        raise TrainingError(str(error)) from error
