from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyBigWig
import pytest

from splicenet.exceptions import ContigError, SplicenetError, TaskError, VariantError
from splicenet.genome.alphabet import decode, reverse_complement
from splicenet.genome.intervals import Junction, Transcript
from splicenet.genome.labels import UNKNOWN, Labels
from splicenet.genome.species import open_species
from splicenet.genome.targets import open_target, open_targets, resolve_tasks
from splicenet.genome.tasks import REGIONS, parse_tasks
from splicenet.genome.usage import site_usage

UTR5, CDS1, UTR3, INTRON = (REGIONS.index(name) for name in ("utr5", "cds1", "utr3", "intron"))
HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def only(species, text, **sources):
    (task,) = parse_tasks([text])
    (task,) = resolve_tasks([task], [species])
    return open_target(task, replace(species, task_sources=sources))


# --- region


def test_codons_begin_where_the_annotation_says(fly_species):
    """Nearly every coding sequence begins with ATG in the places 1, 2, 3 and ends with a stop."""
    target = only(fly_species, "region")
    begins, ends, coding = 0, 0, 0
    for one in fly_species.transcripts:
        if not one.coding:
            continue
        coding += 1
        codes = fly_species.genome.fetch(one.contig, one.start, one.end)
        classes = target.window(one.contig, one.start, one.end, one.strand)
        first = one.coding[0][0] - one.start
        last = one.coding[-1][1] - one.start
        if one.strand == "-":
            codes = reverse_complement(codes)
            first, last = len(codes) - last, len(codes) - first
        codon = [CDS1, CDS1 + 1, CDS1 + 2]
        begins += decode(codes[first : first + 3]) == "ATG" and (
            classes[first : first + 3].tolist() == codon
        )
        ends += decode(codes[last - 3 : last]) in ("TAA", "TAG", "TGA") and (
            classes[last - 3 : last].tolist() == codon
        )
    assert coding > 200
    assert begins / coding > 0.95
    assert ends / coding > 0.95


def test_regions_are_of_their_strand_and_windows_agree(fly_species, fly_files):
    target = only(fly_species, "region")
    gene = max(
        (
            one
            for one in fly_species.genes
            if all(
                other.strand == one.strand or not one.overlaps(other) for other in fly_species.genes
            )
        ),
        key=len,
    )
    other = "-" if gene.strand == "+" else "+"
    mine = target.window(gene.contig, gene.start, gene.end, gene.strand)
    assert (mine != 0).mean() > 0.99
    assert (target.window(gene.contig, gene.start, gene.end, other) == 0).all()
    length = fly_species.genome.lengths[fly_files.contig]
    for strand in "+-":
        whole = target.window(fly_files.contig, 0, length, strand)
        part = target.window(fly_files.contig, 700_000, 720_000, strand)
        first = 700_000 if strand == "+" else length - 720_000
        assert (whole[first : first + 20_000] == part).all()
    beyond = target.window(fly_files.contig, -100, 100, "-")
    assert (beyond[100:] == UNKNOWN).all()
    assert (beyond[:100] != UNKNOWN).all()


def structures(fly_species, *transcripts):
    return only(replace(fly_species, transcripts=transcripts), "region")


def test_a_transcript_by_hand(fly_species, fly_files):
    contig = fly_files.contig
    exons = ((1000, 1010), (1030, 1040))
    coding = ((1004, 1010, 0), (1030, 1036, 0))
    plus = structures(fly_species, Transcript(contig, "+", exons, coding=coding))
    found = plus.window(contig, 998, 1042, "+").tolist()
    codon = [CDS1, CDS1 + 1, CDS1 + 2]
    expected = [0] * 2 + [UTR5] * 4 + 2 * codon + [INTRON] * 20 + 2 * codon + [UTR3] * 4 + [0] * 2
    assert found == expected
    # The mirror image on the other strand reads the same.
    mirrored = tuple((2038 - end, 2038 - start) for start, end in reversed(exons))
    parts = tuple((2038 - end, 2038 - start, phase) for start, end, phase in reversed(coding))
    minus = structures(fly_species, Transcript(contig, "-", mirrored, coding=parts))
    assert minus.window(contig, 996, 1040, "-").tolist() == expected


