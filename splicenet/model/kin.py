"""Whose words a genome has: the nearest of the species that a model knows.

A model that is told its species reads better, and a genome tells of itself: words of six bases are
as frequent all over a genome as they are rarely in another. The limit was found on nine species
and four fourth chromosomes of flies. Stretches at equal distances from sequence that the model had
not seen, 4 Mb in all, lay within 0.073 of their own species; those of any other genus lay beyond
0.102. *Arabidopsis thaliana* and *A. arenosa* are 0.03 apart, and read as each other nearly as well
as as themselves. The flies' fourth chromosome, which is like no other of theirs, is 0.12 from the
nearest and better read as any genome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from splicenet.genome.intervals import Interval
from splicenet.genome.regions import thin_out
from splicenet.genome.sequence import Genome
from splicenet.genome.spectrum import spectrum, spectrum_distance

__all__ = ["ALIKE", "Kin", "nearest_kin", "sample_words"]

ALIKE = 0.085
"""Distance from which a genome is not taken for that of a species."""
_SAMPLE = 4_000_000


class Kin(NamedTuple):
    """A species and how far its words are, as :func:`spectrum_distance` has it."""

    name: str
    distance: float


def sample_words(genome: Genome, regions: Sequence[Interval] | None = None) -> np.ndarray:
    """Frequencies of words in some 4 Mb of the regions, or of all of the genome.

    As :func:`spectrum` has them.
    """
    everything = [Interval(contig, 0, length) for contig, length in genome.lengths.items()]
    return spectrum(genome, thin_out(everything if regions is None else regions, _SAMPLE))


def nearest_kin(words: Mapping[str, np.ndarray], genome: Genome) -> Kin | None:
    """The species whose words are most like the genome's, if any are like enough.

    Parameters
    ----------
    words
        Frequencies by species.
    """
    if not words:
        return None
    ours = sample_words(genome)
    distances = {name: spectrum_distance(ours, theirs) for name, theirs in words.items()}
    nearest = Kin(*min(distances.items(), key=lambda one: one[1]))
    return nearest if nearest.distance < ALIKE else None
