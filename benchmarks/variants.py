"""Speed of variant scoring against one-by-one scoring, and memory on a long VCF.

*One by one* reads for every variant four windows by themselves: reference and changed, on either
strand. The other lines are what the command does, on both strands or on those of the genes. Times
are CPU seconds of one thread, with untrained weights, which cost what trained ones do.

With ``--records`` a VCF of so many records on real sequence is scored with a network of toy size,
and the peak memory is given after every tenth of it: it must level off.

    python benchmarks/variants.py
    python benchmarks/variants.py --records 1000000
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from splicenet.genome.alphabet import decode
from splicenet.genome.genes import Genes
from splicenet.genome.intervals import Variant
from splicenet.genome.labels import KINDS, STRANDS
from splicenet.genome.sequence import Genome, open_genome
from splicenet.genome.species import open_annotation
from splicenet.genome.vcf import VcfRecord
from splicenet.inference.annotate import Annotator
from splicenet.inference.haplotypes import Haplotype, compared
from splicenet.inference.variants import VariantScorer
from splicenet.inference.windows import Window, WindowReader
from splicenet.model.calibration import Calibration
from splicenet.model.modelfile import Model
from splicenet.model.network import NetworkConfig, SpliceNetwork

_HERE = Path(__file__).parent
_FLY = _HERE.parent / "data/drosophila_melanogaster_chr4"
_TOY = NetworkConfig(
    channels=4, kernel=3, coarse_channels=4, coarse_kernel=3, coarse_dilations=(1,), hidden=2
)
_BASES = 1_000_000


def untrained(config: NetworkConfig, flank: int) -> Model:
    network = SpliceNetwork(config).eval()
    plain = {kind: Calibration() for kind in KINDS}
    return Model(network, flank, plain, dict.fromkeys(KINDS, 0.5))


def records(genome: Genome, count: int, every: float, indels: float) -> Iterator[VcfRecord]:
    """Variants on real sequence, sorted, one in ``every`` bases; round and round if need be."""
    dice = random.Random(1)
    (contig,) = genome.lengths
    bases = decode(genome.fetch(contig, 100_000, 100_000 + _BASES))
    for number in range(count):
        at = int(number * every) % (_BASES - 100)
        ref, alt = bases[at], dice.choice([b for b in "ACGT" if b != bases[at]])
        if dice.random() < indels:
            size = dice.randrange(2, 10)
            ref, alt = bases[at : at + size], bases[at]
            if dice.random() < 0.5:
                ref, alt = alt, ref
        position = 100_000 + at
        columns = (contig, str(position + 1), ".", ref, alt, ".", ".", ".")
        yield VcfRecord(contig, position, ref, (alt,), columns, number)


def one_by_one(model: Model, genome: Genome, some: list[VcfRecord]) -> float:
    """CPU seconds a variant."""
    reader = WindowReader(model)
    phase = reader.phase
    began = time.process_time()
    for record in some:
        variant = Variant(record.contig, record.start, record.ref, record.alts[0]).trimmed()
        span = compared(variant, 50, genome.lengths[record.contig])
        for edits in ((), (variant,)):
            haplotype = Haplotype(record.contig, *span, edits)
            window = haplotype.span(0, phase=phase, flank=reader.flank, unit=phase)

            def fetch(start: int, end: int, contig: str = record.contig):  # noqa: ANN202
                return genome.fetch(contig, start, end)

            codes = haplotype.codes(fetch, window)
            first, last = window.first - window.start, window.last - window.start
            for strand in STRANDS:
                reader.read([Window(codes, strand, first, last)])
    return (time.process_time() - began) / len(some)


def together(model: Model, genome: Genome, some: list[VcfRecord], genes: Genes | None) -> float:
    """CPU seconds a variant that is scored."""
    scorer = VariantScorer(WindowReader(model), genome)
    names = {contig: contig for contig in genome.lengths}
    began = time.process_time()
    scored = sum(
        bool(found.effects) for _, found in Annotator(scorer, genome, names, genes).run(some)
    )
    return (time.process_time() - began) / scored


def peak_memory(genome: Genome, count: int) -> None:
    """Print the peak resident memory as records go by."""
    scorer = VariantScorer(WindowReader(untrained(_TOY, 32)), genome)
    names = {contig: contig for contig in genome.lengths}
    run = Annotator(scorer, genome, names).run(records(genome, count, _BASES / count, 0.1))
    for number, _ in enumerate(run, 1):
        if number % max(count // 10, 1) == 0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{number} records\tpeak {peak:.0f} MiB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--variants", type=int, default=1000)
    parser.add_argument("--singles", type=int, default=20, help="how many one by one")
    parser.add_argument("--flank", type=int, default=8192)
    parser.add_argument("--records", type=int, help="measure memory instead")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with open_genome(_FLY / "genome.fa.gz") as genome:
        if options.records:
            peak_memory(genome, options.records)
            return
        genes = Genes(open_annotation(_FLY / "annotation.gtf.gz", genome).transcripts)
        model = untrained(NetworkConfig(), options.flank)
        lines = ["variants\tmethod\tvariants_per_cpu_second\ttimes_one_by_one"]
        for kind, every, indels in (
            ("SNVs, one a kilobase", 1000, 0.0),
            ("SNVs and a tenth of indels, one a kilobase", 1000, 0.1),
            ("SNVs of every base", 1 / 3, 0.0),
        ):
            some = list(records(genome, options.variants, every, indels))
            step = max(len(some) // options.singles, 1)
            slow = one_by_one(model, genome, some[::step])
            fast = {
                "one by one": slow,
                "both strands": together(model, genome, some, None),
                "strands of genes": together(model, genome, some, genes),
            }
            for method, seconds in fast.items():
                lines.append(f"{kind}\t{method}\t{1 / seconds:.1f}\t{slow / seconds:.1f}")
                print(lines[-1], flush=True)
    (_HERE / "results" / "variants.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