def test_where_transcripts_disagree(fly_species, fly_files):
    """Coding before untranslated before intron; two frames are unknown, and so are bare exons."""
    contig = fly_files.contig
    long = Transcript(contig, "+", ((1000, 1060),), coding=((1010, 1040, 0),))
    spliced = Transcript(
        contig, "+", ((1000, 1012), (1050, 1060)), coding=((1004, 1012, 2), (1050, 1056, 0))
    )
    bare = Transcript(contig, "+", ((1020, 1030), (1070, 1080)))
    found = structures(fly_species, long, spliced, bare).window(contig, 1000, 1085, "+")
    assert (found[:4] == UTR5).all()
    assert (found[10:12] == UNKNOWN).tolist() == [True, True]  # frames 0 and 0 + (10 - 6) % 3
    assert set(found[12:40]) == {CDS1, CDS1 + 1, CDS1 + 2}
    assert (found[40:50] == UTR3).all()  # not the intron of the second
    assert set(found[50:56]) == {CDS1, CDS1 + 1, CDS1 + 2}
    assert (found[60:70] == INTRON).all()
    assert (found[70:80] == UNKNOWN).all()
    assert (found[80:] == 0).all()


def test_untranslated_ends_that_are_not_annotated_are_unknown(fly_species, fly_files):
    one = Transcript(fly_files.contig, "+", ((5000, 5300),), coding=((5000, 5300, 0),))
    found = structures(fly_species, one).window(fly_files.contig, 3000, 7300, "+")
    assert (found[:1000] == 0).all()
    assert (found[1000:2000] == UNKNOWN).all()
    assert (found[2300:3300] == UNKNOWN).all()
    assert (found[3300:] == 0).all()


def test_no_annotation_no_regions(read_files):
    species = open_species("reads", read_files.fasta, None, read_files.bam, min_reads=5)
    assert only(species, "region") is None
    with pytest.raises(TaskError, match="no species can teach the task region"):
        open_targets(parse_tasks(["region"]), [species])


# --- usage


def usage_of(*introns, annotated=()):
    junctions = [Junction("c", start, end, "+", reads) for start, end, reads in introns]
    labels = Labels.build(junctions=[Junction("c", *one, "+", 9) for one in annotated])
    positions, shares = site_usage(junctions, labels)["c", "+"]
    return dict(zip(positions.tolist(), shares.tolist(), strict=True))


def test_usage_of_a_cassette_exon():
    """30 reads take the exon in, counted at both its ends, and 10 leave it out."""
    found = usage_of((100, 200, 30), (250, 400, 30), (100, 400, 10))
    assert found == pytest.approx({99: 1.0, 200: 0.75, 249: 0.75, 400: 1.0})


def test_usage_of_alternative_donors():
    """The outer donor's rival lies inside its intron; the inner one is spliced over."""
    assert usage_of((100, 400, 30), (150, 400, 10)) == pytest.approx({99: 0.75, 149: 0.25, 400: 1})


def test_usage_needs_reads_and_knows_of_none():
    assert usage_of((100, 200, 9)) == {}
    found = usage_of((100, 400, 20), annotated=[(100, 200), (250, 400)])
    assert found == pytest.approx({99: 1.0, 200: 0.0, 249: 0.0, 400: 1.0})


def test_usage_of_real_reads(read_files):
    species = open_species("reads", read_files.fasta, None, read_files.bam)
    target = only(species, "usage")
    length = species.genome.lengths[read_files.contig]
    known = 0
    for strand in "+-":
        shares = target.window(read_files.contig, 0, length, strand)
        there = ~np.isnan(shares)
        known += there.sum()
        assert ((shares[there] > 0) & (shares[there] <= 1)).all()
        labels = species.labels.window(read_files.contig, 0, length, strand)
        assert (labels[there] != 0).all()
    assert known > 100


def test_usage_of_a_file_of_its_own(read_files, fly_species):
    assert only(fly_species, "usage") is None
    species = open_species("reads", read_files.fasta, None, read_files.bam)
    bare = replace(species, junctions=())
    assert only(bare, "usage") is None
    own = only(bare, "usage", usage=str(read_files.bam))
    whole = (read_files.contig, 0, species.genome.lengths[read_files.contig], "-")
    np.testing.assert_array_equal(own.window(*whole), only(species, "usage").window(*whole))


# --- mutation


def reference(species, contig, position, length=1):
    return decode(species.genome.fetch(contig, position, position + length))


