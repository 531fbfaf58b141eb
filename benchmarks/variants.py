"""Speed of variant scoring against one-by-one scoring, and memory on a long VCF.

*One by one* reads for every variant whole windows by themselves: on either strand the reference and
the changed sequence, the latter twice where it is shifted. The other lines are what the command
does, on both strands or on those of the genes. Times are CPU seconds with one thread, and seconds
with more: then nothing else may run.

With ``--records`` a VCF of so many dense records on real sequence, a tenth of them indels, goes
through the whole command with a network of toy size, from file to indexed file: all but the
network itself. Memory must not grow with the records.

    python benchmarks/variants.py
    python benchmarks/variants.py --threads 2
    python benchmarks/variants.py --records 10000 100000 1000000 --fasta arabidopsis_chr1.fa.gz
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from rows import fill

from splicenet.genome.alphabet import decode, reverse_complement
from splicenet.genome.genes import Genes
from splicenet.genome.intervals import Variant
from splicenet.genome.labels import KINDS
from splicenet.genome.sequence import Genome, open_genome
from splicenet.genome.species import open_annotation
from splicenet.genome.vcf import VcfRecord
from splicenet.inference.annotate import Annotator
from splicenet.inference.haplotypes import Haplotype, compared
from splicenet.inference.variants import VariantScorer
from splicenet.inference.windows import WindowReader
from splicenet.model.calibration import Calibration
from splicenet.model.modelfile import Model, save_model
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.scale import Scale
from splicenet.model.scoring import site_probabilities
from splicenet.model.shipped import open_model

_HERE = Path(__file__).parent
_FLY = _HERE.parent / "data/drosophila_melanogaster_chr4"
_TABLE = _HERE / "results" / "variants.tsv"
_TOY = NetworkConfig(
    channels=4, kernel=3, coarse_channels=4, coarse_kernel=3, coarse_dilations=(1,), hidden=2
)
_FIRST = 100_000
_BASES = 1_000_000
_INDELS = 0.1
_LONGEST = 10
DENSITIES = {
    "SNVs, one in 20 kb": (20_000, 0.0),
    "SNVs, one a kb": (1000, 0.0),
    "SNVs and a tenth of indels, one a kb": (1000, _INDELS),
    "SNVs and a tenth of indels, one in 100 bases": (100, _INDELS),
    "SNVs and a tenth of indels, one in 10 bases": (10, _INDELS),
    "SNVs, one in 300 bases": (300, 0.0),
    "SNVs, one in 100 bases": (100, 0.0),
    "every SNV": (1 / 3, 0.0),
}


def records(genome: Genome, count: int, every: float, indels: float) -> Iterator[VcfRecord]:
    """Variants on real sequence, sorted, one in ``every`` bases."""
    dice = random.Random(1)
    contig = next(iter(genome.lengths))
    bases = decode(genome.fetch(contig, _FIRST, genome.lengths[contig]))
    for number in range(count):
        at = int(number * every)
        ref, alt = bases[at], [base for base in "ACGT" if base != bases[at]][number % 3]
        if ref == "N":
            alt = "A"
        elif dice.random() < indels:
            size = dice.randrange(2, _LONGEST)
            ref, alt = bases[at : at + size], bases[at]
            if dice.random() < 0.5:
                ref, alt = alt, ref
        position = _FIRST + at
        columns = (contig, str(position + 1), ".", ref, alt, ".", ".", ".")
        yield VcfRecord(contig, position, ref, (alt,), columns, number)


def clock() -> float:
    """CPU seconds of one thread; seconds where there are several."""
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def one_by_one(model: Model, genome: Genome, some: list[VcfRecord]) -> float:
    """Seconds a variant."""
    network = model.network.fused()
    reader = WindowReader(model)
    phase = reader.phase
    began = clock()
    for record in some:
        variant = Variant(record.contig, record.start, record.ref, record.alts[0]).trimmed()
        span = compared(variant, 50, genome.lengths[record.contig])
        for edits in ((), (variant,)):
            haplotype = Haplotype(record.contig, *span, edits)
            for shift in haplotype.phases(phase):
                window = haplotype.span(shift, phase=phase, flank=reader.flank, unit=phase)

                def fetch(start: int, end: int, contig: str = record.contig):  # noqa: ANN202
                    return genome.fetch(contig, start, end)

                codes = haplotype.codes(fetch, window)
                for sense in (codes, reverse_complement(codes)):
                    for row in site_probabilities(network, sense[None])[0]:
                        model.calibration["donor"].apply(row)
    return (clock() - began) / len(some)


def together(model: Model, genome: Genome, some: list[VcfRecord], genes: Genes | None) -> float:
    """Seconds a variant that is scored."""
    scorer = VariantScorer(WindowReader(model), genome)
    names = {contig: contig for contig in genome.lengths}
    began = clock()
    scored = sum(
        bool(found.effects) for _, found in Annotator(scorer, genome, names, genes).run(some)
    )
    return (clock() - began) / scored


def speed(genome: Genome, what: str, strands: str, *, model: str, most: int) -> dict[str, Any]:
    """One row: a density of variants, with every variant's strands or those of the genes."""
    every, indels = DENSITIES[what]
    some = list(records(genome, min(most, int(_BASES / every)), every, indels))
    genes = None
    if strands == "of genes":
        genes = Genes(open_annotation(_FLY / "annotation.gtf.gz", genome).transcripts)
    opened = open_model(model)
    slow = one_by_one(opened, genome, some[:: max(len(some) // 20, 1)])
    fast = together(opened, genome, some, genes)
    return {
        "records": len(some),
        "seconds": round(fast * len(some), 1),
        "variants_per_second": round(1 / fast, 1),
        "one_by_one_variants_per_second": round(1 / slow, 1),
        "ratio": round(slow / fast, 1),
        "peak_rss_mib": "-",
        "note": f"model {Path(model).stem}",
    }


def endurance(genome: Genome, fasta: Path, count: int) -> dict[str, Any]:
    """One row: the whole command on so many records, with a toy network."""
    plain = Scale({kind: Calibration() for kind in KINDS}, dict.fromkeys(KINDS, 0.5))
    contig = next(iter(genome.lengths))
    bases = genome.lengths[contig] - _FIRST - _LONGEST
    with tempfile.TemporaryDirectory() as folder:
        vcf, model, out = (Path(folder) / name for name in ("in.vcf", "toy.splicenet", "o.vcf.gz"))
        save_model(model, Model(SpliceNetwork(_TOY).eval(), 32, plain))
        with open(vcf, "w") as file:
            file.write(f"##fileformat=VCFv4.2\n##contig=<ID={contig}>\n")
            file.write("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
            for record in records(genome, count, bases / count, _INDELS):
                file.write("\t".join(record.columns) + "\n")
        command = [sys.executable, "-m", "splicenet", "variants", vcf, "-m", model, "-o", out]
        command += ["-f", fasta, "--threads", torch.get_num_threads(), "--device", "cpu"]
        began = time.perf_counter()
        subprocess.run(list(map(str, command)), check=True)
        seconds = time.perf_counter() - began
    return {
        "seconds": round(seconds, 1),
        "variants_per_second": round(count / seconds, 1),
        "one_by_one_variants_per_second": "-",
        "ratio": "-",
        "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
        "note": f"toy network, from file to indexed file, one in {bases / count:.3g} bases",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--variants", type=int, default=1000, help="at most, of every density")
    parser.add_argument("--model", default="universal")
    parser.add_argument("--records", type=int, nargs="+", help="memory instead; fewest first")
    parser.add_argument("--fasta", type=Path, default=_FLY / "genome.fa.gz", help="for --records")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    same = {"threads": options.threads}
    with open_genome(options.fasta if options.records else _FLY / "genome.fa.gz") as genome:
        if options.records:
            whole = {"what": "a whole VCF", "strands": "both", **same}
            cases: list[dict[str, Any]] = [{**whole, "records": count} for count in options.records]
            fill(_TABLE, cases, lambda records, **_: endurance(genome, options.fasta, records))
            return
        cases = [
            {"what": what, "strands": strands, **same}
            for what in DENSITIES
            for strands in ("both", "of genes")
        ]

        def measured(what: str, strands: str, **_: Any) -> dict[str, Any]:
            return speed(genome, what, strands, model=options.model, most=options.variants)

        fill(_TABLE, cases, measured)


if __name__ == "__main__":
    main()
