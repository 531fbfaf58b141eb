"""Species whose annotation lacks genes, among others that are learned from whole."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from splicenet.exceptions import TrainingError
from splicenet.genome.interval_sets import merge
from splicenet.genome.intervals import Interval
from splicenet.genome.species import Species
from splicenet.model.network import NetworkConfig
from splicenet.training.loci import find_loci

__all__ = ["check_incomplete", "learned_from"]


def check_incomplete(
    incomplete: Sequence[str], names: Sequence[str], config: NetworkConfig
) -> None:
    """Refuse other names than these, and tasks: their labels would go on to hold everywhere.

    Raises
    ------
    TrainingError
        If a name is unknown, or tasks are asked for beside splice sites.
    """
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


def learned_from(
    species: Species, incomplete: Sequence[str], regions: Sequence[Interval]
) -> Species:
    """The species as it is trained on in these regions, 0-based half-open.

    One of ``incomplete`` has its spliced genes alone, and labels in its loci alone, on both
    strands, as :func:`find_loci` finds them; the rest of it is UNKNOWN.

    Raises
    ------
    TrainingError
        If no locus lies in the regions.
    """
    if species.name not in incomplete:
        return species
    reads = species.sources.get("alignments", {}).get("min_reads", 1)
    loci = merge(find_loci(species, min_reads=reads))
    if not any(locus.overlaps(region) for locus in loci for region in regions):
        raise TrainingError(
            f"--incomplete {species.name}: no spliced gene is known where it is trained on; "
            "annotate more genes, or hold out less"
        )
    genes = [gene for gene in species.genes if _lies_in(gene, loci)]
    return replace(species, labels=species.labels.within(loci), genes=genes)


def _lies_in(gene: Interval, loci: Sequence[Interval]) -> bool:
    """Whether one of the loci, as :func:`merge` sorts them, holds all of the gene."""
    place = attrgetter("contig", "start")
    before = bisect_right(loci, place(gene), key=place)
    locus = loci[before - 1] if before else None
    return locus is not None and locus.contig == gene.contig and gene.end <= locus.end