def variants(tmp_path, species, contig, *rows):
    """A VCF of 0-based positions, lengths of REF, ALT and FILTER."""
    path = tmp_path / "v.vcf"
    lines = [
        f"{contig}\t{at + 1}\t.\t{reference(species, contig, at, n)}\t{alt}\t.\t{passed}\t.\n"
        for at, n, alt, passed in rows
    ]
    path.write_text(HEADER + "".join(lines))
    return path


def other(letter):
    return "ACGT"[("ACGT".index(letter) + 1) % 4]


def test_mutated_bases(tmp_path, fly_species, fly_files):
    contig = fly_files.contig
    base = {at: reference(fly_species, contig, at) for at in (5000, 5010, 5020, 5030)}
    path = variants(
        tmp_path,
        fly_species,
        contig,
        (5000, 1, other(base[5000]), "."),
        (5010, 3, base[5010], "PASS"),  # deletes two bases
        (5020, 1, base[5020] + "ACG", "PASS"),  # an insertion mutates none
        (5030, 1, other(base[5030]), "q10"),
        (5040, 1, "<DEL>", "PASS"),
        (5045, 1, "<NON_REF>", "PASS"),
    )
    target = only(fly_species, f"mutation:{path}")
    found = target.window(contig, 4990, 5050, "+")
    assert np.flatnonzero(found == 1).tolist() == [10, 21, 22]
    assert np.flatnonzero(found == UNKNOWN).tolist() == [40, 50]
    np.testing.assert_array_equal(target.window(contig, 4990, 5050, "-"), found[::-1])
    (tmp_path / "seen.bed").write_text(f"{contig}\t4995\t5015\n")
    target = only(fly_species, f"mutation:{path}:{tmp_path / 'seen.bed'}")
    found = target.window(contig, 4990, 5050, "+")
    assert np.flatnonzero(found != UNKNOWN).tolist() == list(range(5, 25))


def test_mutations_of_a_bed(tmp_path, fly_species, fly_files):
    (tmp_path / "m.bed").write_text(f"{fly_files.contig}\t100\t102\n")
    found = only(fly_species, f"mutation:{tmp_path / 'm.bed'}").window(
        fly_files.contig, -5, 110, "+"
    )
    assert np.flatnonzero(found == 1).tolist() == [105, 106]
    assert (found[:5] == UNKNOWN).all()


def test_variants_of_another_assembly(tmp_path, fly_species, fly_files):
    contig = fly_files.contig
    path = tmp_path / "v.vcf"
    wrong = other(reference(fly_species, contig, 600_000))
    path.write_text(HEADER + f"{contig}\t600001\t.\t{wrong}\tN\t.\t.\t.\n")
    with pytest.raises(VariantError, match=r"v\.vcf, line 3, .*another assembly"):
        only(fly_species, f"mutation:{path}")
    path.write_text(HEADER + "chrZ\t600001\t.\tA\tC\t.\t.\t.\n")
    with pytest.raises(ContigError, match="chrZ"):
        only(fly_species, f"mutation:{path}")
    path.write_text(HEADER)
    with pytest.raises(VariantError, match=r"v\.vcf: it holds no variant"):
        only(fly_species, f"mutation:{path}")
    path.write_text("no variants\n")
    with pytest.raises(VariantError, match="no VCF"):
        only(fly_species, f"mutation:{path}")
    (tmp_path / "m.bed").write_text(f"{contig}\t100\t99000000\n")
    with pytest.raises(SplicenetError, match=r"m\.bed, line 1.*another assembly"):
        only(fly_species, f"mutation:{tmp_path / 'm.bed'}")


# --- track


def bigwig(path, contigs, write):
    with pyBigWig.open(str(path), "w") as file:
        file.addHeader(contigs)
        write(file)
    return path


def test_track_in_standard_units(tmp_path, fly_species, fly_files):
    contig, length = fly_files.contig, fly_species.genome.lengths[fly_files.contig]
    values = np.random.default_rng(0).normal(5, 2, 1000).round(3)
    path = bigwig(
        tmp_path / "s.bw",
        [(contig, length)],
        lambda f: f.addEntries(contig, 2000, values=values.tolist(), span=1, step=1),
    )
    (task,) = resolve_tasks(parse_tasks([f"track:{path}"]), [fly_species])
    assert task.centre == pytest.approx(values.mean(), abs=1e-3)
    assert task.scale == pytest.approx(values.std(), abs=1e-2)
    target = open_target(task, fly_species)
    found = target.window(contig, 1990, 3010, "+")
    assert np.isnan(found[:10]).all()
    assert np.isnan(found[1010:]).all()
    np.testing.assert_allclose(found[10:1010] * task.scale + task.centre, values, atol=1e-4)
    np.testing.assert_array_equal(target.window(contig, 1990, 3010, "-"), found[::-1])


