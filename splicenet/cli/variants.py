"""``splicenet variants``."""

from __future__ import annotations

from typing import Any

import click

from splicenet.cli.files import FileCommand
from splicenet.cli.scoring import read_genes, report, run_scoring
from splicenet.cli.scoring_options import ScoringOptions, scoring_options
from splicenet.genome.contigs import match_contigs
from splicenet.genome.sequence import open_genome
from splicenet.genome.vcf import VcfFile, open_vcf

__all__ = ["variants"]


@click.command(cls=FileCommand)
@click.argument("vcf", metavar="IN.VCF")
@scoring_options
@click.option(
    "--phase",
    is_flag=True,
    help="Apply neighbouring variants of one haplotype together, by phased genotypes.",
)
@click.option("--sample", help="Whose genotypes --phase reads.  [default: the first]")
def variants(vcf: str, phase: bool, sample: str | None, **values: Any) -> None:
    """Score what variants do to splicing.

    Adds to every record INFO/SplicENet, in SpliceAI's order and meaning:

    \b
    ALLELE|SYMBOL|DS_AG|DS_AL|DS_DG|DS_DL|DP_AG|DP_AL|DP_DG|DP_DL

    the largest gain and loss of an acceptor and of a donor (DS, 0 to 1) and where they happen (DP,
    bases from POS). Without an annotation SYMBOL is the strand. Alleles that cannot be scored come
    out with the reason in INFO/SplicENetSkip. While a run is under way its scores are kept beside
    the output, and --resume goes on with them.

    \b
    splicenet variants in.vcf.gz -f genome.fa -a genes.gtf -m model.splicenet -o out.vcf.gz
    splicenet variants in.bcf -f genome.fa -m model.splicenet --tag SpliceAI --mask -a genes.gtf
    bcftools view -r chr20 in.vcf.gz | splicenet variants - -f genome.fa -m model.splicenet
    """
    options = ScoringOptions.take(values)
    if sample is not None and not phase:
        raise click.UsageError("--sample goes with --phase; give that too")
    with open_genome(options.fasta) as genome, open_vcf(vcf) as records:
        summary = run_scoring(
            options,
            records,
            count=records.count,
            header=records.header,
            names=records.names,
            named=records.contigs,
            contigs=match_contigs(
                records.contigs,
                genome.lengths,
                their_file=records.path,
                our_file=genome.path,
                describe=genome.description,
            )
            if records.contigs
            else {},
            genome=genome,
            genes=read_genes(options.annotation, genome),
            sample=_sample(records, sample) if phase else None,
            settings={"phase": sample if phase else False},
        )
    report(summary)


def _sample(records: VcfFile, name: str | None) -> int:
    if not records.samples:
        raise click.UsageError("--phase needs genotypes, and the file has no samples")
    if name is None:
        return 0
    if name not in records.samples:
        raise click.UsageError(f"the file has no sample {name!r}")
    return records.samples.index(name)
