from __future__ import annotations

import gzip
import re
from dataclasses import replace

import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import CompoundLocation, SeqFeature, SimpleLocation
from Bio.SeqRecord import SeqRecord

from splicenet.exceptions import AnnotationError, ContigError, RegionError, SplicenetError
from splicenet.genome.intervals import Site
from splicenet.genome.labels import UNKNOWN
from splicenet.genome.sequence import open_genome
from splicenet.genome.species import match_sites, open_species


def test_annotation(fly_species, fly_files):
    assert fly_species.labels.count("donor") > 700
    assert fly_species.labels.count("acceptor") > 700
    assert len(fly_species.genes) > 70
    assert set(fly_species.sources) == {"fasta", "contigs", "annotation"}
    assert all(gene.contig == fly_files.contig for gene in fly_species.genes)


def test_an_annotation_of_another_assembly_is_doubted(tmp_path, fly_files, fly_species):
    """A base off, no intron reads GT-AG; nor where both strands are taken for the other."""
    assert not [note for note in fly_species.notes if "shifted" in note]
    lines = gzip.open(fly_files.annotation, "rt").read().splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    for name, change in {
        "shifted": lambda row: [*row[:3], str(int(row[3]) + 1), str(int(row[4]) + 1), *row[5:]],
        "turned": lambda row: [*row[:6], {"+": "-", "-": "+"}[row[6]], *row[7:]],
    }.items():
        path = tmp_path / f"{name}.gtf"
        path.write_text("".join("\t".join(change(row)) + "\n" for row in rows))
        notes = open_species("fly", fly_files.fasta, path).notes
        assert re.search(r"\.gtf: of its introns \d%.* or shifted\?", notes[-1]), notes
    # Two introns that are both strange say little.
    exons = [row for row in rows if row[2] == "exon" and row[6] == "+"]
    few = [row for row in exons if row[8].split(";")[:2] == exons[0][8].split(";")[:2]]
    assert 2 < len(few) < 10
    path.write_text("".join("\t".join([*row[:6], "-", *row[7:]]) + "\n" for row in few))
    assert not open_species("fly", fly_files.fasta, path).notes


def test_reads_alone(read_files):
    species = open_species("reads", read_files.fasta, None, read_files.bam, min_reads=5)
    assert 50 < species.labels.count("donor") < 291
    assert not species.genes
    assert species.sources["alignments"]["min_reads"] == 5


def test_reads_beside_an_annotation(tmp_path, read_files):
    """Both speak; the end of a weak junction that the annotation has, too, is a label."""
    alone = open_species("reads", read_files.fasta, None, read_files.bam, min_reads=20)
    (contig, strand), position = next(
        (key, int(place))
        for key, places in alone.labels.positions.items()
        for place in places[alone.labels.values[key] == UNKNOWN]
    )
    rows = [
        f'{contig}\tx\texon\t{start}\t{end}\t.\t{strand}\t.\tgene_id "g"; transcript_id "t";\n'
        for start, end in ((position - 99, position + 1), (position + 201, position + 300))
    ]
    annotation = tmp_path / "genes.gtf"
    annotation.write_text("".join(rows))
    both = open_species("both", read_files.fasta, annotation, read_files.bam, min_reads=20)
    kind = "donor" if strand == "+" else "acceptor"
    assert position in both.labels.of_kind(contig, strand, kind)
    assert both.labels.count("donor") == alone.labels.count("donor") + 1
    assert set(both.sources) == {"fasta", "contigs", "annotation", "alignments"}


def test_other_names_of_the_same_contig(tmp_path, fly_files, fly_species):
    text = gzip.open(fly_files.annotation, "rt").read().replace("NC_004353.4", "NC_004353")
    (tmp_path / "genes.gtf").write_text(text)
    species = open_species("fly", fly_files.fasta, tmp_path / "genes.gtf")
    assert species.labels.count("donor") == fly_species.labels.count("donor")