def test_infinite_values_of_a_track(tmp_path, fly_species, fly_files):
    contig, length = fly_files.contig, fly_species.genome.lengths[fly_files.contig]
    values = [1.0, float("inf"), 2.0]
    path = bigwig(
        tmp_path / "s.bw",
        [(contig, length)],
        lambda file: file.addEntries(contig, [10, 11, 12], values=values, span=1),
    )
    with pytest.raises(TaskError, match=r"s\.bw: not all its values are finite"):
        only(fly_species, f"track:{path}")
    task = replace(parse_tasks([f"track:{path}"])[0], centre=1.0, scale=2.0)
    found = open_target(task, fly_species).window(contig, 10, 13, "+")
    np.testing.assert_array_equal(found, [0.0, np.nan, 0.5])


def test_tracks_that_do_not_fit(tmp_path, fly_species, fly_files):
    contig, length = fly_files.contig, fly_species.genome.lengths[fly_files.contig]

    def write(name):
        return lambda file: file.addEntries(name, [1, 5], values=[1.0, 2.0], span=1)

    path = bigwig(tmp_path / "s.bw", [(contig, length + 1)], write(contig))
    with pytest.raises(TaskError, match=r"s\.bw.*another assembly"):
        only(fly_species, f"track:{path}")
    path = bigwig(tmp_path / "z.bw", [("chrZ", 99)], write("chrZ"))
    with pytest.raises(ContigError, match="chrZ"):
        only(fly_species, f"track:{path}")
    path.write_bytes(b"nothing like it")
    with pytest.raises(TaskError, match="no bigWig"):
        only(fly_species, f"track:{path}")


# --- contains and species


def test_windows_that_hold_genes(tmp_path, fly_species, fly_files):
    contig = fly_files.contig
    (tmp_path / "m.bed").write_text(f"{contig}\t1000\t1010\tx\t0\t+\n{contig}\t5000\t5010\n")
    held = only(fly_species, f"contains:{tmp_path / 'm.bed'}")
    ask = lambda *where: int(held.window(contig, *where))  # noqa: E731
    assert ask(900, 1006, "+") == 1
    assert ask(900, 1005, "+") == 0  # half is not more than half
    assert ask(900, 1100, "-") == 0
    assert ask(4900, 5100, "-") == ask(4900, 5100, "+") == 1
    assert held.window(contig, 0, 100, "+").dtype == np.uint8
    gene = fly_species.genes[3]
    held = only(fly_species, "contains:gene")
    assert held.window(contig, gene.start, gene.end, gene.strand) == 1
    for feature in ("exon", "intron", "CDS", "transcript"):
        assert only(fly_species, f"contains:{feature}") is not None
    assert only(fly_species, "contains:no_such_thing") is None


def test_a_contig_without_intervals_is_unknown(tmp_path, fly_species, fly_files):
    held = only(fly_species, "contains:gene")
    assert held.window("elsewhere", 0, 100, "+") == UNKNOWN


def test_species_and_their_own_sources(fly_species, fly_files, tmp_path):
    one, two = replace(fly_species, name="one"), replace(fly_species, name="two")
    with pytest.raises(TaskError, match="several species"):
        resolve_tasks(parse_tasks(["species"]), [one])
    (task,) = resolve_tasks(parse_tasks(["species"]), [one, two])
    assert task.classes == ("one", "two")
    labels = [t["species"].window("x", 0, 9, "+").item() for t in open_targets([task], [one, two])]
    assert labels == [0, 1]
    assert open_target(task, replace(one, name="three")) is None

    bed = tmp_path / "m.bed"
    bed.write_text(f"{fly_files.contig}\t100\t102\n")
    with pytest.raises(TaskError, match="column mutation"):
        resolve_tasks(parse_tasks([f"mutation:{bed}"]), [one, two])
    with_own = [
        replace(one, task_sources={"mutation": str(bed)}),
        replace(two, task_sources={"mutation": ""}),
    ]
    tasks = resolve_tasks(parse_tasks(["mutation"]), with_own)
    assert [list(targets) for targets in open_targets(tasks, with_own)] == [["mutation"], []]
