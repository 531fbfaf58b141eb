"""A real set of mutations: where the fourth chromosome of *Drosophila* differs between species.

The chromosomes of simulans, sechellia and mauritiana are aligned to that of melanogaster with
minimap2. A base counts as looked at where each of the three lies on it exactly once, away from
gaps; it is mutated where one of them has another letter. On whose branch the letter changed is not
asked. Writes a VCF and the BED of what was looked at, for the task ``mutation:VCF:BED``.

    pip install ".[benchmarks]"
    python benchmarks/substitutions.py --folder benchmark-data/flies
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

import mappy
import numpy as np
from fetch import fly_chromosomes

from splicenet.genome.alphabet import LETTERS, N, decode, encode
from splicenet.genome.intervals import Interval
from splicenet.genome.sequence import open_genome

__all__ = ["REFERENCE", "mutation_set"]

REFERENCE = "melanogaster"
_MAPQ = 20
_NEAR_GAP = 5
"""Bases on either side of a gap whose alignment is not believed."""
_CS = re.compile(r"(:[0-9]+|\*[a-z][a-z]|[+-][a-z]+)")
_UNSEEN = 255


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/flies"))
    parser.add_argument("--again", action="store_true", help="make the files anew")
    options = parser.parse_args()
    vcf, bed = mutation_set(options.folder, again=options.again)
    print(f"{vcf}\n{bed}")


def mutation_set(folder: Path, *, again: bool = False) -> tuple[Path, Path]:
    """The VCF and the BED in ``folder``, made unless they are there."""
    vcf, bed = folder / "substitutions.vcf", folder / "aligned.bed"
    if again or not (vcf.exists() and bed.exists()):
        chromosomes = fly_chromosomes(folder)
        with open_genome(chromosomes[REFERENCE]) as genome:
            (contig,) = genome.lengths
            codes = genome.fetch(contig, 0, genome.lengths[contig])
        there = {
            name: aligned_letters(codes, path)
            for name, path in chromosomes.items()
            if name != REFERENCE
        }
        write_set(contig, codes, there, vcf, bed)
    return vcf, bed


def aligned_letters(reference: np.ndarray, path: Path) -> np.ndarray:
    """What another chromosome has at each base of the reference, _UNSEEN where that is not sure."""
    aligner = mappy.Aligner(seq=decode(reference), preset="asm20", best_n=1)
    letters = np.full(len(reference), _UNSEEN, np.uint8)
    depth = np.zeros(len(reference), np.int64)
    with open_genome(path) as genome:
        for contig, length in genome.lengths.items():
            sequence = decode(genome.fetch(contig, 0, length))
            for hit in aligner.map(sequence, cs=True):
                if hit.is_primary and hit.mapq >= _MAPQ:
                    depth[hit.r_st : hit.r_en] += 1
                    _lay(letters, reference, hit.r_st, hit.cs)
    letters[depth != 1] = _UNSEEN
    return letters


def _lay(letters: np.ndarray, reference: np.ndarray, position: int, cs: str) -> None:
    """Put one alignment down; ``cs`` is minimap2's, on the plus strand of the reference."""
    gaps = []
    for step in _CS.findall(cs):
        if step[0] == ":":
            end = position + int(step[1:])
            letters[position:end] = reference[position:end]
            position = end
        elif step[0] == "*":
            letters[position] = encode(step[2])[0]
            position += 1
        else:
            end = position + (len(step) - 1 if step[0] == "-" else 0)
            gaps.append((max(position - _NEAR_GAP, 0), end + _NEAR_GAP))
            position = end
    for start, end in gaps:
        letters[start:end] = _UNSEEN


def write_set(
    contig: str, reference: np.ndarray, there: Mapping[str, np.ndarray], vcf: Path, bed: Path
) -> None:
    """Write bases that all chromosomes have, and which of them differ."""
    letters = np.stack(list(there.values()))
    looked_at = (letters < N).all(0) & (reference < N)
    differing = (letters != reference) & looked_at
    with open(vcf, "w") as out:
        out.write("##fileformat=VCFv4.2\n")
        out.write('##INFO=<ID=IN,Number=.,Type=String,Description="Species that differ">\n')
        out.write(f"##contig=<ID={contig},length={len(reference)}>\n")
        out.write("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        for place in np.flatnonzero(differing.any(0)):
            who = [name for name, one in zip(there, differing[:, place], strict=True) if one]
            alts = sorted({LETTERS[code] for code in letters[differing[:, place], place]})
            row = [contig, place + 1, ".", LETTERS[reference[place]], ",".join(alts)]
            out.write("\t".join(map(str, [*row, ".", "PASS", f"IN={','.join(who)}"])) + "\n")
    bounds = np.flatnonzero(np.diff(np.concatenate([[0], looked_at.astype(np.int8), [0]])))
    with open(bed, "w") as out:
        for start, end in bounds.reshape(-1, 2).tolist():
            span = Interval(contig, start, end)
            out.write(f"{span.contig}\t{span.start}\t{span.end}\n")
    mutated, seen = int(differing.any(0).sum()), int(looked_at.sum())
    print(f"{seen:,} of {len(reference):,} bases aligned, {mutated:,} of them differ", flush=True)


if __name__ == "__main__":
    main()
