"""The stretches of a genome that an annotation or spliced reads tell of.

What is not annotated is not known, so where little is, labels hold inside the *loci* alone: the
genes that the annotation has, or the stretches that spliced reads join. Coordinates are 0-based
half-open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from splicenet.exceptions import TrainingError
from splicenet.genome.interval_sets import merge, subtract
from splicenet.genome.intervals import Interval
from splicenet.genome.species import Species
from splicenet.genome.split import Split
from splicenet.training.parts import Parts

__all__ = ["Loci", "choose_loci", "find_loci", "locus_parts"]

Loci = list[Interval]
"""Stretches whose labels are known, on both strands; sorted, none touching another."""

_AROUND = 200
"""Bases beside a gene that are known to hold none of its sites."""
_CONTEXT = 4096
"""Bases beside a locus that are read with it."""
_VALIDATION = 5
"""One locus in so many stops the training."""
_FEWEST = 2


def find_loci(species: Species, *, min_reads: int = 1) -> list[Interval]:
    """Each spliced gene, and each stretch that spliced reads join, with some bases around.

    Parameters
    ----------
    min_reads
        Reads that make a junction a label; what fewer join is not known by that.

    Returns
    -------
    list of Interval
        Genes may overlap each other.
    """
    sites = cache(species.labels.of_any_kind)
    spliced = [gene for gene in species.genes if _has_site(sites(gene.contig, gene.strand), gene)]
    joined = merge(
        Interval(one.contig, one.start, one.end)
        for one in species.junctions
        if one.reads >= min_reads
    )
    wide = [
        Interval(
            one.contig,
            max(0, one.start - _AROUND),
            min(one.end + _AROUND, species.genome.lengths[one.contig]),
        )
        for one in [*spliced, *joined]
    ]
    return list(dict.fromkeys(wide))


def _has_site(sites: np.ndarray, gene: Interval) -> bool:
    first, last = np.searchsorted(sites, (gene.start, gene.end))
    return bool(last > first)


def choose_loci(
    found: Sequence[Interval],
    number: int | None,
    *,
    outside: Sequence[Interval],
    seed: int,
) -> Loci:
    """Some of the genes or stretches at random, joined where they overlap; all with ``None``.

    Parameters
    ----------
    outside
        Regions that nothing chosen may overlap.

    Raises
    ------
    TrainingError
        If what is chosen makes fewer than two loci, too few to train and to validate.
    """
    free = [one for one in found if not any(one.overlaps(region) for region in outside)]
    count = len(free) if number is None else min(number, len(free))
    chosen = np.random.default_rng(seed).choice(len(free), count, replace=False)
    loci = merge(free[index] for index in chosen)
    if len(loci) < _FEWEST:
        raise TrainingError(
            f"{len(loci)} stretches are there to learn from, and it takes at least {_FEWEST} apart "
            "from each other; annotate more genes, or use --self-train"
        )
    return loci


def locus_parts(
    species: Species, loci: Loci, *, held_out: Sequence[Interval], seed: int
) -> tuple[Species, Parts]:
    """The species with the labels of the loci alone, and its parts.

    Loci are read with the sequence around them, up to the next locus of the other part. What is
    held out must be annotated completely: there every base is known.
    """
    order = np.random.default_rng([seed, len(loci)]).permutation(len(loci))
    watched = set(order[: -(-len(loci) // _VALIDATION)].tolist())
    validation = [locus for index, locus in enumerate(loci) if index in watched]
    training = [locus for index, locus in enumerate(loci) if index not in watched]

    def with_context(own: Loci, other: Loci) -> list[Interval]:
        lengths = species.genome.lengths
        wide = merge(
            Interval(
                one.contig,
                max(0, one.start - _CONTEXT),
                min(one.end + _CONTEXT, lengths[one.contig]),
            )
            for one in own
        )
        return subtract(wide, [*other, *held_out])

    watching = with_context(validation, training)
    split = Split(subtract(with_context(training, validation), watching), watching, list(held_out))
    narrow = replace(species, labels=species.labels.within(merge([*loci, *held_out])))
    return narrow, Parts([narrow], [split])
