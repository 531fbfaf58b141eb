"""splicenet: splice sites read by a recurrent network that can be retrained and explained.

What the command line can do, a notebook can do with one call:

>>> import splicenet
>>> splicenet.load().predict("ACGT" * 100).shape  # strands, kinds, bases
(2, 2, 400)

Coordinates are 0-based half-open.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from splicenet._version import __version__
from splicenet.exceptions import SplicenetError
from splicenet.genome.intervals import Interval, Junction, Site, Transcript

if TYPE_CHECKING:
    from splicenet.genome.sequence import Genome
    from splicenet.inference.predictor import Predictor

__all__ = [
    "Interval",
    "Junction",
    "Predictor",
    "Site",
    "SplicenetError",
    "Transcript",
    "__version__",
    "load",
]


def load(
    model: str | Path = "auto", *, genome: Genome | str | Path | None = None, device: str = "cpu"
) -> Predictor:
    """Load a model, ready to predict.

    Parameters
    ----------
    model
        A ``.splicenet`` file, or the name of a model that comes with splicenet; after a colon, as
        in ``universal:homo_sapiens``, the species that it is to read, or ``any``.
    genome
        A FASTA or an open genome, by whose words the species is found where none is named, and
        with ``auto`` the model, as the commands do it. Without it, ``auto`` is ``universal``.
    device
        As torch names it, such as ``cpu`` or ``cuda``.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged or no model.
    SequenceError
        If the genome cannot be read.
    """
    from splicenet.inference.predictor import Predictor

    if genome is not None:
        from splicenet.genome.sequence import open_genome
        from splicenet.model.kin import choose_reading

        with open_genome(genome) if isinstance(genome, str | Path) else nullcontext(genome) as one:
            model, _ = choose_reading(str(model), one)
    return Predictor(model, device=device)


def __getattr__(name: str) -> Any:
    # Importing torch takes seconds; who only reads genomes does not wait for it.
    if name == "Predictor":
        from splicenet.inference.predictor import Predictor

        return Predictor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
