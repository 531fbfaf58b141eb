"""Options that several commands share, and what they mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import click
import torch

from splicenet.exceptions import SplicenetError
from splicenet.genome.annotation import Annotation
from splicenet.genome.intervals import Interval
from splicenet.genome.regions import share_regions
from splicenet.genome.samplesheet import Row, read_samplesheet
from splicenet.genome.sequence import Genome
from splicenet.genome.species import Species, doubts, left_out, open_annotation, open_species
from splicenet.model.shipped import AUTO, find_model
from splicenet.training.precision import Precision
from splicenet.training.settings import TrainingSettings

__all__ = [
    "check_untold",
    "choose_device",
    "device_options",
    "field_option",
    "incomplete_option",
    "model_option",
    "open_data",
    "open_genes",
    "open_regions",
    "precision_option",
    "share_open_regions",
    "species_options",
    "tell",
]

Command = TypeVar("Command", bound=Callable[..., Any])


def species_options(command: Command) -> Command:
    """``--fasta``, ``--annotation``, ``--bam`` and ``--samplesheet``, for :func:`open_data`."""
    for option in reversed(
        [
            click.option(
                "-f",
                "--fasta",
                metavar="FILE",
                help="Genome: FASTA, GenBank or EMBL; plain, gzip or bgzip; - is standard input.",
            ),
            click.option(
                "-a",
                "--annotation",
                metavar="FILE",
                help="Genes: GTF, GFF3, GFF2, BED12, genePred, refFlat, GenBank; told apart by "
                "content.",
            ),
            click.option(
                "-b",
                "--bam",
                metavar="FILE",
                help="Spliced alignments (BAM or CRAM) or their junctions (SJ.out.tab, BED12, "
                "intron GFF), instead of an annotation or beside it.",
            ),
            click.option(
                "--samplesheet",
                metavar="FILE",
                help="Several species: CSV with the columns species, fasta, annotation, bam; "
                "paths are relative to the sheet.",
            ),
            click.option(
                "--min-reads",
                default=3,
                show_default=True,
                help="Reads that make a junction a label; those with fewer are left unknown.",
            ),
        ]
    ):
        command = option(command)
    return command


def device_options(command: Command) -> Command:
    """``--device`` and ``--threads``."""
    for option in reversed(
        [
            click.option(
                "--device",
                default="auto",
                show_default=True,
                help="cpu, cuda, cuda:1, mps; auto takes cuda where it is there, else the cpu.",
            ),
            click.option(
                "--threads",
                type=click.IntRange(1),
                help="CPU threads.  [default: all cores]",
            ),
        ]
    ):
        command = option(command)
    return command


def _known(context: click.Context, option: click.Parameter, name: str) -> str:
    """Refuse a model that is not there before anything is read."""
    find_model(name)
    return name


def model_option(command: Command) -> Command:
    """``-m``: a file, or a model that comes with splicenet."""
    return click.option(
        "-m",
        "--model",
        default=AUTO,
        show_default=True,
        callback=_known,
        metavar="MODEL",
        help="Model file, or the name of one that `splicenet models` lists; MODEL:SPECIES for one "
        "of its species, MODEL:any for none. A genome with the words of a species that the model "
        "knows is read as such; auto takes the narrowest listed model that knows it.",
    )(command)


def field_option(owner: object, flag: str, name: str, text: str, **more: Any) -> Any:
    """An option whose default is the field ``name`` of settings, or of a network's shape."""
    return click.option(
        flag, name, default=getattr(owner, name), show_default=True, help=text, **more
    )


precision_option = field_option(
    TrainingSettings,
    "--precision",
    "precision",
    "Of convolutions while they learn: auto takes bfloat16 on GPUs and CPUs that are made for it "
    "(AVX-512 BF16, AMX), else float32. What is trained reads in float32.",
    type=click.Choice(get_args(Precision)),
)


incomplete_option = click.option(
    "--incomplete",
    metavar="SPECIES",
    multiple=True,
    help="The annotation of this species lacks genes: train on the spliced genes that it has, or "
    "what spliced reads join, 200 bases around included, and take nothing for known outside; may "
    "be repeated.",
)


def check_untold(untold: float, species_bias: bool) -> None:
    """Refuse a share of windows that are not told of where none is.

    Raises
    ------
    click.UsageError
        If the share was chosen.
    """
    if untold != TrainingSettings.untold and not species_bias:
        raise click.UsageError("--untold is for networks that are told; give --species-bias, too")


def choose_device(device: str, threads: int | None) -> str:
    """Set the number of threads and name the device.

    Numbers below the smallest normal one count as zero from here on: gradients that vanish through
    time end there, and a CPU takes many times as long for them.

    Raises
    ------
    SplicenetError
        If there is no such device.
    """
    if threads is not None:
        torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise SplicenetError(f"device {device!r} cannot be used here ({reason})") from error
    return device


def open_data(
    fasta: str | None,
    annotation: str | None,
    bam: str | None,
    samplesheet: str | None,
    min_reads: int,
    *,
    name: str | None = None,
) -> list[Species]:
    """The species that the options name, opened and labelled, until the command ends.

    Raises
    ------
    click.UsageError
        If the options do not go together.
    SplicenetError
        If a file cannot be read.
    """
    if samplesheet is not None:
        if fasta or annotation or bam:
            raise click.UsageError("give either --samplesheet or --fasta and its files, not both")
        rows = read_samplesheet(samplesheet)
    elif fasta is None:
        raise click.UsageError("give a genome with --fasta, or several with --samplesheet")
    else:
        name = name or Path(fasta).name.partition(".")[0]
        rows = [Row(name, fasta, annotation, bam)]
    context = click.get_current_context()
    species = []
    for row in rows:
        opened = open_species(row.species, row.fasta, row.annotation, row.bam, min_reads=min_reads)
        opened.task_sources = row.others
        species.append(context.with_resource(opened))
    for one in species:
        tell(f"{one.name}: {note}" for note in one.notes)
    return species


def open_genes(path: str, genome: Genome) -> Annotation:
    """An annotation under the genome's contig names; what is left out or doubtful is told.

    Raises
    ------
    SplicenetError
        If it cannot be read, or is not of this genome.
    """
    annotation = open_annotation(path, genome)
    tell([*left_out(path, annotation.skipped), *doubts(path, annotation, genome)])
    return annotation


def open_regions(spec: str, genome: Genome) -> list[Interval]:
    """Regions of a genome, as :func:`~splicenet.genome.regions.read_regions` has them.

    What of them is left out is told.

    Raises
    ------
    RegionError
        If one cannot be read, or none is left.
    """
    return share_open_regions(spec, [genome])[0]


def share_open_regions(spec: str, genomes: Sequence[Genome]) -> list[list[Interval]]:
    """The same for several genomes."""
    skipped: Counter[str] = Counter()
    regions = share_regions(spec, genomes, skipped=skipped)
    tell(left_out(spec, skipped))
    return regions


def tell(notes: Iterable[str]) -> None:
    """Say on standard error what a user should know, a line each."""
    for note in notes:
        click.echo(f"note: {note}", err=True)
