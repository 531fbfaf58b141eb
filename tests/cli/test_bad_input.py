"""Every mistake is one sentence, exit code 2, and nothing half-written."""

from __future__ import annotations

import gzip
import os

import pytest

REGION = "NC_004353.4:1-20,000"
EXON = '{}\tx\texon\t{}\t{}\t.\t{}\t.\tgene_id "g"; transcript_id "{}";\n'


@pytest.fixture
def predict(refused, trained, tmp_path):
    """The sentence with which a sequence is refused."""

    def predict(content: bytes | None, *, name: str = "genome.fa") -> str:
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        output = ("-o", tmp_path / "sites.bed", "--bigwig", tmp_path / "tracks")
        sentence = refused("predict", path, "-m", trained, *output)
        assert sentence.startswith(str(path))
        return sentence

    return predict


@pytest.fixture
def train(refused, fly_files, tmp_path):
    """The sentence with which training data are refused."""

    def train(*, fasta=fly_files.fasta, annotation=None, bam=None) -> str:
        given = {"-f": fasta, "-a": annotation, "-b": bam}
        files = [word for pair in given.items() if pair[1] is not None for word in pair]
        return refused("train", *files, "-o", tmp_path / "m.splicenet", "--steps", 1)

    return train


@pytest.fixture
def genes(tmp_path):
    """An annotation of the rows given: contig, start, end, strand, transcript."""

    def genes(*rows: tuple[object, ...], end: str = "\n"):
        path = tmp_path / "genes.gtf"
        text = "".join(EXON.format(*row) for row in rows)
        path.write_bytes(text.replace("\n", end).encode())
        return path

    return genes


def test_missing_sequence(predict):
    assert "there is no such file" in predict(None)


def test_empty_sequence(predict):
    assert "empty" in predict(b"")
    assert "empty" in predict(gzip.compress(b""), name="genome.fa.gz")


def test_sequence_without_a_base(predict):
    assert "no contig" in predict(b">chr1\n>chr2\n")


