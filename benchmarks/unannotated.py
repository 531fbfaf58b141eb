"""Whether the genes that a model finds and the annotation lacks are genes.

What is predicted beside the annotation counts as false, and the more so the more genes it lacks.
Genes can be told without it: what lies between the introns of a real one, joined, is read through
without a stop codon, and no network was ever told of codons. Of the chains of predicted introns in
the held-out sequence of each species, those with an annotated site and those with none, this counts
how many are open in one of the three frames, and how many are once their bases are shuffled, pairs
of neighbours kept. Then it judges the model again with the sites of unannotated open chains left
unknown. Writes ``results/unannotated.tsv``, whose rows are kept.

    python benchmarks/unannotated.py --genomes genomes
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from left_out import WHERE, judged_regions, open_all, shipped_weights
from rows import fill

from splicenet.evaluation.metrics import average_precision
from splicenet.evaluation.protocol import Tally
from splicenet.genome.alphabet import reverse_complement
from splicenet.genome.intervals import Interval
from splicenet.genome.introns import Chain
from splicenet.genome.labels import DONOR, KINDS, UNKNOWN, Labels
from splicenet.genome.shuffle import dinucleotide_shuffle, generator
from splicenet.genome.species import Species
from splicenet.inference.introns import LikelySites, decode, learned_grammar
from splicenet.inference.predictor import Predictor
from splicenet.model.modelfile import species_in
from splicenet.model.scoring import Scores
from splicenet.model.shipped import DEFAULT, narrowest_model, shipped_models

_RESULTS = Path(__file__).parent / "results" / "unannotated.tsv"
_SHUFFLES = 20
_FEWEST_BASES = 300
"""Of joined exons; shorter ones are open by chance too often. Of random bases in equal parts a
frame of so many is open in one case of a hundred."""
_STOPS = ((3, 0, 0), (3, 0, 2), (3, 2, 0))  # TAA, TAG, TGA


def cases() -> Iterator[dict[str, Any]]:
    """Every species that ships, as ``predict`` reads it alone."""
    weights = shipped_weights()
    for species in sorted(species_in(shipped_models()[DEFAULT])):
        model = narrowest_model(species)
        yield {"species": species, "model": model, "weights": weights[model]}


def joined_exons(chain: Chain, species: Species) -> np.ndarray:
    """The exons between a chain's introns, joined, in reading direction: codes, (L,), uint8."""
    junctions = [intron.junction for intron in chain]
    exons = [
        species.genome.fetch(chain.contig, before.end, after.start)
        for before, after in zip(junctions, junctions[1:], strict=False)
    ]
    codes = np.concatenate([np.empty(0, np.uint8), *exons])
    return reverse_complement(codes) if chain.strand == "-" else codes


def is_open(codes: np.ndarray) -> bool:
    """Whether one of the three frames has no stop codon."""
    first, second, third = codes[:-2], codes[1:-1], codes[2:]
    stops = np.zeros(first.size, bool)
    for a, b, c in _STOPS:
        stops |= (first == a) & (second == b) & (third == c)
    return any(not stops[frame::3].any() for frame in range(3))


def is_annotated(chain: Chain, labels: Labels) -> bool:
    """Whether the annotation has any of the chain's sites."""
    places = labels.positions.get((chain.contig, chain.strand), np.empty(0, np.int64))
    return bool(np.isin(_sites(chain), places).any())


def _sites(chain: Chain) -> list[int]:
    return [place for one in chain for place in (one.junction.donor, one.junction.acceptor)]


def left_unknown(labels: Labels, chains: list[Chain]) -> Labels:
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


def auprc(species: Species, scores: list[tuple[str, Scores]]) -> dict[str, float]:
    """By kind, over every base of both strands."""
    tally = Tally(species, floor=1e-4)
    for contig, some in scores:
        tally.add(contig, some)
    return {kind: round(average_precision(tally.scored[WHERE][kind]), 4) for kind in KINDS}


def measure(model: str, species: Species, regions: list[Interval]) -> dict[str, Any]:
    """Columns of a row."""
    predictor = Predictor(f"{model}:{species.name}")
    sites, scores = LikelySites(species.genome.lengths), []
    for contig, some in predictor.scores(species.genome, regions):
        sites.add(contig, some)
        scores.append((contig, some))
    chains = list(decode(sites, learned_grammar(sites), threshold=0.5))
    row: dict[str, Any] = {}
    found: list[Chain] = []
    for name in ("annotated", "unannotated"):
        alike = [
            chain
            for chain in chains
            if is_annotated(chain, species.labels) == (name == "annotated")
        ]
        exons = [(chain, joined_exons(chain, species)) for chain in alike]
        long = [(chain, codes) for chain, codes in exons if codes.size >= _FEWEST_BASES]
        opened = [chain for chain, codes in long if is_open(codes)]
        by_chance = [
            is_open(dinucleotide_shuffle(codes, random))
            for _, codes in long
            for random in [generator(1, codes)]
            for _ in range(_SHUFFLES)
        ]
        row |= {
            f"{name}_chains": len(alike),
            f"{name}_long": len(long),
            f"{name}_open": len(opened),
            f"{name}_open_shuffled": round(sum(by_chance) / _SHUFFLES, 1),
            f"{name}_introns_of_open": sum(map(len, opened)),
        }
        found = opened
    row["annotated_introns"] = _annotated(species, regions)
    spared = replace(species, labels=left_unknown(species.labels, found))
    for name, one in (("auprc", species), ("auprc_spared", spared)):
        row |= {f"{kind}_{name}": value for kind, value in auprc(one, scores).items()}
    return row


def _annotated(species: Species, regions: list[Interval]) -> int:
    """Donors of the regions."""
    count = 0
    for region in regions:
        for strand in "+-":
            values = species.labels.window(region.contig, region.start, region.end, strand)  # type: ignore[arg-type]
            count += int((values == DONOR).sum())
    return count


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
        cases(),
        lambda species, model, weights: measure(
            model, known[species], judged_regions(options.genomes, known[species])
        ),
    )


if __name__ == "__main__":
    main()
