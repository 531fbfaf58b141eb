"""Labels for a genome of which nothing is known: introns that a model itself finds (self-training).

A model that has never seen a species finds some of its introns, and is wrong about many of them.
Two things sort them that it cannot weigh by itself: how the likely sites of a strand go together
(:mod:`~splicenet.model.introns`), and whether a reading frame stays open from one exon to the next.
What passes is a label, what is neither likely nor impossible is not known, and all else is no
site. A model that has learned these finds more of them.

It is also sure of them, right or wrong, and nothing here knows how often it is wrong. What knows
best is the model that it began with: of what the last one gives the same score, that one's mean
probability is what is promised.

Coordinates are 0-based half-open.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from splicenet.exceptions import TrainingError
from splicenet.genome.alphabet import reverse_complement
from splicenet.genome.interval_sets import complement, merge, subtract
from splicenet.genome.intervals import Interval, Junction
from splicenet.genome.labels import DONOR, KINDS, STRANDS, UNKNOWN, Key, Labels
from splicenet.genome.reading_frames import frame_through
from splicenet.genome.sequence import Genome
from splicenet.genome.species import Species
from splicenet.genome.split import Split
from splicenet.model.introns import LikelySites, decode, learned_grammar
from splicenet.model.modelfile import SUFFIX, Model, load_model
from splicenet.model.network import NetworkConfig
from splicenet.model.scoring import Scores, Stretch, scan
from splicenet.model.shipped import open_model
from splicenet.training.course import Reporter, checkpoint_path, claim
from splicenet.training.parts import Parts
from splicenet.training.precision import resolved
from splicenet.training.record import training_record
from splicenet.training.run import train_model
from splicenet.training.settings import TrainingSettings

__all__ = ["ROUNDS", "self_labelled", "self_train"]

ROUNDS = 3

_LIKELY = 0.5
"""Probability of an intron, over all ways to read its strand."""
_EXON, _FRAME = 150, 180
"""Bases of the exons on either side that are looked at, and for how many of them together a frame
must be open."""
_DOUBTFUL = 0.02
"""Calibrated probability of a base that may be a site."""
_FEWEST = 20
_BLOCK = 1 << 16
_VALIDATION = 20
"""One block in so many is not trained on."""


def self_train(
    init: str | Path,
    species: Species,
    output: str | Path,
    *,
    settings: TrainingSettings,
    rounds: int = ROUNDS,
    bases: int = 20_000_000,
    outside: Sequence[Interval] = (),
    device: str = "cpu",
    resume: bool = False,
    restart: bool = False,
    freeze: Sequence[str] = (),
    reporter: Reporter | None = None,
    on_round: Callable[[Model], object] = lambda model: None,
) -> Model:
    """Teach a model the introns that it finds itself, again and again, and write ``output``.

    Its probabilities are those that the model of the beginning gives on average where it gives the
    same score, and its thresholds have the highest F1 by them.

    Parameters
    ----------
    init
        The model to begin with; read as ``MODEL:SPECIES`` says, where it knows several.
    species
        The genome; its labels are not looked at.
    settings
        Of each round, which ends with its last weights: what could choose others are the same
        calls. In a small genome there are fewer steps: what is read again and again is believed.
    rounds
        Times to find introns and to learn them, by the scale of the beginning. What a round ends
        with stands beside ``output`` until all are done, so that a killed run goes on with
        ``resume`` where it was.
    bases, outside
        As :func:`self_labelled` takes them.
    device, resume, restart, freeze, reporter
        As :func:`~splicenet.training.run.train_model` takes them.
    on_round
        Called with the model of every round that was not done before.

    Raises
    ------
    SplicenetError
        If the run cannot start, go on, or write its result.
    """
    reporter = _Rounds(reporter or Reporter())
    settings = replace(settings, evaluations=1, precision=resolved(settings.precision, device))
    settings = _once(settings, min(bases, _strand_bases(species.genome, outside)) // rounds)
    stem = str(output).removesuffix(SUFFIX)
    between = [Path(f"{stem}.round{number}{SUFFIX}") for number in range(1, rounds)]
    paths = [*between, Path(output)]
    for path in paths:
        claim(path, resume or restart)
    first = model = open_model(init)
    shape = NetworkConfig(frames=first.network.config.codons)
    for number, path in enumerate(paths, 1):
        if resume and path in between and path.exists():
            model = load_model(path)
            _check(model, path, species, training_record(settings, init, freeze))
            init = path
            continue
        first.network.to(device)
        model.network.to(device)
        taught, parts, count = self_labelled(
            model,
            species,
            first=first,
            bases=bases,
            outside=outside,
            seed=settings.seed,
            scoring=partial(reporter.scoring, f"round {number} of {rounds}: reading"),
        )
        reporter.note(f"round {number} of {rounds}: {count:,} introns to learn from")
        model = train_model(
            [taught],
            path,
            config=shape,
            settings=settings,
            parts=parts,
            scale=first.scale if path in between else None,
            device=device,
            resume=resume and checkpoint_path(path).exists(),
            restart=restart,
            init=init,
            freeze=freeze,
            reporter=reporter,
        )
        on_round(model)
        init = path
    for path in between:
        path.unlink()
        Path(f"{str(path).removesuffix(SUFFIX)}.metrics.tsv").unlink(missing_ok=True)
    return model


def _strand_bases(genome: Genome, outside: Sequence[Interval]) -> int:
    return 2 * sum(map(len, complement(outside, genome.lengths)))


def _once(settings: TrainingSettings, strand_bases: int) -> TrainingSettings:
    """No more steps than draw so many bases."""
    if settings.steps is None:
        return settings
    steps = max(1, min(settings.steps, strand_bases // settings.batch_tokens))
    return replace(
        settings, steps=steps, warmup_steps=max(1, min(settings.warmup_steps, steps // 10))
    )


def _check(model: Model, path: Path, species: Species, training: dict[str, Any]) -> None:
    """Refuse what another run left."""
    data = model.record["data"].get(species.name, {})
    same = json.loads(json.dumps([training, species.sources["fasta"]]))
    if same != [model.record["training"], data.get("fasta")]:
        raise TrainingError(
            "was made with other settings, of another genome or from another model; go on with "
            "those, or throw it away with --restart",
            path=path,
        )


class _Rounds(Reporter):
    """Tells another one all but how well a model finds the introns that it named itself."""

    def __init__(self, other: Reporter) -> None:
        self.note, self.step, self.scoring = other.note, other.step, other.scoring  # type: ignore[method-assign]
        self.again = other.again


def self_labelled(
    model: Model,
    species: Species,
    *,
    first: Model,
    bases: int,
    outside: Sequence[Interval],
    seed: int,
    scoring: Callable[[int], Callable[[int], object]],
) -> tuple[Species, Parts, int]:
    """The species with introns that the model finds as labels, its parts, and how many they are.

    The labels of what is kept for validation are drawn, each base by the probability that the
    ``first`` model gives it.

    Which blocks of the genome are read, and which are kept for validation, the seed alone decides,
    so that what one round has not learned from the next does not either.

    Parameters
    ----------
    bases
        Bases of the genome to read, both strands, in blocks from all over it.
    outside
        Regions that are not read.
    scoring
        Called with the strand-bases that will be read; what it returns hears of those that are.

    Raises
    ------
    TrainingError
        If there is too little sequence, or too few introns are found in it.
    """
    blocks = _blocks(complement(outside, species.genome.lengths), bases, seed)
    if len(blocks) < 2:
        raise TrainingError(
            f"{species.name}: there are fewer than {2 * _BLOCK:,} bases to find introns in"
        )
    watched = merge(blocks[: -(-len(blocks) // _VALIDATION)])
    read = merge(blocks)
    sites = LikelySites(species.genome.lengths)
    doubtful: dict[Key, list[np.ndarray]] = defaultdict(list)
    hear = scoring(2 * sum(map(len, read)))
    for contig, scores in _read(model, species.genome, read):
        hear(2 * (scores.end - scores.start))
        sites.add(contig, scores)
        for strand, values in zip(STRANDS, scores.values, strict=True):
            places = np.flatnonzero(values.max(0) >= _DOUBTFUL)
            doubtful[contig, strand].append(places + scores.start)
    drawn = _drawn(_read(first, species.genome, watched), np.random.default_rng(seed))
    introns = [
        intron.junction
        for chain in decode(sites, learned_grammar(sites), threshold=_LIKELY)
        for intron in chain
        if _frame_of(intron.junction, species.genome) >= _FRAME
    ]
    if len(introns) < _FEWEST:
        raise TrainingError(
            f"{species.name}: the model is sure of {len(introns)} introns, too few to learn from; "
            "annotate some genes"
        )
    taught = replace(
        species,
        labels=_joined(_labels(introns, doubtful).within(subtract(read, watched)), drawn),
        genes=[],
        transcripts=(),
        junctions=(),
    )
    unread = complement(read, species.genome.lengths)
    split = Split(subtract(read, watched), watched, unread)
    return taught, Parts([taught], [split], judged=False), len(introns)


def _blocks(regions: Sequence[Interval], bases: int, seed: int) -> list[Interval]:
    """Blocks of the regions that hold about ``bases`` on both strands, in random order."""
    every = [
        Interval(region.contig, start, min(start + _BLOCK, region.end))
        for region in regions
        for start in range(region.start, region.end, _BLOCK)
    ]
    order = np.random.default_rng(seed).permutation(len(every))
    return [every[index] for index in order[: max(1, bases // (2 * _BLOCK))]]


def _read(
    model: Model, genome: Genome, regions: Sequence[Interval]
) -> Iterator[tuple[str, Scores]]:
    """Calibrated probabilities."""
    stretches = [Stretch.of(genome, region) for region in regions]
    for contig, scores in scan(model.network.fused(), stretches, flank=model.flank):
        values = model.scale.read(genome, contig, scores.values, scores.start)
        yield contig, Scores(scores.start, values)


def _frame_of(intron: Junction, genome: Genome) -> int:
    """Bases of a frame that is open on both sides of an intron once it is spliced."""
    exons = [
        genome.fetch(intron.contig, max(0, intron.start - _EXON), intron.start),
        genome.fetch(
            intron.contig, intron.end, min(intron.end + _EXON, genome.lengths[intron.contig])
        ),
    ]
    if intron.strand == "-":
        exons = [reverse_complement(exon) for exon in reversed(exons)]
    return frame_through(exons)


def _labels(introns: Sequence[Junction], doubtful: dict[Key, list[np.ndarray]]) -> Labels:
    """Both ends of the introns; what is doubtful is UNKNOWN."""
    marks: dict[Key, dict[int, int]] = {
        key: dict.fromkeys(np.concatenate(places).tolist(), UNKNOWN)
        for key, places in doubtful.items()
    }
    for intron in introns:
        there = marks[intron.contig, intron.strand]
        there[intron.donor], there[intron.acceptor] = DONOR, DONOR + KINDS.index("acceptor")
    ordered = {key: sorted(there.items()) for key, there in marks.items()}
    return Labels(
        {key: np.array([place for place, _ in rows], np.int64) for key, rows in ordered.items()},
        {key: np.array([value for _, value in rows], np.uint8) for key, rows in ordered.items()},
    )


def _drawn(read: Iterable[tuple[str, Scores]], random: np.random.Generator) -> Labels:
    """Sites drawn at random, each base by its probabilities."""
    found: dict[Key, list[tuple[np.ndarray, np.ndarray]]] = defaultdict(list)
    for contig, scores in read:
        for strand, (donor, acceptor) in zip(STRANDS, scores.values, strict=True):
            chance = random.random(donor.size)
            places = np.flatnonzero(chance < donor + acceptor)
            kinds = np.where(chance[places] < donor[places], DONOR, DONOR + 1)
            found[contig, strand].append((places + scores.start, kinds.astype(np.uint8)))
    columns = {
        key: tuple(map(np.concatenate, zip(*parts, strict=True))) for key, parts in found.items()
    }
    return Labels(
        {key: places for key, (places, _) in columns.items()},
        {key: kinds for key, (_, kinds) in columns.items()},
    )


def _joined(one: Labels, other: Labels) -> Labels:
    """Labels of two parts of a genome; all bases are known."""
    positions, values = dict(one.positions), dict(one.values)
    for key, places in other.positions.items():
        both = np.concatenate([positions.get(key, places[:0]), places])
        order = np.argsort(both)
        positions[key] = both[order]
        values[key] = np.concatenate([values.get(key, other.values[key][:0]), other.values[key]])[
            order
        ]
    return Labels(positions, values)
