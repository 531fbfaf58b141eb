"""A language model of DNA, one file: safetensors with everything else as JSON in the header.

It labels nothing: ``train --init`` makes of it a model that does.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from splicenet.exceptions import ModelFileError
from splicenet.genome.alphabet import LETTERS
from splicenet.genome.output import atomic
from splicenet.model.config import NetworkConfig
from splicenet.model.language import LanguageNetwork
from splicenet.model.modelfile import FORMAT, check_format

__all__ = ["Pretrained", "is_pretrained", "load_pretrained", "save_pretrained"]

_KEY = "splicenet_language"


@dataclass
class Pretrained:
    """A network that tells bases, and how it came to be, as JSON."""

    network: LanguageNetwork
    record: dict[str, Any] = field(default_factory=dict)


def save_pretrained(path: str | Path, model: Pretrained) -> None:
    """Write the file; an existing one is replaced only once the new one is whole.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    header = {
        "format": FORMAT,
        "alphabet": LETTERS,
        "network": model.network.config.to_dict(),
        "words": model.network.words,
        "record": model.record,
    }
    tensors = {n: t.detach().cpu().contiguous() for n, t in model.network.state_dict().items()}
    data = save(tensors, metadata={_KEY: json.dumps(header, sort_keys=True)})
    with atomic(path, mode="wb") as file:
        file.write(data)


def is_pretrained(path: str | Path) -> bool:
    """Whether this is a file that :func:`save_pretrained` wrote."""
    if not os.path.isfile(path):
        return False
    try:
        with safe_open(path, framework="pt") as file:
            return _KEY in (file.metadata() or {})
    except (SafetensorError, OSError):
        return False


def load_pretrained(path: str | Path) -> Pretrained:
    """Read the file; the network comes back in eval mode on the CPU.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, not pretrained, or written by another version.
    """
    if not os.path.isfile(path):
        raise ModelFileError("there is no such model file", path=path)
    if not is_pretrained(path):
        raise ModelFileError("this is not what `splicenet pretrain` writes", path=path)
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads(file.metadata()[_KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        check_format(header["format"], path=path)
        network = LanguageNetwork(NetworkConfig.from_dict(header["network"]), header["words"])
        network.load_state_dict(tensors)
        return Pretrained(network.eval(), dict(header["record"]))
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelFileError(
            f"this model is damaged or incomplete ({str(error).partition(chr(10))[0]})", path=path
        ) from error
