"""Whose words a genome has: the nearest of the species that a model knows.

A model that is told its species reads better, and a genome tells of itself: words of six bases are
as frequent all over a genome as they are rarely in another. The limit was found on nine species
and four fourth chromosomes of flies. Stretches at equal distances from sequence that the model had
not seen, 4 Mb in all, lay within 0.073 of their own species; those of any other genus lay beyond
0.102. *Arabidopsis thaliana* and *A. arenosa* are 0.03 apart: *A. arenosa* is read as *A. thaliana*
nearly as well as as itself. The flies' fourth chromosome is like no other of theirs, and nearest to
a yeast, 0.12 away: beyond the limit the nearest need be no relative, and is not named. Of 100 kb
and less words say too little: there even sequence of a species itself may lie beyond the limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from splicenet.exceptions import SequenceError
from splicenet.genome.interval_sets import thin_out
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import Genome
from splicenet.genome.spectrum import spectrum, spectrum_distance
from splicenet.model.modelfile import load_model
from splicenet.model.shipped import AUTO, DEFAULT, find_model, narrowest_model

__all__ = ["ALIKE", "ENOUGH", "Kin", "choose_reading", "nearest_kin", "sample_words"]

ALIKE = 0.085
"""Distance from which a genome is not taken for that of a species."""
ENOUGH = 200_000
"""Bases from which a genome's words tell whose it is not."""
_SAMPLE = 4_000_000


class Kin(NamedTuple):
    """A species and how far its words are, as :func:`spectrum_distance` has it."""

    name: str
    distance: float

    @property
    def alike(self) -> bool:
        """Whether a genome may be taken for one of this species."""
        return self.distance < ALIKE


def sample_words(genome: Genome, regions: Sequence[Interval] | None = None) -> np.ndarray:
    """Frequencies of words in some 4 Mb of the regions, or of all of the genome.

    As :func:`spectrum` has them.
    """
    everything = [Interval(contig, 0, length) for contig, length in genome.lengths.items()]
    return spectrum(genome, thin_out(everything if regions is None else regions, _SAMPLE))


def nearest_kin(words: Mapping[str, np.ndarray], genome: Genome) -> Kin | None:
    """The species whose words are most like the genome's, like enough or not.

    A genome in which something cannot be read has none: who reads it whole will hear of it.

    Parameters
    ----------
    words
        Frequencies by species.
    """
    if not words:
        return None
    try:
        ours = sample_words(genome)
    except SequenceError:
        return None
    distances = {name: spectrum_distance(ours, theirs) for name, theirs in words.items()}
    return Kin(*min(distances.items(), key=lambda one: one[1]))


def choose_reading(model: str, genome: Genome) -> tuple[str, Kin | None]:
    """The model with the species that it is to read a genome as, and the nearest if one was sought.

    What is said after the colon holds. Otherwise it is the species whose words the genome has, or
    none; and of the shipped models, if the choice is left open, the narrowest that knows it.

    Parameters
    ----------
    model
        As :func:`~splicenet.model.shipped.find_model` takes it.

    Raises
    ------
    ModelFileError
        If there is no such model, or it cannot be read.
    """
    path, species = find_model(model)
    known = load_model(path)
    kin = nearest_kin(known.words, genome) if species is None else None
    told = kin.name if kin is not None and kin.alike else species
    name = model if species is None else model.removesuffix(f":{species}")
    if name == AUTO:
        name = narrowest_model(told) if told in known.known_species else DEFAULT
    return (name if told is None else f"{name}:{told}"), kin