def test_contigs_of_another_genome(fly_files, tmp_path):
    rows = 'chrZ9\tx\texon\t1\t100\t.\t+\t.\tgene_id "g"; transcript_id "t";\n'
    (tmp_path / "genes.gtf").write_text(rows)
    with pytest.raises(ContigError, match=r"chrZ9.*NC_004353\.4"):
        open_species("fly", fly_files.fasta, tmp_path / "genes.gtf")


def test_annotation_past_the_contigs_end(fly_files, tmp_path):
    row = 'NC_004353.4\tx\texon\t{}\t{}\t.\t+\t.\tgene_id "g"; transcript_id "t";\n'
    (tmp_path / "genes.gtf").write_text(row.format(1, 100) + row.format(201, 99_000_000))
    with pytest.raises(AnnotationError, match=r"line 2.*99,000,000"):
        open_species("fly", fly_files.fasta, tmp_path / "genes.gtf")


def test_nothing_to_learn_from(fly_files, tmp_path):
    row = 'NC_004353.4\tx\texon\t1\t100\t.\t+\t.\tgene_id "g"; transcript_id "t";\n'
    (tmp_path / "genes.gtf").write_text(row)
    with pytest.raises(SplicenetError, match="no intron"):
        open_species("fly", fly_files.fasta, tmp_path / "genes.gtf")


@pytest.fixture
def opened(monkeypatch):
    """Every genome that was opened."""
    genomes = []

    def recorded(path):
        genomes.append(open_genome(path))
        return genomes[-1]

    monkeypatch.setattr("splicenet.genome.species.open_genome", recorded)
    return genomes


def test_the_genome_is_closed_with_the_species(fly_files, opened):
    with open_species("fly", fly_files.fasta, fly_files.annotation) as species:
        assert species.genome.fetch(fly_files.contig, 100_000, 100_001).size == 1
    with pytest.raises(SplicenetError):
        opened[0].fetch(fly_files.contig, 100_000, 100_001)


def test_the_genome_is_closed_when_its_annotation_is_bad(fly_files, opened, tmp_path):
    with pytest.raises(SplicenetError):
        open_species("fly", fly_files.fasta, tmp_path / "missing.gtf")
    with pytest.raises(SplicenetError):
        opened[0].fetch(fly_files.contig, 100_000, 100_001)


def test_sites_under_another_name_of_their_contig(fly_files):
    sites = [
        Site("chr4", 70, "+", "donor", 0.5),
        Site("Un", 5, "-", "donor"),
        Site("chr4", 9, "-", "acceptor"),
    ]
    with open_genome(fly_files.fasta) as genome:
        found = match_sites(sites, genome, path="s.bed")
        assert found == [
            replace(sites[0], contig="NC_004353.4"),
            replace(sites[2], contig="NC_004353.4"),
        ]
        assert match_sites([], genome, path="s.bed") == []
        with pytest.raises(ContigError, match=r"s\.bed: its contigs \(Un\) cannot be matched"):
            match_sites(sites[1:2], genome, path="s.bed")
        past = Site("NC_004353.4", genome.lengths["NC_004353.4"], "+", "donor")
        with pytest.raises(RegionError, match="past the contig's end"):
            match_sites([past], genome, path="s.bed")


def test_too_few_reads(read_files):
    with pytest.raises(SplicenetError, match="fewer than 9999 reads"):
        open_species("reads", read_files.fasta, None, read_files.bam, min_reads=9999)


def test_neither_annotation_nor_reads(fly_files):
    with pytest.raises(AnnotationError, match="give genes or spliced reads beside it"):
        open_species("fly", fly_files.fasta)


def test_genbank_is_its_own_annotation(tmp_path):
    record = SeqRecord(Seq("ACGT" * 100), id="c1", annotations={"molecule_type": "DNA"})
    parts = CompoundLocation([SimpleLocation(0, 100, 1), SimpleLocation(200, 300, 1)])
    record.features = [SeqFeature(parts, type="mRNA", qualifiers={"gene": ["g"]})]
    SeqIO.write([record], tmp_path / "g.gb", "genbank")
    species = open_species("s", tmp_path / "g.gb")
    assert species.labels.of_kind("c1", "+", "donor").tolist() == [99]
    assert species.labels.of_kind("c1", "+", "acceptor").tolist() == [200]
