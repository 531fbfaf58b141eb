from collections import Counter

import pytest

from splicenet.exceptions import ContigError, VariantError
from splicenet.genome import changes
from splicenet.genome.alphabet import decode
from splicenet.genome.changes import is_vcf, read_constructs
from splicenet.genome.sequence import open_genome

CONTIG = "NC_004353.4"
START = 66_737


@pytest.fixture(scope="module")
def genome(fly_files):
    with open_genome(fly_files.fasta) as genome:
        yield genome


@pytest.fixture(scope="module")
def bases(genome):
    return decode(genome.fetch(CONTIG, START, START + 4))


@pytest.fixture
def file(tmp_path):
    def file(text):
        path = tmp_path / "changes.tsv"
        path.write_text(text)
        return path

    return file


def read_changes(path, genome):
    skipped: Counter[str] = Counter()
    found = changes.read_changes(path, genome, skipped=skipped)
    assert not skipped
    return found


def test_a_table_counts_from_one_and_keeps_other_columns(file, genome, bases):
    other = "A" if bases[0] != "A" else "C"
    path = file(f"#Contig,pos,ref,alt,psi\n{CONTIG},{START + 1},{bases[0].lower()},{other},0.4\n")
    (change,) = read_changes(path, genome)
    variant = change.variant
    assert (variant.start, variant.ref, variant.alt) == (START, bases[0], other)
    assert change.name == (CONTIG, str(START + 1), bases[0], other)
    assert change.values == {"psi": "0.4"}


def test_deletions_and_insertions_are_trimmed(file, genome, bases):
    rows = f"{CONTIG}\t{START + 1}\t{bases[:3]}\t{bases[0]}\n{CONTIG}\t{START + 1}\t-\tGG\n"
    deletion, insertion = read_changes(file(f"contig\tpos\tref\talt\n{rows}"), genome)
    assert (deletion.variant.change, insertion.variant.change) == (-2, 2)
    assert insertion.variant.start == START + 1  # behind its position
    assert insertion.name == (CONTIG, str(START + 1), "-", "GG")


def test_an_insertion_is_that_of_a_vcf(file, genome, bases):
    """``pos`` and ``-``, as MAF has it, and the base there with what follows it, as VCF has it."""
    rows = f"{CONTIG}\t{START + 1}\t-\tGG\n{CONTIG}\t{START + 1}\t{bases[0]}\t{bases[0]}GG\n"
    maf, vcf = read_changes(file(f"contig\tpos\tref\talt\n{rows}"), genome)
    assert maf.variant == vcf.variant


def test_a_vcf_is_told_apart(file, genome, bases):
    other = "A" if bases[0] != "A" else "C"
    path = file(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        f"{CONTIG}\t{START + 1}\t.\t{bases[0]}\t{other},{other}G\t.\t.\t.\n"
    )
    assert is_vcf(path)
    assert [one.variant.change for one in read_changes(path, genome)] == [0, 1]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"{CONTIG}\t0\tA\tC", "outside the contig"),
        (f"{CONTIG}\tx\tA\tC", "outside the contig"),
        (f"{CONTIG}\t9999999999\tA\tC", "outside the contig"),
        (f"{CONTIG}\t{START + 1}\tACGTACGTACGTACGT\tC", "the reference is"),
        (f"{CONTIG}\t{START + 1}\t!\tC", "no DNA"),
        (f"{CONTIG}\t{START + 1}\t-\t-", "equal"),
        (f"{CONTIG}\t{START + 1}", "2 cells"),
    ],
)
def test_what_is_no_change_is_refused_with_its_place(file, genome, row, words):
    with pytest.raises(VariantError, match=words):
        read_changes(file(f"contig\tpos\tref\talt\n{row}\n"), genome)


def test_contigs_are_matched(file, genome, bases):
    other = "A" if bases[0] != "A" else "C"
    path = file(f"contig,pos,ref,alt\nchr4,{START + 1},{bases[0]},{other}\n")
    (change,) = read_changes(path, genome)
    assert (change.variant.contig, change.name[0]) == (CONTIG, "chr4")


def test_contigs_that_the_genome_lacks_are_refused(file, genome, bases):
    row = f"{CONTIG}\t{START + 1}\t{bases[0]}\t{bases[0]}A"
    with pytest.raises(VariantError, match="line 3, contig none: this contig is not"):
        read_changes(file(f"contig\tpos\tref\talt\n{row}\nnone\t1\tA\tC\n"), genome)
    with pytest.raises(ContigError, match="cannot be matched"):
        read_changes(file("contig\tpos\tref\talt\nnone\t1\tA\tC\n"), genome)


def vcf(rows):
    return "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + "".join(
        f"{CONTIG}\t{START + 1}\t.\t{ref}\t{alts}\t.\t.\t.\n" for ref, alts in rows
    )


def test_alleles_of_a_vcf_that_are_no_sequence_are_left_out(file, genome, bases):
    base = bases[0]
    rows = [(base, f"{base}TT."), (base, f".TT{base},*"), (base, f"<DEL>,{base}G")]
    skipped: Counter[str] = Counter()
    (change,) = changes.read_changes(file(vcf(rows)), genome, skipped=skipped)
    assert change.variant.change == 1
    assert skipped == {"symbolic alleles, breakends and *": 4}
    with pytest.raises(VariantError, match="no allele that is a sequence"):
        read_changes(file(vcf([(base, ".")])), genome)


@pytest.mark.parametrize("text", ["", "contig\tpos\n", "chrom\tposition\nx\t1\n"])
def test_a_table_without_rows_or_columns_is_refused(file, genome, text):
    with pytest.raises(VariantError, match="row below|no column"):
        read_changes(file(text), genome)


def test_constructs(file):
    first, second = read_constructs(file("sequence,psi\nACGT,1\nacga,0.5\n"))
    assert (decode(first.codes), decode(second.codes)) == ("ACGT", "ACGA")
    assert second.values == {"psi": "0.5"}


@pytest.mark.parametrize("rows", ["ACGT\nACG\n", "ACGT\nAC!T\n", '""\n'])
def test_constructs_must_be_dna_of_one_length(file, rows):
    with pytest.raises(VariantError, match="as long as the first|no DNA"):
        read_constructs(file(f"sequence\n{rows}"))
