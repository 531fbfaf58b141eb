"""``splicenet predict``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from splicenet._version import __version__
from splicenet.cli.files import FileCommand
from splicenet.cli.options import choose_device, open_regions
from splicenet.cli.reading import name_reading
from splicenet.cli.scanning import scan_genome, scanning_options
from splicenet.genome.bed import SiteForm, SiteWriter
from splicenet.genome.bigwig import TrackWriter
from splicenet.genome.intervals import Kind, Strand
from splicenet.genome.labels import KINDS, STRANDS
from splicenet.genome.sequence import Genome, open_genome
from splicenet.genome.splice_scores import SpliceScoreWriter
from splicenet.inference.predictor import Predictor, call_sites
from splicenet.inference.task_output import TaskWriter, sites_of
from splicenet.model.scoring import Scores

__all__ = ["predict"]


@click.command(cls=FileCommand)
@scanning_options("Sites")
@click.option(
    "--format",
    "form",
    type=click.Choice(["bed", "tsv", "spsc"]),
    default="bed",
    show_default=True,
    help="bed: BED6, score is 1000 times the probability; tsv: probabilities in full; spsc: splice "
    "scores for minimap2 and miniprot.",
)
@click.option(
    "--bigwig", metavar="PREFIX", help="Also four tracks: donor and acceptor, plus and minus."
)
@click.option(
    "--tasks",
    metavar="PREFIX",
    help="Also what the model's other heads say: PREFIX.NAME.bw, or .bed.gz where it is one of "
    "several classes, and PREFIX.windows.tsv with what is asked of whole windows.",
)
@click.option(
    "-t",
    "--threshold",
    type=click.FloatRange(0, 1),
    help="Call a site from this probability.  [default: the model's, for the highest F1]",
)
@click.option(
    "-s", "--strand", type=click.Choice(["+", "-", "both"]), default="both", show_default=True
)
def predict(
    fasta: str,
    model: str,
    output: str,
    form: str,
    bigwig: str | None,
    tasks: str | None,
    threshold: float | None,
    regions: str | None,
    strand: str,
    batch_tokens: int,
    copies: bool,
    device: str,
    threads: int | None,
) -> None:
    """Write the splice sites of a genome, both strands.

    A site is one base: the last of the exon for a donor, the first for an acceptor, in the
    direction of transcription. Probabilities are calibrated: nine in ten sites called with 0.9
    are real, as far as the annotation knew.

    \b
    splicenet predict genome.fa > sites.bed
    splicenet predict genome.fa.gz -m model.splicenet -o sites.bed.gz --bigwig tracks/genome
    splicenet predict genome.fa -m model.splicenet -r chr2:1-500,000 --format tsv
    splicenet predict genome.fa -m many.splicenet -o sites.bed.gz --tasks tracks/genome
    splicenet predict genome.fa --format spsc -o scores.tsv  # minimap2 --spsc=scores.tsv
    samtools faidx genome.fa chr4 | splicenet predict - -m model.splicenet | bedtools sort -i -
    """
    if form == "spsc" and threshold is not None:
        raise click.UsageError("--format spsc has no threshold; aligners weigh the scores")
    place = choose_device(device, threads)
    strands: tuple[Strand, ...] = STRANDS if strand == "both" else (strand,)  # type: ignore[assignment]
    with open_genome(fasta) as genome, ExitStack() as stack:
        told = name_reading(model, genome)
        predictor = Predictor(told, device=place, batch_tokens=batch_tokens, copies=copies)
        if tasks is not None and not predictor.model.network.config.tasks:
            raise click.UsageError(f"--tasks: the model {told} knows no task but splice sites")
        at: dict[Kind, float] = (
            predictor.threshold if threshold is None else dict.fromkeys(KINDS, threshold)
        )
        calls = ", ".join(f"{kind} >= {value:g}" for kind, value in at.items())
        header = [f"splicenet {__version__}, model {Path(told).name}, {calls}"]
        where = None if regions is None else open_regions(regions, genome)
        scan = scan_genome(predictor, genome, where, tasks=tasks is not None)
        if form == "spsc":
            write = stack.enter_context(_splice_scores(output, genome, strands))
        else:
            write = stack.enter_context(_sites(output, header, form, at, strands))  # type: ignore[arg-type]
        tracks = (
            None if bigwig is None else stack.enter_context(TrackWriter(bigwig, genome.lengths))
        )
        heads = (
            None
            if tasks is None
            else stack.enter_context(
                TaskWriter(tasks, predictor, genome, strands, threshold=at, header=header)
            )
        )
        for contig, scores in scan:
            if heads is not None:
                heads.write(contig, scores)
                scores = sites_of(scores)
            write(contig, scores)
            if tracks is not None:
                for one in strands:
                    for index, kind in enumerate(KINDS):
                        values = scores.values[STRANDS.index(one), index]
                        tracks.write(contig, scores.start, one, kind, values)
        if heads is not None:
            heads.write_windows(where)


@contextmanager
def _sites(
    output: str,
    header: list[str],
    form: SiteForm,
    at: dict[Kind, float],
    strands: tuple[Strand, ...],
) -> Iterator[Callable[[str, Scores], None]]:
    with SiteWriter(output, header=header, form=form) as sites:

        def write(contig: str, scores: Scores) -> None:
            for site in call_sites(contig, scores, at, strands):
                sites.write(site)

        yield write


@contextmanager
def _splice_scores(
    output: str, genome: Genome, strands: tuple[Strand, ...]
) -> Iterator[Callable[[str, Scores], None]]:
    with SpliceScoreWriter(output, strands=strands) as out:

        def write(contig: str, scores: Scores) -> None:
            codes = genome.fetch(contig, scores.start, scores.end + 1)
            out.add(contig, scores.start, scores.values, codes)

        yield write
