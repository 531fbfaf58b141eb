"""Exact introns: dynamic programming against greedy pairing.

Greedy pairing joins each base called a donor with the nearest base called an acceptor downstream,
once at the model's own thresholds and once at the threshold that is best on the truth itself,
which no user can know. Lengths are learned from the predictions themselves, or from the
annotation outside the regions. Give regions that the model has not seen.

    python benchmarks/introns.py --name arabidopsis -m MODEL -f GENOME -a GENES -r REGIONS
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from splicenet.evaluation.introns import ExactIntrons, exact_introns
from splicenet.genome.annotation import Annotation
from splicenet.genome.intervals import Interval, Junction, Kind
from splicenet.genome.labels import KINDS, STRANDS
from splicenet.genome.regions import read_regions
from splicenet.genome.sequence import open_genome
from splicenet.genome.species import open_annotation
from splicenet.inference.predictor import Predictor, call_sites
from splicenet.model.introns import LikelySites, annotated_grammar, decode, learned_grammar
from splicenet.model.scoring import Scores

_RESULTS = Path(__file__).parent / "results" / "introns.tsv"
_THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)
_SHORTEST = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--name", required=True)
    parser.add_argument("-m", "--model", required=True)
    parser.add_argument("-f", "--fasta", required=True)
    parser.add_argument("-a", "--annotation", required=True)
    parser.add_argument("-r", "--regions", required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    predictor = Predictor(options.model)
    with open_genome(options.fasta) as genome:
        regions = read_regions(options.regions, genome)
        annotation = open_annotation(options.annotation, genome)
        sites = LikelySites(genome.lengths)
        stretches = []
        for contig, scores in predictor.scores(genome, regions):
            sites.add(contig, scores)
            stretches.append((contig, thinned(scores)))
    truth = [one for one in annotation.introns() if inside(one, regions)]
    grammars = {
        "introns, lengths from the predictions": learned_grammar(sites),
        "introns, lengths from the annotation elsewhere": annotated_grammar(
            outside(annotation, regions)
        ),
    }
    results: dict[str, ExactIntrons] = {}
    longest = grammars["introns, lengths from the predictions"].introns.longest
    results["greedy, the model's thresholds"] = exact_introns(
        list(greedy(stretches, predictor.threshold, longest)), truth
    )
    results["greedy, the best threshold"] = max(
        (
            exact_introns(list(greedy(stretches, dict.fromkeys(KINDS, t), longest)), truth)
            for t in _THRESHOLDS
        ),
        key=lambda result: result.f1,
    )
    for method, grammar in grammars.items():
        introns = [intron for chain in decode(sites, grammar, threshold=0.5) for intron in chain]
        results[method] = exact_introns([intron.junction for intron in introns], truth)
        promised = np.mean([intron.score for intron in introns])
        print(f"{method}: mean probability {promised:.3f}")
    table = pd.DataFrame(
        {
            "genome": options.name,
            "method": list(results),
            "annotated": [result.annotated for result in results.values()],
            "predicted": [result.predicted for result in results.values()],
            "precision": [result.precision for result in results.values()],
            "recall": [result.recall for result in results.values()],
            "f1": [result.f1 for result in results.values()],
        }
    )
    print(table.to_string(index=False, float_format="%.3f"))
    if _RESULTS.exists():
        before = pd.read_csv(_RESULTS, sep="\t")
        table = pd.concat([before[before["genome"] != options.name], table])
    _RESULTS.parent.mkdir(exist_ok=True)
    table.to_csv(_RESULTS, sep="\t", index=False, float_format="%.4f")


def thinned(scores: Scores) -> Scores:
    """Half the memory; greedy pairing needs no more digits."""
    return Scores(scores.start, scores.values.astype(np.float16))


def inside(intron: Junction, regions: list[Interval]) -> bool:
    return any(
        one.contig == intron.contig and one.start <= intron.start and intron.end <= one.end
        for one in regions
    )


def outside(annotation: Annotation, regions: Sequence[Interval]) -> Annotation:
    kept = tuple(
        one
        for one in annotation.transcripts
        if not any(Interval(one.contig, one.start, one.end).overlaps(region) for region in regions)
    )
    return replace(annotation, transcripts=kept)


def greedy(
    stretches: list[tuple[str, Scores]], threshold: Mapping[Kind, float], longest: int
) -> Iterator[Junction]:
    called = [
        site for contig, scores in stretches for site in call_sites(contig, scores, threshold)
    ]
    for contig in dict.fromkeys(site.contig for site in called):
        for strand in STRANDS:
            donors, acceptors = (
                np.array(
                    [
                        site.position
                        for site in called
                        if (site.contig, site.strand, site.kind) == (contig, strand, kind)
                    ],
                    np.int64,
                )
                for kind in KINDS
            )
            if strand == "-":
                donors, acceptors = -donors[::-1], -acceptors[::-1]
            nearest = np.searchsorted(acceptors, donors + _SHORTEST + 1)
            for donor, index in zip(donors, nearest, strict=True):
                if index < acceptors.size and acceptors[index] - donor - 1 <= longest:
                    ends = sorted((abs(int(donor)), abs(int(acceptors[index]))))
                    yield Junction(contig, ends[0] + 1, ends[1], strand)


if __name__ == "__main__":
    main()
