"""One model, one file: safetensors weights with everything else as JSON in the header.

Nothing is ever unpickled, so a model from a stranger cannot run code.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from splicenet.exceptions import ModelFileError
from splicenet.genome.alphabet import LETTERS
from splicenet.genome.intervals import Kind
from splicenet.genome.labels import KINDS
from splicenet.genome.output import atomic
from splicenet.model.calibration import Calibration
from splicenet.model.network import NetworkConfig, SpliceNetwork

__all__ = ["FORMAT", "LABEL_CONVENTION", "SUFFIX", "Model", "load_model", "save_model"]

FORMAT = 1
SUFFIX = ".splicenet"
LABEL_CONVENTION = (
    "donor: last base of the exon; acceptor: first base of the exon; "
    "0-based, in the direction of transcription"
)
_KEY = "splicenet"


@dataclass
class Model:
    """A network with what is needed to use it and to believe it.

    Parameters
    ----------
    network
        The weights.
    flank
        Bases to read on either side of a window, measured after training.
    calibration, threshold
        By kind: the map from the network's probability to an honest one, and the calibrated
        probability from which a base is called a site.
    record
        How the model came to be, as JSON: seed, versions, settings, data with checksums, held-out
        regions and the metrics on them.
    """

    network: SpliceNetwork
    flank: int
    calibration: Mapping[Kind, Calibration]
    threshold: Mapping[Kind, float]
    record: dict[str, Any] = field(default_factory=dict)


def save_model(path: str | Path, model: Model) -> None:
    """Write a ``.splicenet`` file; an existing one is replaced only once the new one is whole.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    header = {
        "format": FORMAT,
        "alphabet": LETTERS,
        "labels": LABEL_CONVENTION,
        "network": model.network.config.to_dict(),
        "flank": model.flank,
        "calibration": {kind: model.calibration[kind].to_dict() for kind in KINDS},
        "threshold": dict(model.threshold),
        "record": model.record,
    }
    weights = {
        name: t.detach().cpu().contiguous() for name, t in model.network.state_dict().items()
    }
    data = save(weights, metadata={_KEY: json.dumps(header, sort_keys=True)})
    with atomic(path, mode="wb") as file:
        file.write(data)


def load_model(path: str | Path) -> Model:
    """Read a ``.splicenet`` file; the network comes back in eval mode on the CPU.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, no splicenet model, written by a newer version or made
        for another alphabet.
    """
    if not os.path.isfile(path):
        raise ModelFileError("there is no such model file", path=path)
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(_KEY)
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ModelFileError(
            "this is not a splicenet model, or it is damaged; train or copy it again", path=path
        ) from error
    if text is None:
        raise ModelFileError(
            "this safetensors file holds no splicenet model (its header has no 'splicenet' entry)",
            path=path,
        )
    try:
        header = json.loads(text)
        _check_readable(header)
        network = SpliceNetwork(NetworkConfig.from_dict(header["network"]))
        network.load_state_dict(weights)
        return Model(
            network.eval(),
            int(header["flank"]),
            {kind: Calibration.from_dict(header["calibration"][kind]) for kind in KINDS},
            {kind: float(header["threshold"][kind]) for kind in KINDS},
            dict(header["record"]),
        )
    except ModelFileError as error:
        raise ModelFileError(error.message, path=path) from error
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise ModelFileError(
            f"the model's description is damaged or incomplete ({_first_line(error)})", path=path
        ) from error


def _check_readable(header: dict[str, Any]) -> None:
    if header["format"] > FORMAT:
        raise ModelFileError(
            f"this model was written by a newer splicenet (file format {header['format']}, "
            f"this version reads up to {FORMAT}); upgrade splicenet"
        )
    if header["alphabet"] != LETTERS:
        raise ModelFileError(
            f"this model reads the alphabet {header['alphabet']!r}, not DNA ({LETTERS})"
        )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
