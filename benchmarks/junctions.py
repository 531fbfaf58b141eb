"""Junctions of real reads: annotated ones against decoys, and what cleaning removes.

The reads lie on an older assembly than the annotation in ``data/``: an intron is annotated if it
stands, with thirty bases on either side, exactly once in the older chromosome. Every observed
junction gets a decoy: another GT and another AG within 200 bases of its ends, on its strand, at
sites that no read and no annotation knows. Use a model that has not seen the chromosome.

    python benchmarks/junctions.py -m MODEL
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from splicenet.genome.alignments import read_junctions
from splicenet.genome.alphabet import decode, encode
from splicenet.genome.annotation import read_annotation
from splicenet.genome.bam_reader import introns_of, observed_introns, open_alignments
from splicenet.genome.intervals import Junction
from splicenet.genome.sequence import Genome, open_genome
from splicenet.inference.junctions import score_junctions, spurious_introns
from splicenet.inference.windows import WindowReader
from splicenet.model.shipped import open_model

_HERE = Path(__file__).parent
_NEW = _HERE.parent / "data/drosophila_melanogaster_chr4"
_OLD = _HERE.parent / "data/drosophila_dm3_chr4"
_FLANK, _NEAR = 30, 200
_LEAST = 1e-4
_LEASTS = (1e-6, 1e-5, _LEAST, 1e-3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-m", "--model", required=True)
    model = parser.parse_args().model
    torch.set_num_threads(1)
    reader = WindowReader(open_model(model))
    bam = _OLD / "untreated3_chr4.bam"
    with open_genome(_OLD / "genome.fa.gz") as genome:
        (contig,) = genome.lengths
        codes = genome.fetch(contig, 0, genome.lengths[contig])
        annotated = lifted(contig, decode(codes))
        observed = read_junctions(bam, genome)
        decoys = list(decoys_of(observed, annotated, codes))
        known = {(one.start, one.end, one.strand) for one in annotated}
        groups = {
            "annotated": [one for one in observed if (one.start, one.end, one.strand) in known],
            "novel": [one for one in observed if (one.start, one.end, one.strand) not in known],
            "decoys": decoys,
        }
        groups["novel, three reads or more"] = [one for one in groups["novel"] if one.reads >= 3]
        scores = {
            name: np.array(
                [one.probability for one in score_junctions(group, genome, reader, within=0)]
            )
            for name, group in groups.items()
        }
        rows = [
            {
                "junctions": name,
                "number": values.size,
                "median_probability": np.median(values),
                "auroc_against_decoys": auroc(values, scores["decoys"]),
                f"share_below_{_LEAST:g}": np.mean(values < _LEAST),
            }
            for name, values in scores.items()
        ]
        table = pd.DataFrame(rows)
        print(table.to_string(index=False, float_format="%.4g"))
        cleaning = removed(bam, genome, reader, known)
        print(cleaning.to_string(index=False))
    results = _HERE / "results"
    results.mkdir(exist_ok=True)
    table.to_csv(results / "junctions.tsv", sep="\t", index=False, float_format="%.4g")
    cleaning.to_csv(results / "cleaning.tsv", sep="\t", index=False)


def lifted(contig: str, text: str) -> list[Junction]:
    """Annotated introns, where the older assembly has the same bases."""
    found = []
    with open_genome(_NEW / "genome.fa.gz") as genome:
        for intron in read_annotation(_NEW / "annotation.gtf.gz").introns():
            codes = genome.fetch(intron.contig, intron.start - _FLANK, intron.end + _FLANK)
            there = decode(codes)
            at = text.find(there)
            if at >= 0 and text.find(there, at + 1) < 0:
                start = at + _FLANK
                found.append(Junction(contig, start, start + len(intron), intron.strand))
    return found


def decoys_of(
    observed: Sequence[Junction], annotated: Sequence[Junction], codes: np.ndarray
) -> Iterator[Junction]:
    """For each junction one that has the dinucleotides and nothing else."""
    rng = np.random.default_rng(0)
    taken = {
        (position, one.strand)
        for one in [*observed, *annotated]
        for position in (one.start, one.end)
    }
    for one in observed:
        left, right = ("GT", "AG") if one.strand == "+" else ("CT", "AC")
        starts = [x for x in near(codes, left, one.start) if (x, one.strand) not in taken]
        ends = [x + 2 for x in near(codes, right, one.end - 2) if (x + 2, one.strand) not in taken]
        pairs = [(start, end) for start in starts for end in ends if end - start >= 40]
        if pairs:
            start, end = pairs[rng.integers(len(pairs))]
            yield Junction(one.contig, start, end, one.strand)


def near(codes: np.ndarray, letters: str, position: int) -> np.ndarray:
    first, second = encode(letters)
    start = max(position - _NEAR, 0)
    window = codes[start : position + _NEAR]
    return np.flatnonzero((window[:-1] == first) & (window[1:] == second)) + start


def auroc(true: np.ndarray, false: np.ndarray) -> float:
    """Chance that a true one scores above a false one, ties counted by half."""
    ordered = np.sort(false)
    below = np.searchsorted(ordered, true, "left") + np.searchsorted(ordered, true, "right")
    return float(below.mean() / (2 * false.size))


def removed(
    bam: Path, genome: Genome, reader: WindowReader, known: set[tuple[int, int, str]]
) -> pd.DataFrame:
    """What cleaning takes out, by the least probability that a junction may have."""
    introns = observed_introns(bam, genome)
    real = {(start, end) for start, end, _ in known}
    rows = []
    for least in _LEASTS:
        spurious = spurious_introns(introns, genome, reader, least=least)
        with open_alignments(bam) as reads:
            shown = [
                [(str(read.reference_name), *intron) in spurious for intron in introns_of(read)]
                for read in reads
            ]
        rows.append(
            {
                "min_probability": least,
                "junctions": len(introns),
                "spurious": len(spurious),
                "annotated_among_them": sum(key[1:] in real for key in spurious),
                "spliced_alignments": sum(map(bool, shown)),
                "alignments_that_show_one": sum(map(any, shown)),
            }
        )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    main()
