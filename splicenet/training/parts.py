"""What each part of a genome is for: training, validation, and what is held out until the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from splicenet.exceptions import TrainingError
from splicenet.genome.intervals import Interval
from splicenet.genome.regions import share_regions
from splicenet.genome.sequence import Genome
from splicenet.genome.species import Species, left_out
from splicenet.genome.split import FencedGenome, Split, split_genome
from splicenet.training.settings import TrainingSettings

__all__ = ["Parts", "hold_out", "part_species", "split_species"]

_MOST_VALIDATION = 0.2
"""The largest share of a genome that is taken from the training for want of sites to validate."""


@dataclass(frozen=True)
class Parts:
    """The species of a run with the three parts of each genome.

    Only who asks for the held-out part gets genomes in which it can be read.
    """

    species: Sequence[Species]
    splits: Sequence[Split]
    notes: Sequence[str] = ()
    """Sentences for the user about regions that were left out."""
    judged: bool = True
    """Whether what is held out is annotated, so that it may judge the model at the end."""

    def part(self, name: str) -> list[tuple[Species, list[Interval]]]:
        """``training``, ``validation`` or ``held_out`` of every species that has it."""
        return [
            (species if name == "held_out" else _fenced(species, split), getattr(split, name))
            for species, split in zip(self.species, self.splits, strict=True)
            if getattr(split, name)
        ]


def _fenced(species: Species, split: Split) -> Species:
    return replace(species, genome=FencedGenome(species.genome, split.held_out))


def split_species(
    species: Sequence[Species], holdout: float | str, settings: TrainingSettings
) -> Parts:
    """Part every genome; regions in ``holdout`` go to the species that has their contig.

    Raises
    ------
    RegionError
        If the regions to hold out cannot be read, or lie on no genome.
    TrainingError
        If nothing is left to train or to validate on.
    """
    skipped: Counter[str] = Counter()
    wanted = _wanted([one.genome for one in species], holdout, skipped)
    parts = part_species(species, wanted, settings)
    return replace(parts, notes=left_out(str(holdout), skipped))


def hold_out(
    genomes: Sequence[Genome],
    holdout: float | str,
    settings: TrainingSettings,
    *,
    skipped: Counter[str] | None = None,
) -> list[list[Interval]]:
    """Of each genome what :func:`split_species` holds out where it is given all of them.

    ``skipped`` counts by reason the regions that are left out.

    Raises
    ------
    RegionError
        If the regions to hold out cannot be read, or lie on no genome.
    """
    return [
        split_genome(genome.lengths, wanted, settings.validation, seed=settings.seed).held_out
        for genome, wanted in zip(genomes, _wanted(genomes, holdout, skipped), strict=True)
    ]


def _wanted(
    genomes: Sequence[Genome], holdout: float | str, skipped: Counter[str] | None = None
) -> Sequence[float | Sequence[Interval]]:
    if isinstance(holdout, str):
        return share_regions(holdout, genomes, skipped=skipped)
    return [holdout] * len(genomes)


def part_species(
    species: Sequence[Species],
    held_out: Sequence[float | Sequence[Interval]],
    settings: TrainingSettings,
) -> Parts:
    """Part every genome; of each is held out a share, or regions of it.

    Raises
    ------
    TrainingError
        If nothing is left to train or to validate on.
    """
    splits = [_split(one, wanted, settings) for one, wanted in zip(species, held_out, strict=True)]
    parts = Parts(species, splits)
    for name in ("training", "validation"):
        if not parts.part(name):
            raise TrainingError(f"nothing is left for the {name} part; hold out less")
    return parts


def _split(one: Species, wanted: float | Sequence[Interval], settings: TrainingSettings) -> Split:
    lengths, share, sites = one.genome.lengths, settings.validation, settings.validation_sites
    split = split_genome(lengths, wanted, share, seed=settings.seed)
    if sites is None:
        return split
    donors = one.labels.count("donor") - one.labels.within(split.held_out).count("donor")
    if not donors:
        return split
    share = max(share, min(sites / donors, _MOST_VALIDATION))
    return split_genome(lengths, wanted, share, seed=settings.seed)
