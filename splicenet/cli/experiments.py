"""What ``splicenet mutate`` tries, and the rows of its table.

Positions that users give count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import click
from tqdm import tqdm

from splicenet.exceptions import RegionError
from splicenet.genome.alphabet import decode
from splicenet.genome.changes import read_changes, read_constructs
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.genome.regions import read_regions
from splicenet.genome.sequence import Genome
from splicenet.inference.mutate import (
    Edits,
    Effects,
    Place,
    all_pairs,
    all_singles,
    epistasis,
    score_changes,
    score_constructs,
    strongest_site,
)
from splicenet.inference.variants import VariantScorer
from splicenet.inference.windows import WindowReader
from splicenet.report.mutation_rows import Row, edit_cells, effect_cells
from splicenet.report.mutations import epistasis_map

__all__ = ["MOST_PAIRED", "change_rows", "construct_rows", "one_region", "region_rows"]

MOST_PAIRED = 64
"""Bases of a region whose pairs are tried."""
_MOST_SINGLES = 100_000
_PLACE = re.compile(r"(?P<contig>.+):(?P<position>[\d,]+):(?P<strand>[+-])")


def change_rows(
    scorer: VariantScorer, genome: Genome, path: str, at: str | None, distance: int
) -> list[Row]:
    """Effects of the changes of a VCF or a table.

    Raises
    ------
    SplicenetError
        If a change does not fit the genome, or ``at`` the changes.
    """
    given = read_changes(path, genome)
    edits = [(one.variant,) for one in given]
    place = _place(at, {one.variant.contig for one in given}, genome)
    scored = score_changes(scorer, genome, edits, at=place, distance=distance)
    return [
        dict(zip(("contig", "pos", "ref", "alt"), one.name, strict=True))
        | effect_cells(effects)
        | dict(one.values)
        for one, effects in zip(given, _watched(scored, len(edits)), strict=True)
    ]


def construct_rows(reader: WindowReader, path: str, at: str | None) -> list[Row]:
    """Effects of what makes constructs differ from the first of a table.

    Raises
    ------
    SplicenetError
        If they cannot be read, or ``at`` is no position in them.
    """
    given = read_constructs(path)
    index = None
    if at is not None:
        if not at.isdecimal() or not 0 < int(at) <= len(given[0].codes):
            raise RegionError(f"--at must be a position in the sequences, not {at!r}")
        index = int(at) - 1
    scored = score_constructs(reader, [one.codes for one in given], at=index)
    return [
        {"sequence": decode(one.codes)} | effect_cells(effects) | dict(one.values)
        for one, effects in zip(given, scored, strict=True)
    ]


def region_rows(
    scorer: VariantScorer,
    genome: Genome,
    region: Interval,
    pairs: bool,
    at: str | None,
    distance: int,
    picture: str | None,
) -> list[Row]:
    """Effects of all single changes of a region, and of their pairs, whose map may be drawn.

    Raises
    ------
    SplicenetError
        If ``at`` is no base of the contig, or the picture cannot be written.
    """
    place = _place(at, {region.contig}, genome)
    kind = None
    if pairs:
        site = strongest_site(scorer, region, distance=distance)
        if place is None:
            place = Place(site.position, site.strand)
            kind = KINDS.index(site.kind)
            words = f"{site.contig}:{site.position + 1}:{site.strand}"
            click.echo(
                f"looking at the {site.kind} {words}, probability {site.score:.3f}", err=True
            )
    singles = all_singles(genome, region)
    tried = singles + (all_pairs(singles) if pairs else [])
    scored = score_changes(scorer, genome, tried, at=place, distance=distance)
    effects = dict(zip(tried, _watched(scored, len(tried)), strict=True))
    if picture is not None:
        kind = _stronger(effects) if kind is None else kind
        deltas = {edits: heads[kind].delta_log_odds for edits, heads in effects.items()}
        epistasis_map(
            picture,
            epistasis(region, deltas),
            bases=decode(genome.fetch(region.contig, region.start, region.end)),
            first=region.start,
            title=f"{KINDS[kind]} head, {region}",
        )
    return [edit_cells(edits) | effect_cells(heads) for edits, heads in effects.items()]


def _stronger(effects: Mapping[Edits, Effects]) -> int:
    """The head that is the surer of the place before any change."""
    heads = next(iter(effects.values()))
    return int(heads[1].ref > heads[0].ref)


def _watched(scored: Iterator[Effects], total: int) -> Iterator[Effects]:
    return iter(tqdm(scored, total=total, desc="changes", unit="", disable=None))


def _place(text: str | None, contigs: set[str], genome: Genome) -> Place | None:
    if text is None:
        return None
    match = _PLACE.fullmatch(text)
    if match is None or contigs != {match["contig"]}:
        raise RegionError(
            f"--at must be contig:position:strand on the changes' contig, not {text!r}"
        )
    position = int(match["position"].replace(",", "")) - 1
    if not 0 <= position < genome.lengths[match["contig"]]:
        raise RegionError(f"--at {text!r} lies outside the contig")
    return Place(position, "-" if match["strand"] == "-" else "+")


def one_region(text: str, genome: Genome, pairs: bool) -> Interval:
    """Read a region that is small enough to try everything in it.

    Raises
    ------
    RegionError
        If it is not.
    """
    regions = read_regions(text, genome)
    most = MOST_PAIRED if pairs else _MOST_SINGLES
    if len(regions) != 1 or len(regions[0]) > most:
        raise RegionError(f"--region must be one stretch of at most {most:,} bases, not {text!r}")
    return regions[0]
