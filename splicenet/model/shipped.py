"""Finding a model by what a user calls it: a file or a name, perhaps with a species.

``universal:homo_sapiens`` is the shipped model as it reads one of its species, ``universal:any`` as
it reads any.
"""

from __future__ import annotations

import os
from pathlib import Path

from splicenet.exceptions import ModelFileError
from splicenet.model.modelfile import SUFFIX, Model, load_model, species_in

__all__ = ["AUTO", "DEFAULT", "find_model", "narrowest_model", "open_model", "shipped_models"]

AUTO = "auto"
"""The shipped model that is best for a genome; :data:`DEFAULT` where there is none to look at.

A file of that name is ``./auto``.
"""
DEFAULT = "universal"
_FOLDER = Path(__file__).parent.parent / "weights"


def shipped_models() -> dict[str, Path]:
    """Names and files of the models in the package."""
    return {path.stem: path for path in sorted(_FOLDER.glob(f"*{SUFFIX}"))}


def open_model(name: str | Path) -> Model:
    """Load the model of that name, as it reads the species that the name may end in.

    Raises
    ------
    ModelFileError
        If there is no such model, it cannot be read, or knows no such species.
    """
    path, species = find_model(name)
    return load_model(path).for_species(species)


def narrowest_model(species: str) -> str:
    """The name of the shipped model that knows this species, and the fewest others."""
    known = {name: species_in(path) for name, path in shipped_models().items()}
    return min((name for name in known if species in known[name]), key=lambda n: len(known[n]))


def find_model(name: str | Path) -> tuple[Path, str | None]:
    """The file that a name means, and the species after its colon if there is one.

    Raises
    ------
    ModelFileError
        If it is neither a file nor a shipped model.
    """
    if str(name) == AUTO or str(name).startswith(f"{AUTO}:"):
        name = DEFAULT + str(name).removeprefix(AUTO)
    if os.path.isfile(name):
        return Path(name), None
    before, _, species = str(name).rpartition(":")
    for model, scale in ((str(name), None), (before, species)):
        if model and os.path.isfile(model):
            return Path(model), scale
        if model in shipped_models():
            return shipped_models()[model], scale
    raise ModelFileError(
        "there is no such model file, nor does a model of this name come with splicenet "
        f"({', '.join(shipped_models())} do)",
        path=name,
    )
