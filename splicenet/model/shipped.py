"""The models that come with splicenet, by name."""

from __future__ import annotations

import os
from pathlib import Path

from splicenet.exceptions import ModelFileError
from splicenet.model.modelfile import SUFFIX

__all__ = ["DEFAULT", "model_path", "shipped_models"]

DEFAULT = "universal"
_FOLDER = Path(__file__).parent.parent / "weights"


def shipped_models() -> dict[str, Path]:
    """Names and files of the models in the package."""
    return {path.stem: path for path in sorted(_FOLDER.glob(f"*{SUFFIX}"))}


def model_path(name_or_path: str | Path) -> Path:
    """Find a model: a file of that name, else a shipped model.

    Raises
    ------
    ModelFileError
        If it is neither.
    """
    if os.path.exists(name_or_path):
        return Path(name_or_path)
    shipped = shipped_models()
    if str(name_or_path) not in shipped:
        raise ModelFileError(
            "there is no such model file, nor does a model of this name come with splicenet "
            f"({', '.join(shipped)} do)",
            path=name_or_path,
        )
    return shipped[str(name_or_path)]
