"""Introns that other programs counted."""

import gzip
import os
from collections import Counter
from pathlib import Path

import pytest

from splicenet.exceptions import AlignmentError, ContigError
from splicenet.genome.alignments import read_junctions
from splicenet.genome.intervals import Junction
from splicenet.genome.motif import MotifReader
from splicenet.genome.sequence import open_genome

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("SPLICENET_SHARED", ROOT.parent / "shared"))

STAR = """\
chr1	101	200	1	1	0	5	2	30
chr1	101	300	0	0	0	4	0	30
chr1	401	500	2	2	1	7	0	12
chr1	401	600	2	2	1	0	9	12
chr1	701	800	1	1	1	3	0	7
"""
BED12 = """\
track name=junctions
chr1	90	210	J1	5	+	90	210	0,0,0	2	10,10	0,110
chr1	385	520	J2	7	-	385	520	0	2	15,20,	0,115,
chr1	695	810	J3	3	-	695	810	0	2	5,10	0,105
chr1	590	710	J4	4	?	590	710	255,0,0	2	10,10	0,110
"""
GFF = """\
# introns
Chr1	b2h	intron	101	200	0	+	.	mult=5;pri=4;src=E
Chr1	b2h	intron	401	500	7	-	.	pri=4;src=E
Chr1	b2h	exon	1	50	7	-	.	pri=4
Chr1	b2h	intron	601	700	.	.	.	src=E
Chr1	b2h	intron	801	900	0	?	.	src=E
"""


@pytest.fixture
def genome(tmp_path):
    bases = ["T"] * 1000
    for start, left, right in ((100, "GT", "AG"), (600, "CT", "AC")):
        bases[start : start + 2], bases[start + 98 : start + 100] = left, right
    path = tmp_path / "genome.fa"
    path.write_text(f">1\n{''.join(bases)}\n")
    with open_genome(path) as genome:
        yield genome


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("text", "more", "dropped"),
    [
        (
            STAR,
            [],
            {
                "overhangs below 8 bases": 1,
                "junctions on an undecidable strand": 1,
                "junctions without a uniquely aligned read": 1,
            },
        ),
        (BED12, [("1", 600, 700, "-", 4)], {"overhangs below 8 bases": 1}),
        (GFF, [("1", 600, 700, "-", 1)], {"junctions on an undecidable strand": 1}),
    ],
    ids=["STAR", "BED12", "GFF"],
)
def test_every_dialect(tmp_path, genome, pack, text, more, dropped):
    path = tmp_path / "junctions"
    path.write_bytes(pack(text.encode()))
    skipped = Counter()
    expected = [("1", 100, 200, "+", 5), ("1", 400, 500, "-", 7), *more]
    junctions = read_junctions(path, genome, skipped=skipped)
    assert junctions == [Junction(*junction) for junction in expected]
    assert skipped == dropped


def test_limits(tmp_path, genome):
    path = tmp_path / "junctions"
    path.write_text(GFF)
    assert [j.reads for j in read_junctions(path, genome, min_reads=6)] == [7]
    assert read_junctions(path, genome, min_intron=101) == []


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (STAR + "chr1\tx\t200\t1\t1\t0\t5\t2\t30\n", 6, "coordinates, strand and count"),
        (STAR + "chr1\t200\n", 6, "coordinates, strand and count"),
        (STAR + "chr1\t301\t200\t1\t1\t0\t5\t2\t30\n", 6, "coordinates, strand and count"),
        (STAR + "chr1\t101\t200\t3\t1\t0\t5\t2\t30\n", 6, "coordinates, strand and count"),
        (BED12.replace("10,10\t0,110", "10\t0,110"), 2, "coordinates, strand and count"),
        (GFF.replace("401", "0"), 3, "coordinates, strand and count"),
        (GFF.replace("mult=5", "mult=many"), 2, "coordinates, strand and count"),
        (STAR + "chr1\t901\t1001\t1\t1\t0\t5\t2\t30\n", 6, "past the 1,000 bases that 1 has"),
        ("chr1\t100\t200\n", 1, "neither alignments"),
    ],
)
def test_bad_lines(tmp_path, genome, text, line, message):
    path = tmp_path / "junctions"
    path.write_text(text)
    with pytest.raises(AlignmentError, match=rf"junctions, line {line}.*{message}"):
        read_junctions(path, genome)


def test_contigs_of_another_genome(tmp_path, genome):
    path = tmp_path / "junctions"
    path.write_text(STAR.replace("chr1", "scaffold"))
    with pytest.raises(ContigError, match="scaffold"):
        read_junctions(path, genome)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the shared genomes are not here")
def test_real_introns_of_arabidopsis():
    skipped = Counter()
    with open_genome(SHARED / "genomes/arabidopsis_thaliana_chr1/genome.fa.gz") as genome:
        path = SHARED / "rnaseq/varus_rnaseq_introns_TAIR10.gff.gz"
        junctions = read_junctions(path, genome, min_reads=3, skipped=skipped)
        motifs = MotifReader(genome)
        agree = [motifs.strand(j.contig, j.start, j.end) == j.strand for j in junctions]
    assert {j.contig for j in junctions} == {"NC_003070.9"}
    assert len(junctions) > 30_000
    assert sum(agree) > 0.99 * len(agree)
    assert skipped["junctions on contigs that the genome lacks"] == 144_217
