"""Whether the genes that a model finds and the annotation lacks are genes.

What is predicted beside the annotation counts as false, and the more so the more genes it lacks.
Genes that code for proteins can be told without it: a reading frame goes through all of their
exons, and no stop codon stands in it. Nothing teaches the shipped models that. Exons may look the
part one by one, and a network that is told of frames knows how far each is open around a base, but
not which frame of the next exon goes on from that of the last. So of the chains of two and more
predicted introns in the held-out sequence of each species this counts through how many a frame of
400 bases and more goes, inner exons whole and as much of the outer ones as there is to it, and
through how many on average once it is broken: a base or two, drawn at random, left out at every
junction. (Annotated chains were to set the 400: in *S. pombe* it parts them best from broken ones,
among 300, 400 and 500.) Three sorts of
chains stand beside each other: with an annotated site; without, but over an annotated gene of
either strand; and outside of all genes. (Of annotated ones, too, not all are open: exons hold
untranslated ends.)

Chains are read with the lengths of introns and exons that the annotation has elsewhere: a genome
of few introns does not teach its own.

Then it judges the model again with the sites of open chains that are not annotated left unknown.
That is the most that those may account for, as some of them are open by chance.
Writes ``results/unannotated.tsv``, whose rows are kept.

    python benchmarks/unannotated.py --genomes genomes
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from introns import outside
from left_out import WHERE, judged_regions, open_all, shipped_readings
from rows import fill

from splicenet.evaluation.metrics import summarise
from splicenet.evaluation.protocol import Tally
from splicenet.genome.alphabet import reverse_complement
from splicenet.genome.annotation import Annotation
from splicenet.genome.intervals import Interval
from splicenet.genome.introns import Chain
from splicenet.genome.labels import KINDS, UNKNOWN, Labels
from splicenet.genome.reading_frames import frame_through
from splicenet.genome.species import Species
from splicenet.inference.predictor import Predictor
from splicenet.model.introns import LikelySites, annotated_grammar, decode
from splicenet.model.scoring import Scores

_RESULTS = Path(__file__).parent / "results" / "unannotated.tsv"
_SORTS = ("annotated", "over_genes", "outside")
_DRAWS = 20
_FRAME = 400
"""Bases of a frame that goes through all junctions of a chain, of which there must be two."""


def exons_of(chain: Chain, species: Species) -> list[np.ndarray]:
    """The exons of a chain, in the direction of transcription: codes, uint8.

    Where the outer ones end is not known: of those it has :data:`_FRAME` bases, or what there is.
    """
    junctions = [intron.junction for intron in chain]
    starts = [max(0, chain.start - _FRAME), *(one.end for one in junctions)]
    last = min(species.genome.lengths[chain.contig], chain.end + _FRAME)
    ends = [*(one.start for one in junctions), last]
    exons = [
        species.genome.fetch(chain.contig, start, end)
        for start, end in zip(starts, ends, strict=True)
    ]
    return [reverse_complement(codes) for codes in exons[::-1]] if chain.strand == "-" else exons


def is_open(exons: Sequence[np.ndarray]) -> bool:
    """Whether a long frame goes through."""
    return frame_through(exons) >= _FRAME


def broken(exons: Sequence[np.ndarray], random: np.random.Generator) -> list[np.ndarray]:
    """The exons without one or two bases at the beginning of each but the first."""
    return [exons[0], *(exon[random.integers(1, 3) :] for exon in exons[1:])]


def sort_of(chain: Chain, species: Species) -> str:
    """One of :data:`_SORTS`."""
    places = species.labels.positions.get((chain.contig, chain.strand), np.empty(0, np.int64))
    if np.isin(_sites(chain), places).any():
        return "annotated"
    span = Interval(chain.contig, chain.start, chain.end)
    return "over_genes" if any(gene.overlaps(span) for gene in species.genes) else "outside"


def left_unknown(labels: Labels, chains: Sequence[Chain]) -> Labels:
    """The labels, with the sites of some chains UNKNOWN where they are not annotated."""
    positions, values = dict(labels.positions), dict(labels.values)
    for key in {(chain.contig, chain.strand) for chain in chains}:
        there = positions.get(key, np.empty(0, np.int64))
        told = values.get(key, np.empty(0, np.uint8))
        some = [_sites(chain) for chain in chains if (chain.contig, chain.strand) == key]
        new = np.setdiff1d(np.concatenate(some), there)
        both = np.concatenate([there, new])
        order = np.argsort(both)
        positions[key] = both[order]
        values[key] = np.concatenate([told, np.full(new.size, UNKNOWN, np.uint8)])[order]
    return replace(labels, positions=positions, values=values)


def _sites(chain: Chain) -> list[int]:
    return [place for one in chain for place in (one.junction.donor, one.junction.acceptor)]


def measure(model: str, species: Species, regions: Sequence[Interval]) -> dict[str, Any]:
    """Columns of a row."""
    sites, scores = LikelySites(species.genome.lengths), []
    predictor = Predictor(f"{model}:{species.name}")
    for contig, some in predictor.scores(species.genome, regions):
        sites.add(contig, some)
        scores.append((contig, some))
    annotation = Annotation("", "", tuple(species.transcripts))
    grammar = annotated_grammar(outside(annotation, regions))
    chains: dict[str, list[Chain]] = {sort: [] for sort in _SORTS}
    for chain in decode(sites, grammar, threshold=0.5):
        chains[sort_of(chain, species)].append(chain)
    random = np.random.default_rng(1)
    row: dict[str, Any] = {}
    found: list[Chain] = []
    for sort, alike in chains.items():
        told = [(chain, exons_of(chain, species)) for chain in alike if len(chain) > 1]
        opened = [chain for chain, exons in told if is_open(exons)]
        by_chance = [is_open(broken(exons, random)) for _, exons in told for _ in range(_DRAWS)]
        row |= {
            f"{sort}_chains": len(alike),
            f"{sort}_judged": len(told),
            f"{sort}_open": len(opened),
            f"{sort}_open_broken": round(sum(by_chance) / _DRAWS, 1),
            f"{sort}_introns_of_open": sum(map(len, opened)),
        }
        found += opened if sort != "annotated" else []
    spared = replace(species, labels=left_unknown(species.labels, found))
    for suffix, one in (("", species), ("_at_most", spared)):
        scored = judged(one, scores).scored[WHERE]
        for kind in KINDS:
            metrics = summarise(scored[kind], threshold=predictor.threshold[kind])
            row[f"{kind}_auprc{suffix}"] = round(metrics.auprc, 4)
            row[f"{kind}_promised{suffix}"] = round(metrics.promised, 4)
            row[f"{kind}_precision{suffix}"] = round(metrics.precision, 4)
    return row


def judged(species: Species, scores: Sequence[tuple[str, Scores]]) -> Tally:
    """Scores against the labels of a species."""
    tally = Tally(species, floor=1e-4)
    for contig, some in scores:
        tally.add(contig, some)
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True, help="with samplesheet, splits.bed")
    parser.add_argument("--results", type=Path, default=_RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    known = open_all(options.genomes)
    fill(
        options.results,
        shipped_readings(),
        lambda species, model, weights: measure(
            model, known[species], judged_regions(options.genomes, known[species])
        ),
    )


if __name__ == "__main__":
    main()
