"""Species whose annotation lacks genes, among others that are learned from whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from splicenet.exceptions import TrainingError
from splicenet.genome.interval_sets import merge
from splicenet.genome.species import Species
from splicenet.model.network import NetworkConfig
from splicenet.training.adapt import find_loci

__all__ = ["check_incomplete", "learned_from"]


def check_incomplete(
    incomplete: Sequence[str], species: Sequence[Species], config: NetworkConfig
) -> None:
    """Refuse names of no species, and tasks, whose labels would go on to hold everywhere.

    Raises
    ------
    TrainingError
        If there is either.
    """
    names = [one.name for one in species]
    for name in incomplete:
        if name not in names:
            raise TrainingError(
                f"--incomplete names {name}, which is not read here; there is {', '.join(names)}"
            )
    if incomplete and config.tasks:
        raise TrainingError(
            "--incomplete says where splice sites are known, and not what other tasks ask for; "
            "leave one of them out"
        )


def learned_from(species: Species, incomplete: Sequence[str]) -> Species:
    """The species as it is trained on: one of ``incomplete`` has the labels of its loci alone."""
    if species.name not in incomplete:
        return species
    return replace(species, labels=species.labels.within(merge(find_loci(species))))