def test_truncated_sequence(predict, fly_files):
    whole = fly_files.fasta.read_bytes()
    assert "cut off or damaged" in predict(whole[: len(whole) // 2], name="genome.fa.gz")
    plain = gzip.compress(gzip.decompress(whole)[:100_000])
    assert "cut off or damaged" in predict(plain[:-2000], name="other.fa.gz")


def test_protein(predict):
    assert "protein" in predict(b">p\nMKVLAAGIVALLLAVPQEDFWYHKLMEEFRS\n")


def test_letters_that_are_no_nucleotides(predict):
    sentence = predict(b">chr1\n" + b"ACGT" * 100 + b"\n" + b"AC!T" * 100 + b"\n")
    assert "contig chr1" in sentence
    assert "'!'" in sentence


def test_what_is_no_sequence_at_all(predict):
    assert "no sequence file" in predict(b"Dear reader\n")
    assert "no sequence file" in predict(bytes(range(256)))


def test_one_contig_twice(predict):
    assert "line 3" in predict(b">chr1\nACGT\n>chr1\nACGT\n")


def test_a_folder_for_a_sequence(refused, trained, tmp_path):
    assert "folder" in refused("predict", tmp_path, "-m", trained)


def test_missing_and_foreign_models(refused, fly_files, trained, tmp_path):
    output = ("-o", tmp_path / "sites.bed")
    missing = tmp_path / "none.splicenet"
    assert str(missing) in refused("predict", fly_files.fasta, "-m", missing, *output)
    foreign = tmp_path / "foreign.splicenet"
    for content in (b"", b"PK\3\4 some pickle", trained.read_bytes()[:5000]):
        foreign.write_bytes(content)
        for command in (
            ("predict", fly_files.fasta, "-m", foreign, *output),
            ("evaluate", "-m", foreign, "-f", fly_files.fasta, "-a", fly_files.annotation),
        ):
            sentence = refused(*command)
            assert sentence.startswith(f"{foreign}: this is not a splicenet model")


def test_regions_that_are_not_there(refused, fly_files, trained, tmp_path):
    def predict(regions):
        output = ("-o", tmp_path / "sites.bed")
        return refused("predict", fly_files.fasta, "-m", trained, "-r", regions, *output)

    assert "chr9:1-5" in predict("chr9:1-5")
    assert "NC_004353.4" in predict("NC_004353.4:99,000,000-99,000,100")
    (tmp_path / "bad.bed").write_text("NC_004353.4\t5\tfive\n")
    assert predict(tmp_path / "bad.bed").startswith(f"{tmp_path / 'bad.bed'}, line 1: ")


def test_missing_and_empty_annotation(train, tmp_path):
    assert "there is no such file" in train(annotation=tmp_path / "none.gtf")
    (tmp_path / "empty.gtf").touch()
    assert "empty" in train(annotation=tmp_path / "empty.gtf")


def test_truncated_annotation(train, fly_files, tmp_path):
    whole = fly_files.annotation.read_bytes()
    (tmp_path / "genes.gtf.gz").write_bytes(whole[: len(whole) // 2])
    assert "cut off or damaged" in train(annotation=tmp_path / "genes.gtf.gz")


def test_no_annotation_at_all(train, fly_files):
    assert "not an annotation" in train()
    assert "not an annotation" in train(annotation=fly_files.fasta)


def test_annotation_past_the_contigs_end(train, genes):
    contig = "NC_004353.4"
    rows = (contig, 1, 100, "+", "t"), (contig, 201, 2_000_000, "+", "t")
    sentence = train(annotation=genes(*rows))
    assert "line 2, contig NC_004353.4: " in sentence
    assert "ends at 2,000,000, but the contig has" in sentence


def test_exons_that_contradict_each_other(train, genes):
    contig = "NC_004353.4"
    strands = (contig, 1, 100, "+", "t"), (contig, 201, 300, "-", "t")
    assert "genes.gtf" in train(annotation=genes(*strands))
    backwards = ((contig, 300, 201, "+", "t"),)
    assert "line 1" in train(annotation=genes(*backwards))


def test_contigs_that_do_not_match(train, genes):
    rows = ("scaffold_7", 1, 100, "+", "t"), ("scaffold_9", 201, 300, "+", "u")
    sentence = train(annotation=genes(*rows))
    assert "scaffold_7, scaffold_9" in sentence
    assert "NC_004353.4" in sentence


def test_reads_of_another_genome(train, read_files, tmp_path):
    assert str(read_files.bam) in train(bam=read_files.bam)
    (tmp_path / "short.fa").write_text(">chr4\n" + "ACGT" * 1000 + "\n")
    sentence = train(fasta=tmp_path / "short.fa", bam=read_files.bam)
    assert "contig chr4" in sentence
    assert "another assembly" in sentence


def test_truncated_and_empty_reads(train, read_files, tmp_path):
    whole = read_files.bam.read_bytes()
    for content in (b"", whole[: len(whole) // 2], b"BAM\1 or not"):
        (tmp_path / "reads.bam").write_bytes(content)
        sentence = train(fasta=read_files.fasta, bam=tmp_path / "reads.bam")
        assert sentence.startswith(str(tmp_path / "reads.bam"))


def test_reads_without_an_index_are_read(cli, read_files, quick, tiny_network, tmp_path):
    os.symlink(read_files.bam, tmp_path / "reads.bam")
    files = ("-f", read_files.fasta, "-b", tmp_path / "reads.bam", "-o", tmp_path / "m.splicenet")
    assert cli("train", *files, *quick, "--steps", 1, "--holdout", "0.02").code == 0


def test_a_samplesheet_with_a_file_missing(refused, tmp_path):
    (tmp_path / "sheet.csv").write_text("species,fasta,annotation\nfly,none.fa,none.gtf\n")
    sentence = refused("train", "--samplesheet", tmp_path / "sheet.csv", "--steps", 1)
    assert sentence == f"{tmp_path / 'sheet.csv'}, line 2: fasta none.fa does not exist"


def test_windows_line_ends_are_no_mistake(cli, quick, tiny_network, fly_files, tmp_path):
    """Neither in the sequence nor in the annotation: the model is the same."""
    from splicenet.model.modelfile import load_model

    labels = []
    for end in (b"\n", b"\r\n"):
        folder = tmp_path / str(len(end))
        folder.mkdir()
        for source, name in ((fly_files.fasta, "g.fa"), (fly_files.annotation, "g.gtf")):
            content = gzip.open(source, "rb").read()
            (folder / name).write_bytes(content.replace(b"\n", end))
        files = ("-f", folder / "g.fa", "-a", folder / "g.gtf", "-o", folder / "m.splicenet")
        done = cli("train", *files, *quick, "--steps", 1, "--holdout", "0.02")
        assert done.code == 0, done.err
        labels.append(load_model(folder / "m.splicenet"))
    one, two = (dict(model.network.state_dict()) for model in labels)
    assert all((one[name] == two[name]).all() for name in one)
    assert labels[0].record["data"]["g"]["donors"] == labels[1].record["data"]["g"]["donors"] > 0
