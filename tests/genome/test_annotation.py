"""The door: every dialect, real files, and what can be asked of an annotation."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from Bio import SeqIO

from splicenet.exceptions import AnnotationError
from splicenet.genome.annotation import Annotation, check_bounds, read_annotation
from splicenet.genome.intervals import Interval, Junction, Transcript

ROOT = Path(__file__).parents[2]
REAL = ROOT / "data" / "drosophila_melanogaster_chr4"
SHARED = Path(os.environ.get("SPLICENET_SHARED", ROOT.parent / "shared"))
COMPLEMENT = str.maketrans("ACGT", "TGCA")

# Distinct introns and the share of them, in per cent, that read GT-AG.
GENOMES = {
    "homo_sapiens_chr20": (4_447, 99.1),
    "arabidopsis_thaliana_chr1": (36_322, 98.3),
    "arabidopsis_arenosa_chr1_chr2": (35_310, 99.4),
    "caenorhabditis_elegans": (100_080, 98.4),
    "drosophila_melanogaster_chr2R": (10_301, 99.1),
    "schizosaccharomyces_pombe": (4_814, 99.9),
    "ustilago_maydis": (2_973, 91.7),
    "plasmodium_falciparum": (6_156, 99.7),
    "dictyostelium_discoideum": (3_961, 97.8),
}


def sequences(fasta: Path) -> dict[str, str]:
    with gzip.open(fasta, "rt") as text:
        return {record.id: str(record.seq).upper() for record in SeqIO.parse(text, "fasta")}


def gt_ag(introns: set[Junction], genome: dict[str, str]) -> float:
    """Per cent of the introns that read GT-AG, by their strand."""
    canonical = 0
    for intron in introns:
        bases = genome[intron.contig]
        ends = bases[intron.start : intron.start + 2] + bases[intron.end - 2 : intron.end]
        sense = ends.translate(COMPLEMENT)[::-1] if intron.strand == "-" else ends
        canonical += sense == "GTAG"
    return 100 * canonical / len(introns)


@pytest.fixture(scope="module")
def real() -> Annotation:
    return read_annotation(REAL / "annotation.gtf.gz")


def test_a_real_annotation(real: Annotation) -> None:
    assert (real.dialect, len(real.transcripts), real.skipped) == ("GTF", 338, {})
    assert list(real.contigs()) == ["NC_004353.4"]
    introns = real.introns()
    assert len(introns) == 899
    assert gt_ag(introns, sequences(REAL / "genome.fa.gz")) == pytest.approx(98.4, abs=0.1)


def test_the_furthest_line_is_that_of_a_real_row(real: Annotation) -> None:
    (contig, end), *_ = real.contigs().items()
    with gzip.open(REAL / "annotation.gtf.gz", "rt") as text:
        line = text.readlines()[real.lines[contig] - 1]
    assert line.split("\t")[4] == str(end)
    check_bounds(real, {contig: end})
    with pytest.raises(AnnotationError, match="another genome") as caught:
        check_bounds(real, {contig: end - 1})
    assert (caught.value.line, caught.value.contig) == (real.lines[contig], contig)


def test_every_dialect_says_the_same(real: Annotation, tmp_path: Path) -> None:
    written: dict[str, list[str]] = {"GFF3": [], "GFF2": [], "BED12": [], "genePred": []}
    for t in real.transcripts:
        parent = f"{t.contig}\tx\tmRNA\t{t.start + 1}\t{t.end}\t.\t{t.strand}\t.\tID={t.name}"
        written["GFF3"].append(parent)
        for start, end in reversed(t.exons):
            row = f"{t.contig}\tx\texon\t{start + 1}\t{end}\t.\t{t.strand}\t.\t"
            written["GFF3"].append(f"{row}Parent={t.name}")
            written["GFF2"].append(f'{row}name "{t.name}"')
        starts = "".join(f"{start}," for start, _ in t.exons)
        ends = "".join(f"{end}," for _, end in t.exons)
        sizes = "".join(f"{end - start}," for start, end in t.exons)
        offsets = "".join(f"{start - t.start}," for start, _ in t.exons)
        span, count = f"{t.start}\t{t.end}", len(t.exons)
        bed = f"{t.contig}\t{span}\t{t.name}\t0\t{t.strand}\t{span}\t0\t{count}\t{sizes}\t{offsets}"
        written["BED12"].append(bed)
        genepred = f"{t.name}\t{t.contig}\t{t.strand}\t{span}\t{span}\t{count}\t{starts}\t{ends}"
        written["genePred"].append(genepred)
    wanted = sorted((t.name, t.strand, t.exons) for t in real.transcripts)
    for dialect, lines in written.items():
        path = tmp_path / "annotation.gz"
        path.write_bytes(gzip.compress("\n".join(lines).encode()))
        found = read_annotation(path)
        assert found.dialect == dialect
        assert sorted((t.name, t.strand, t.exons) for t in found.transcripts) == wanted


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared genomes are not here")
@pytest.mark.parametrize("folder", GENOMES)
def test_introns_of_shared_genomes(folder: str) -> None:
    (path,) = (SHARED / "genomes" / folder).glob("annotation.*")
    found = read_annotation(path)
    introns = found.introns()
    wanted, canonical = GENOMES[folder]
    assert len(introns) == pytest.approx(wanted, rel=0.001)
    genome = sequences(path.parent / "genome.fa.gz")
    assert gt_ag(introns, genome) == pytest.approx(canonical, abs=0.1)
    check_bounds(found, {contig: len(bases) for contig, bases in genome.items()})


def made(*transcripts: Transcript) -> Annotation:
    return Annotation("a", "GTF", transcripts, {t.contig: 1 for t in transcripts})


def test_genes_overlap_under_one_name_or_none_and_never_cross_strands() -> None:
    found = made(
        Transcript("c", "+", ((0, 100),), gene="g"),
        Transcript("c", "+", ((50, 150),)),
        Transcript("c", "-", ((60, 160),)),
        Transcript("c", "+", ((120, 300),)),
        Transcript("c", "+", ((300, 310),)),
        Transcript("c", "+", ((500, 600),), gene="g"),
    )
    assert found.genes() == [
        Interval("c", 0, 100, "+"),
        Interval("c", 50, 300, "+"),
        Interval("c", 60, 160, "-"),
        Interval("c", 300, 310, "+"),
        Interval("c", 500, 600, "+"),
    ]


def test_a_shared_intron_counts_once() -> None:
    transcript = Transcript("c", "+", ((0, 100), (200, 300)))
    assert made(transcript, transcript).introns() == {Junction("c", 100, 200, "+")}


def test_renamed_drops_what_has_no_name() -> None:
    found = made(Transcript("1", "+", ((0, 9),)), Transcript("2", "+", ((0, 9),)))
    renamed = found.renamed({"1": "chr1"})
    assert (renamed.contigs(), renamed.lines) == ({"chr1": 9}, {"chr1": 1})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("##gff-version 3\n", "no features"),
        ("c\tx\tgene\t1\t9\t.\t+\t.\tID=g\n", r"no exon or CDS was found, only gene \(1\)"),
        (
            'c\tx\texon\t1\t9\t.\t.\t.\ttranscript_id "t"\n'
            'c\tx\texon\t100\t109\t.\t.\t.\ttranscript_id "t"\n',
            r"no transcript can be used: no strand \(1\)",
        ),
    ],
)
def test_nothing_to_learn_from_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a"
    path.write_text(text)
    with pytest.raises(AnnotationError, match=said) as caught:
        read_annotation(path)
    assert caught.value.path == str(path)
