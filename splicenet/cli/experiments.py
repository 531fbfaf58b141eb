"""What ``splicenet mutate`` tries, and the rows of its table.

Positions that users give count from 1.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import click
from tqdm import tqdm

from splicenet.cli.options import open_regions, tell
from splicenet.exceptions import RegionError, VariantError
from splicenet.genome.alphabet import decode
from splicenet.genome.changes import read_changes, read_constructs
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import Genome
from splicenet.genome.species import left_out
from splicenet.inference.head_effects import ROWS, Edits, Effects, Place
from splicenet.inference.mutate import (
    all_pairs,
    all_singles,
    epistasis,
    score_changes,
    score_constructs,
    strongest_site,
)
from splicenet.inference.variants import VariantScorer
from splicenet.inference.windows import WindowReader
from splicenet.model.targets import Target
from splicenet.report.mutation_rows import Row, edit_cells, effect_cells
from splicenet.report.mutations import epistasis_map

__all__ = ["MOST_PAIRED", "Question", "change_rows", "construct_rows", "one_region", "region_rows"]

MOST_PAIRED = 64
"""Bases of a region whose pairs are tried."""
_MOST_SINGLES = 100_000
_PLACE = re.compile(r"(?P<contig>.+):(?P<position>[\d,]+):(?P<strand>[+-])")


class Question(NamedTuple):
    """What is asked, and where: each target with its row, ``--at`` and ``--distance``."""

    targets: Mapping[Target, int] = ROWS
    at: str | None = None
    distance: int = 50


def change_rows(scorer: VariantScorer, genome: Genome, path: str, question: Question) -> list[Row]:
    """Effects of the changes of a VCF or a table.

    Raises
    ------
    SplicenetError
        If a change does not fit the genome, or ``at`` the changes.
    """
    skipped: Counter[str] = Counter()
    given = read_changes(path, genome, skipped=skipped)
    tell(left_out(path, skipped))
    edits = [(one.variant,) for one in given]
    place = _place(question.at, {one.variant.contig for one in given}, genome)
    scored = _scored(scorer, genome, edits, place, question)
    return [
        dict(zip(("contig", "pos", "ref", "alt"), one.name, strict=True))
        | _beside(one.values, effect_cells(effects), path)
        for one, effects in zip(given, scored, strict=True)
    ]


def construct_rows(reader: WindowReader, path: str, question: Question) -> list[Row]:
    """Effects of what makes constructs differ from the first of a table.

    Raises
    ------
    SplicenetError
        If they cannot be read, or ``at`` is no position in them.
    """
    given = read_constructs(path)
    index, at = None, question.at
    if at is not None:
        if not at.isdecimal() or not 0 < int(at) <= len(given[0].codes):
            raise RegionError(f"--at must be a position in the sequences, not {at!r}")
        index = int(at) - 1
    sequences = [one.codes for one in given]
    scored = score_constructs(reader, sequences, targets=question.targets, at=index)
    return [
        {"sequence": decode(one.codes)} | _beside(one.values, effect_cells(effects), path)
        for one, effects in zip(given, scored, strict=True)
    ]


def region_rows(
    scorer: VariantScorer,
    genome: Genome,
    region: Interval,
    pairs: bool,
    question: Question,
    picture: str | None,
) -> list[Row]:
    """Effects of all single changes of a region, and of their pairs, whose map may be drawn.

    The map is that of the head of the site that is looked at, if that is asked, else of the first.

    Raises
    ------
    SplicenetError
        If ``at`` is no base of the contig, or the picture cannot be written.
    """
    place = _place(question.at, {region.contig}, genome)
    kind = ""
    if pairs and place is None:
        site = strongest_site(scorer, region, distance=question.distance)
        place, kind = Place(site.position, site.strand), site.kind
        words = f"{site.contig}:{site.position + 1}:{site.strand}"
        click.echo(f"looking at the {kind} {words}, probability {site.score:.3f}", err=True)
    singles = all_singles(genome, region)
    tried = singles + (all_pairs(singles) if pairs else [])
    scored = _scored(scorer, genome, tried, place, question)
    effects = dict(zip(tried, scored, strict=True))
    if picture is not None:
        number = _shown(effects, kind)
        target = next(iter(effects.values()))[number].target
        epistasis_map(
            picture,
            epistasis(region, {edits: heads[number].change for edits, heads in effects.items()}),
            bases=decode(genome.fetch(region.contig, region.start, region.end)),
            first=region.start,
            title=f"{target.name} head, {region}",
            unit="log-odds" if target.odds else target.name,
        )
    return [edit_cells(edits) | effect_cells(heads) for edits, heads in effects.items()]


def _beside(given: Mapping[str, str], found: Row, path: str) -> Row:
    """What was found, and what the table held: neither takes the other's place."""
    both = sorted(given.keys() & found.keys())
    if both:
        message = f"the table has a column {both[0]}, which is written here; rename or remove it"
        raise VariantError(message, path=path)
    return found | dict(given)


def _shown(effects: Mapping[Edits, Effects], kind: str) -> int:
    """The head of this kind, or of donor and acceptor the surer one before any change."""
    heads = next(iter(effects.values()))
    names = [head.target.name for head in heads]
    if kind in names:
        return names.index(kind)
    sites = [number for number, head in enumerate(heads) if not head.target.task]
    return max(sites, key=lambda number: heads[number].ref, default=0)


def _scored(
    scorer: VariantScorer,
    genome: Genome,
    tried: Sequence[Edits],
    place: Place | None,
    question: Question,
) -> Iterator[Effects]:
    scored = score_changes(
        scorer, genome, tried, targets=question.targets, at=place, distance=question.distance
    )
    return iter(tqdm(scored, total=len(tried), desc="changes", unit="", disable=None))


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
    regions = open_regions(text, genome)
    most = MOST_PAIRED if pairs else _MOST_SINGLES
    if len(regions) != 1 or len(regions[0]) > most:
        raise RegionError(f"--region must be one stretch of at most {most:,} bases, not {text!r}")
    return regions[0]
