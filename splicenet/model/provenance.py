"""What a model has seen: the sequence that it, and the models it began from, were trained on.

Contigs are recognised by their bases, under whatever name and in whatever file they come.
Coordinates are 0-based half-open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from splicenet.genome.interval_sets import merge, subtract
from splicenet.genome.intervals import Interval
from splicenet.genome.species import Species

__all__ = ["held_out_regions", "inherit", "learned_bases", "seen_bases", "seen_regions"]


def inherit(parent: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Data of a parent model and of its own ancestors, for the record of a model begun from it."""
    return [parent["data"], *parent.get("ancestors", [])]


def seen_regions(record: Mapping[str, Any], species: Species) -> list[Interval]:
    """All that was trained or calibrated on, by the model or an ancestor, on this genome."""
    return _regions_but(("held_out",), record, species)


def seen_bases(record: Mapping[str, Any], species: Species, regions: Sequence[Interval]) -> int:
    """Count the bases of the regions that were trained or calibrated on."""
    return _overlap(regions, seen_regions(record, species))


def learned_bases(record: Mapping[str, Any], species: Species, regions: Sequence[Interval]) -> int:
    """Count the bases of the regions that were trained on; to calibrate on them is no training."""
    return _overlap(regions, _regions_but(("held_out", "validation"), record, species))


def _regions_but(
    parts: Sequence[str], record: Mapping[str, Any], species: Species
) -> list[Interval]:
    """Of every contig that the model or an ancestor was given all but these parts."""
    lengths = species.genome.lengths
    found: list[Interval] = []
    for data in inherit(record):
        for contig, left_out in _known(data, species, parts):
            found += subtract([Interval(contig, 0, lengths[contig])], left_out)
    return merge(found)


def _overlap(regions: Sequence[Interval], others: Sequence[Interval]) -> int:
    return sum(map(len, regions)) - sum(map(len, subtract(regions, others)))


def held_out_regions(record: Mapping[str, Any], species: Species) -> list[Interval] | None:
    """What the model held out of this very genome; None if it was trained on others alone."""
    known = list(_known(record["data"], species, ("held_out",)))
    if not known:
        return None
    held_out = [region for _, regions in known for region in regions]
    return subtract(held_out, seen_regions(record, species))


def _known(
    data: Mapping[str, Any], species: Species, parts: Sequence[str]
) -> Iterator[tuple[str, list[Interval]]]:
    """Contigs of the genome that were among the data, each with those parts of it."""
    ours = defaultdict(list)  # contigs may be alike
    for contig, print_ in species.sources["contigs"].items():
        ours[print_].append(contig)
    for entry in data.values():
        for name, print_ in entry.get("contigs", {}).items():
            for contig in ours[print_]:
                yield (
                    contig,
                    [
                        Interval(contig, start, end)
                        for part in parts
                        for other, start, end in entry.get(part, ())
                        if other == name
                    ],
                )
