import pytest

from splicenet.exceptions import VariantError
from splicenet.genome.alphabet import decode
from splicenet.genome.changes import is_vcf, read_changes, read_constructs
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
    assert insertion.variant.start == START


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
        ("none\t1\tA\tC", "line 2, contig none: this contig is not"),
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
