"""One model, one file: safetensors weights with everything else as JSON in the header.

Nothing is ever unpickled, so a model from a stranger cannot run code.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from splicenet.exceptions import ModelFileError
from splicenet.genome.alphabet import LETTERS
from splicenet.genome.intervals import Kind
from splicenet.genome.output import atomic
from splicenet.genome.spectrum import LENGTH
from splicenet.model.calibration import Calibration
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.scale import Scale

__all__ = [
    "ANY",
    "FORMAT",
    "LABEL_CONVENTION",
    "SUFFIX",
    "Model",
    "check_format",
    "load_model",
    "save_model",
    "species_in",
]

ANY = "any"
"""What a model is told to read a genome as none of its species."""
FORMAT = 2
"""In 1 a rectifier stood before the norm of the recurrent level, and no cell was bounded."""
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
    scale
        How to read its probabilities in a genome of which nothing is known.
    record
        How the model came to be, as JSON: seed, versions, settings, data with checksums, held-out
        regions and the metrics on them.
    species
        The scales of single species, by name: one network errs differently in each. The network may
        have biases for some, too.
    words
        Of the species that it was trained on, if they are several, the frequencies of their words
        (:func:`~splicenet.genome.spectrum.spectrum`), by name.
    """

    network: SpliceNetwork
    flank: int
    scale: Scale
    record: dict[str, Any] = field(default_factory=dict)
    species: Mapping[str, Scale] = field(default_factory=dict)
    words: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def calibration(self) -> Mapping[Kind, Calibration]:
        """The scale's."""
        return self.scale.calibration

    @property
    def threshold(self) -> Mapping[Kind, float]:
        """The scale's."""
        return self.scale.threshold

    def for_species(self, name: str | None) -> Model:
        """The same model as it reads a species, on its scale; as it is with ``None`` or ``any``.

        Raises
        ------
        ModelFileError
            If the model knows no such species.
        """
        if name is None or (name == ANY and ANY not in self.known_species):
            return self
        if name not in self.known_species:
            known = ", ".join(sorted(self.known_species)) or "none"
            asked = name or "a species without a name"
            raise ModelFileError(
                f"the model has nothing of its own for {asked}; the species it has something for: "
                f"{known}"
            )
        network, scale = self.network.for_species(name), self.species.get(name, self.scale)
        return replace(self, network=network, scale=scale, species={}, words={})

    @property
    def known_species(self) -> set[str]:
        """Those that it has a scale or biases for."""
        return {*self.species, *self.network.config.species}

    def if_known(self, name: str) -> Model:
        """As :meth:`for_species`; the model as it is if it does not know the species."""
        return self.for_species(name) if name in self.known_species else self


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
        "scale": model.scale.to_dict(),
        "species": {name: scale.to_dict() for name, scale in model.species.items()},
        # Per million: whole numbers are short, and as exact as a few megabases are.
        "words": {name: (1e6 * w).round().astype(int).tolist() for name, w in model.words.items()},
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
        If the file is missing, damaged, no splicenet model, written by a newer or an older version,
        or made for another alphabet.
    """
    text, weights = _read(path)
    try:
        header = json.loads(text)
        _check_readable(header)
        network = SpliceNetwork(NetworkConfig.from_dict(header["network"]))
        network.load_state_dict(weights)
        return Model(
            network.eval(),
            int(header["flank"]),
            Scale.from_dict(header["scale"]),
            dict(header["record"]),
            {name: Scale.from_dict(scale) for name, scale in header["species"].items()},
            {name: _frequencies(counts) for name, counts in header.get("words", {}).items()},
        )
    except ModelFileError as error:
        raise ModelFileError(error.message, path=path) from error
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise _damaged(path, error) from error


def species_in(path: str | Path) -> set[str]:
    """The species that the model in a file knows, as :attr:`Model.known_species`.

    The weights are not read, nor is what else the file says checked, as :func:`load_model` does.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged or no splicenet model.
    """
    try:
        header = json.loads(_read(path, weights=False)[0])
        return {*header["species"], *header["network"].get("species", ())}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path, error) from error


def _read(path: str | Path, *, weights: bool = True) -> tuple[str, dict[str, Tensor]]:
    """The description in a file, as it stands there, and if wanted the weights by name."""
    if not os.path.isfile(path):
        raise ModelFileError("there is no such model file", path=path)
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(_KEY)
            names = list(file.keys()) if weights else []
            tensors = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as error:
        raise ModelFileError(
            "this is not a splicenet model, or it is damaged; train or copy it again", path=path
        ) from error
    if text is None:
        raise ModelFileError(
            "this safetensors file holds no splicenet model (its header has no 'splicenet' entry); "
            "what `splicenet pretrain` writes is for `train --init` and `phylogeny`",
            path=path,
        )
    return text, tensors


def _frequencies(counts: Sequence[int]) -> np.ndarray:
    values = np.array(counts, float)
    if values.shape != (4**LENGTH,) or not (values >= 0).all() or not values.any():
        raise ValueError("frequencies of words must be as many as there are words")
    return values / values.sum()


def check_format(number: int, *, path: str | Path | None = None) -> None:
    """Refuse a file of another format than :data:`FORMAT`.

    Raises
    ------
    ModelFileError
        If it is another.
    """
    if number != FORMAT:
        newer = number > FORMAT
        whose, then = ("a newer", "upgrade splicenet") if newer else ("an older", "train it again")
        raise ModelFileError(
            f"this model was written by {whose} splicenet (file format {number}, this "
            f"version reads {FORMAT}); {then}",
            path=path,
        )


def _check_readable(header: dict[str, Any]) -> None:
    check_format(header["format"])
    if header["alphabet"] != LETTERS:
        raise ModelFileError(
            f"this model reads the alphabet {header['alphabet']!r}, not DNA ({LETTERS})"
        )


def _damaged(path: str | Path, error: Exception) -> ModelFileError:
    why = _first_line(error)
    return ModelFileError(f"the model's description is damaged or incomplete ({why})", path=path)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
