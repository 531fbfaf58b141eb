"""Real introns of a fly's fourth chromosome, cut into a half to learn from and a half to judge."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pysam
import pytest

from splicenet.evaluation.background import Background
from splicenet.evaluation.scored import ScoredBases
from splicenet.evaluation.windows import site_windows
from splicenet.genome.alphabet import encode, reverse_complement
from splicenet.genome.annotation import read_annotation

FOLDER = Path(__file__).parents[2] / "data" / "drosophila_melanogaster_chr4"


class Strand(NamedTuple):
    """One strand as read, with the positions of its sites."""

    codes: np.ndarray
    sites: dict[str, np.ndarray]


class Fly:
    """Both strands of each half of the chromosome."""

    def __init__(self) -> None:
        with pysam.FastaFile(str(FOLDER / "genome.fa.gz")) as fasta:
            codes = encode(fasta.fetch(fasta.references[0]))
        introns = read_annotation(FOLDER / "annotation.gtf.gz").introns()
        middle = codes.size // 2
        self.learn, self.judge = (
            [_strand(codes, introns, start, end, strand) for strand in "+-"]
            for start, end in ((0, middle), (middle, codes.size))
        )
        self.background = Background()
        self.background.add(codes[:middle])

    def windows(self) -> dict[str, np.ndarray]:
        """Windows of the half to learn from, by kind."""
        return {
            kind: np.concatenate([site_windows(s.codes, s.sites[kind], kind) for s in self.learn])
            for kind in ("donor", "acceptor")
        }

    def scored(self, baseline, kind: str) -> ScoredBases:
        """What a baseline makes of the half to judge."""
        scored = ScoredBases(floor=0.0)
        for strand in self.judge:
            truth = np.zeros(strand.codes.size, dtype=bool)
            truth[strand.sites[kind]] = True
            scored.add(baseline.score(strand.codes, kind), truth)
        return scored


def _strand(codes, introns, start, end, strand) -> Strand:
    sites = {}
    for kind in ("donor", "acceptor"):
        there = {getattr(intron, kind) for intron in introns if intron.strand == strand}
        positions = np.array(sorted(p for p in there if start <= p < end))
        sites[kind] = positions - start if strand == "+" else end - 1 - positions
    stretch = codes[start:end]
    return Strand(stretch if strand == "+" else reverse_complement(stretch), sites)


@pytest.fixture(scope="session")
def fly() -> Fly:
    return Fly()
