"""``splicenet junctions``."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from operator import attrgetter
from pathlib import Path

import click

from splicenet._version import __version__
from splicenet.cli.files import FileCommand
from splicenet.cli.options import choose_device, device_options, model_option, open_genes, tell
from splicenet.cli.reading import name_reading
from splicenet.genome.alignments import read_junctions
from splicenet.genome.bam_reader import observed_introns
from splicenet.genome.clean import CleanReport, clean_alignments
from splicenet.genome.output import is_same, is_stream
from splicenet.genome.scored_junctions import (
    JunctionForm,
    Known,
    ScoredJunction,
    write_junctions,
)
from splicenet.genome.sequence import open_genome
from splicenet.genome.species import left_out
from splicenet.inference.junctions import score_junctions, spurious_introns
from splicenet.inference.windows import WindowReader
from splicenet.model.shipped import open_model

__all__ = ["junctions"]


@click.command(cls=FileCommand)
@click.argument("reads", metavar="READS")
@click.option("-f", "--fasta", required=True, metavar="FILE", help="Genome of the alignments.")
@model_option
@click.option(
    "-a", "--annotation", metavar="FILE", help="Genes, to tell annotated junctions from novel ones."
)
@click.option(
    "-o",
    "--output",
    default="-",
    show_default=True,
    help="Junctions; - is standard output; .gz means bgzip with a tabix index.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["tsv", "bed"]),
    default="tsv",
    show_default=True,
    help="tsv: everything; bed: BED6, score is 1000 times the probability.",
)
@click.option(
    "--within",
    type=click.IntRange(0, 5_000),
    default=50,
    show_default=True,
    help="Bases on either side of a site in which the best alternative is looked for.",
)
@click.option(
    "--sort",
    "order",
    type=click.Choice(["position", "score"]),
    default="position",
    show_default=True,
)
@click.option("--min-reads", type=click.IntRange(1), default=1, show_default=True)
@click.option("--min-mapq", type=click.IntRange(0), default=20, show_default=True)
@click.option(
    "--min-overhang",
    type=click.IntRange(0),
    default=8,
    show_default=True,
    help="Bases that a read must align on either side of a junction to count.",
)
@click.option(
    "--clean",
    metavar="BAM",
    help="Also write the alignments without those that show a spurious junction.",
)
@click.option(
    "--dropped",
    metavar="BAM",
    help="With --clean: where the others go.  [default: .dropped.bam beside it]",
)
@click.option(
    "--mark",
    is_flag=True,
    help="With --clean: drop none, but mark them as failing quality control (flag 0x200).",
)
@click.option(
    "--min-probability",
    type=click.FloatRange(0, 1),
    default=1e-4,
    show_default=True,
    help="With --clean: junctions below it are spurious, unless they are annotated.",
)
@device_options
def junctions(
    reads: str,
    fasta: str,
    model: str,
    annotation: str | None,
    output: str,
    form: JunctionForm,
    within: int,
    order: str,
    min_reads: int,
    min_mapq: int,
    min_overhang: int,
    clean: str | None,
    dropped: str | None,
    mark: bool,
    min_probability: float,
    device: str,
    threads: int | None,
) -> None:
    """Score the junctions of spliced reads, and clean the reads of spurious ones.

    READS is BAM, CRAM or SAM, or junctions: STAR's SJ.out.tab, BED12 as regtools writes it, or
    introns of GFF. A junction has the calibrated probabilities of its donor and acceptor, their
    product, and for each the likeliest other base nearby.

    With --clean every intron of every alignment is judged, whatever its reads. An alignment that
    is dropped takes that of its mate with it; if it is the best one of its read, all of the read
    and its mate go. NH and HI of those that stay are mended. Introns that no tag puts on a strand
    and that are neither GT-AG, GC-AG nor AT-AC are spurious. What is annotated never is. Both
    files are BAM, whatever the reads are.

    \b
    splicenet junctions reads.bam -f genome.fa -a genes.gtf -o junctions.tsv
    splicenet junctions SJ.out.tab -f genome.fa --sort score --format bed -o junctions.bed
    splicenet junctions reads.bam -f genome.fa -o junctions.tsv --clean clean.bam
    """
    if clean is None and (mark or dropped is not None):
        raise click.UsageError("--mark and --dropped go with --clean; give that too")
    if mark and dropped is not None:
        raise click.UsageError("--mark drops nothing; leave --dropped out")
    if clean is not None and not mark and dropped is None:
        dropped = _beside(clean)
    if clean is not None:
        _check_files({"READS": reads, "-o": output, "--clean": clean, "--dropped": dropped})
    if order == "score" and output.endswith((".gz", ".bgz")):
        raise click.UsageError("--sort score cannot be indexed; give a plain output")
    place = choose_device(device, threads)
    skipped: Counter[str] = Counter()
    with open_genome(fasta) as genome:
        told = name_reading(model, genome)
        reader = WindowReader(open_model(told), device=place)
        known = None
        if annotation is not None:
            known = Known(open_genes(annotation, genome).introns())
        seen = read_junctions(
            reads,
            genome,
            min_mapq=min_mapq,
            min_overhang=min_overhang,
            min_reads=min_reads,
            skipped=skipped,
        )
        tell(left_out(reads, skipped))
        scored = list(score_junctions(seen, genome, reader, within=within, known=known))
        if known is not None and scored and all(one.status == "novel" for one in scored):
            sentence = "not one junction has an annotated end; is it of another assembly?"
            tell([f"{annotation}: {sentence}"])
        if clean is not None:
            spurious = spurious_introns(
                observed_introns(reads, genome, reference=genome.fasta),
                genome,
                reader,
                least=min_probability,
                known=known,
            )
            report = clean_alignments(
                reads,
                clean,
                lambda *intron: intron in spurious,
                dropped=dropped,
                command=shlex.join(["splicenet", *sys.argv[1:]]),
                reference=genome.fasta,
            )
            click.echo(_summary(report, len(spurious), clean, mark=mark), err=True)
        header = [f"splicenet {__version__}, model {Path(told).name}"]
        rows = scored if order == "position" else _best_first(scored)
        write_junctions(output, rows, form=form, header=header)


def _best_first(scored: Sequence[ScoredJunction]) -> list[ScoredJunction]:
    return sorted(scored, key=attrgetter("probability"), reverse=True)


def _check_files(files: dict[str, str | None]) -> None:
    """Refuse what would be read or written twice, or under a name of another format."""
    named = {option: path for option, path in files.items() if path is not None}
    if is_stream(named["READS"]):
        raise click.UsageError("--clean reads the alignments several times; give them as a file")
    for (one, here), (other, there) in combinations(named.items(), 2):
        if is_same(here, there):
            raise click.UsageError(f"{one} and {other} are the same file; name two")
    for option in ("--clean", "--dropped"):
        if named.get(option, "").endswith((".cram", ".sam")):
            raise click.UsageError(f"{option} is written as BAM; let its name end in .bam")


def _beside(clean: str) -> str:
    """``out.dropped.bam`` for ``out.bam``."""
    if is_stream(clean):
        raise click.UsageError("--clean is no file here: say with --dropped where the others go")
    path = Path(clean)
    return str(path.with_name(f"{path.stem}.dropped{path.suffix or '.bam'}"))


def _summary(report: CleanReport, spurious: int, clean: str, *, mark: bool) -> str:
    done = "marked" if mark else "dropped"
    return (
        f"{clean}: {spurious:,} junctions are spurious; {report.spurious:,} of {report.spliced:,}"
        f" spliced alignments show one; {report.removed:,} of {report.alignments:,} alignments"
        f" {done} ({report.fragments:,} fragments), {report.renumbered:,} renumbered"
    )
