"""Genomes: every way to store one gives the same bases, every bad one a sentence."""

import gzip
import hashlib
import io
import multiprocessing
import os
import shutil
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from splicenet.exceptions import SequenceError
from splicenet.genome.alphabet import N, decode, encode
from splicenet.genome.bgzf import BgzfWriter
from splicenet.genome.sequence import open_genome

DATA = Path(__file__).parents[2] / "data"
REAL = DATA / "drosophila_melanogaster_chr4" / "genome.fa.gz"

ONE = "ACGTNacgtnRYKM" * 11 + "GATTACA"
TWO = "TTTTGGGGCC"
CONTIGS = {"one": ONE, "two": TWO}

GENBANK = """\
LOCUS       AB000001                  70 bp    DNA     linear   PLN 01-JAN-2000
DEFINITION  Testis imaginaria chromosome 2, complete sequence.
ACCESSION   AB000001
VERSION     AB000001.1
FEATURES             Location/Qualifiers
     source          1..70
ORIGIN
        1 acgtacgtac gtacgtacgt acgtacgtac gtacgtacgt acgtacgtac gtacgtacgt
       61 ttttttttgg
//
"""


def fasta(contigs=CONTIGS, *, width=60, end="\n"):
    lines = []
    for name, sequence in contigs.items():
        lines.append(f">{name} of them")
        lines += [sequence[i : i + width] for i in range(0, len(sequence), width)]
    return (end.join(lines) + end).encode()


def bgzip(data):
    packed = io.BytesIO()
    with BgzfWriter(packed) as out:
        out.write(data)
    return packed.getvalue()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "splicenet"


@pytest.fixture
def write(tmp_path):
    def write(data, name="genome.fa"):
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return write


def assert_whole(path):
    with open_genome(path) as genome:
        assert genome.lengths == {name: len(bases) for name, bases in CONTIGS.items()}
        for name, bases in CONTIGS.items():
            np.testing.assert_array_equal(genome.fetch(name, 0, len(bases)), encode(bases))
            np.testing.assert_array_equal(genome.fetch(name, 3, 9), encode(bases[3:9]))
            assert genome.description(name) == f"{name} of them"


UNEVEN = b">one of them\n" + ONE[:50].encode() + b"\n" + ONE[50:57].encode() + b"\n\n"
UNEVEN += ONE[57:].encode() + b"\n>two of them\nTTTT GGGG\tCC"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(fasta(), id="plain"),
        pytest.param(fasta(width=10_000), id="one line a contig"),
        pytest.param(fasta().rstrip(), id="no line end at the end"),
        pytest.param(fasta() + b"\n\n", id="blank lines at the end"),
        pytest.param(fasta(end="\r\n"), id="Windows"),
        pytest.param(gzip.compress(fasta(end="\r\n")), id="Windows in gzip"),
        pytest.param(gzip.compress(fasta()), id="gzip"),
        pytest.param(bgzip(fasta()), id="bgzip"),
        pytest.param(UNEVEN, id="uneven"),
        pytest.param(bgzip(UNEVEN), id="uneven in bgzip"),
        pytest.param(fasta().replace(b">two", b">none at all\n>two"), id="a contig without bases"),
    ],
)
def test_every_fasta_gives_the_same_bases(write, data):
    path = write(data)
    assert_whole(path)
    assert_whole(path)  # now with the index or the copy that the first time made


def test_beyond_the_ends_is_n(write):
    with open_genome(write(fasta())) as genome:
        assert decode(genome.fetch("two", -3, 13)) == "NNN" + TWO + "NNN"
        assert decode(genome.fetch("two", 20, 25)) == "NNNNN"
        assert decode(genome.fetch("two", -9, -4)) == "NNNNN"
        assert genome.fetch("two", 5, 5).shape == (0,)


def test_unknown_contig(write):
    with open_genome(write(fasta())) as genome, pytest.raises(SequenceError, match="contig chrZ"):
        genome.fetch("chrZ", 0, 1)


def test_standard_input_and_its_checksum(write, monkeypatch):
    path = write(gzip.compress(fasta()))

    class Stdin:
        buffer = io.BytesIO(path.read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin)
    with open_genome("-") as genome:
        assert genome.path == "-"
        assert decode(genome.fetch("two", 0, 10)) == TWO
        source = genome._source
        assert genome.checksum() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not source.exists()


def test_a_pipe(write, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = multiprocessing.get_context("fork").Process(target=pipe.write_bytes, args=(fasta(),))
    writer.start()
    assert_whole(pipe)
    writer.join()


def test_the_index_stands_beside_the_file(write, cache):
    path = write(fasta())
    assert open_genome(path).checksum() == hashlib.sha256(fasta()).hexdigest()
    assert path.with_name("genome.fa.fai").read_text().splitlines()[1].startswith("two\t10\t")
    assert not cache.exists()


def test_the_index_goes_to_the_cache_where_it_cannot_stand_beside(write, cache):
    path = write(bgzip(fasta()))
    path.with_name("genome.fa.fai").mkdir()
    assert_whole(path)
    assert {file.suffix for file in cache.iterdir()} == {".fai", ".gzi"}
    before = {file: file.stat().st_mtime_ns for file in cache.iterdir()}
    assert_whole(path)
    assert before == {file: file.stat().st_mtime_ns for file in cache.iterdir()}


@pytest.mark.parametrize("pack", [bytes, bgzip], ids=["plain", "bgzip"])
@pytest.mark.parametrize("newer", [True, False])
def test_a_stale_index_is_rebuilt(write, pack, newer):
    path = write(pack(fasta({"one": "A" * 100, "two": TWO})))
    open_genome(path).close()
    write(pack(fasta()))
    for index in path.parent.glob("genome.fa.*i"):
        os.utime(index, ns=(path.stat().st_mtime_ns + (-1 if newer else 1) * 10**9,) * 2)
    assert_whole(path)


def test_nonsense_for_an_index(write):
    path = write(fasta())
    path.with_name("genome.fa.fai").write_text("one\ttwo\n")
    assert_whole(path)


def test_a_changed_gzip_is_copied_anew(write):
    path = write(gzip.compress(fasta({"one": "A" * 100})))
    open_genome(path).close()
    write(gzip.compress(fasta()))
    assert_whole(path)


def test_genbank_and_embl(write):
    from Bio import SeqIO

    record = SeqIO.read(io.StringIO(GENBANK), "genbank")
    embl = io.StringIO()
    SeqIO.write(record, embl, "embl")
    for data in (GENBANK.encode(), gzip.compress(GENBANK.encode()), embl.getvalue().encode()):
        with open_genome(write(data)) as genome:
            assert genome.lengths == {"AB000001.1": 70}
            assert decode(genome.fetch("AB000001.1", 56, 70)) == "ACGTTTTTTTTTGG"
            assert "chromosome 2" in genome.description("AB000001.1")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"not a FASTA\n", "neither FASTA"),
        (bytes(range(256)), "neither FASTA"),
        (b">P1\nMKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEK\n", "looks like protein"),
        (fasta() + fasta(), "line 7: contig one stands in this file twice"),
        (b">one\nACGT\n> two\nACGT\n", "line 3: a header needs a name"),
        (b">one\n>two\n\n", "no contig in this file has a sequence"),
        (gzip.compress(fasta(), mtime=0)[:-20], "cut off or damaged"),
        (gzip.compress(fasta({"x": ONE * 900}), mtime=0)[:400], "cut off or damaged"),
        (bgzip(fasta())[:-28], "cut off or damaged"),
        (bgzip(fasta())[:-40], "cut off or damaged"),
        (GENBANK.split("ORIGIN")[0] + "CONTIG      join(AB1.1:1..70)\n//\n", "no sequence"),
        (GENBANK[:-60], "cut off"),
        (GENBANK + GENBANK, "contig AB000001.1 stands in this file twice"),
    ],
)
def test_bad_files(write, tmp_path, data, message):
    path = write(data)
    with pytest.raises(SequenceError, match=message) as error:
        open_genome(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.rglob(".*"))


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(SequenceError, match="no such file"):
        open_genome(tmp_path / "missing.fa")
    with pytest.raises(SequenceError, match="folder"):
        open_genome(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(write):
    path = write(fasta())
    path.chmod(0)
    with pytest.raises(SequenceError, match="permission"):
        open_genome(path)


def test_a_letter_that_is_no_nucleotide(write):
    with open_genome(write(b">one\nACGT\nAC?T\n")) as genome:
        assert decode(genome.fetch("one", 0, 6)) == "ACGTAC"
        with pytest.raises(SequenceError, match=r"contig one: '\?' at position 7 "):
            genome.fetch("one", 2, 8)


def test_many_processes_at_once(tmp_path):
    path = tmp_path / "genome.fa.gz"
    shutil.copy(REAL, path)
    with multiprocessing.get_context("fork").Pool(4) as pool:
        digests = pool.map(_bases, [path] * 8)
    assert len(set(digests)) == 1
    assert len(digests[0]) == 2000
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "genome.fa.gz",
        "genome.fa.gz.fai",
        "genome.fa.gz.gzi",
    ]


def _bases(path):
    with open_genome(path) as genome:
        return genome.fetch(next(iter(genome.lengths)), 1_000_000, 1_002_000).tobytes()


def test_our_index_is_the_one_that_samtools_makes(tmp_path):
    path = tmp_path / "genome.fa.gz"
    shutil.copy(REAL, path)
    open_genome(path).close()
    for suffix in (".fai", ".gzi"):
        ours = path.with_name(path.name + suffix).read_bytes()
        assert ours == REAL.with_name(REAL.name + suffix).read_bytes()


def test_a_whole_contig_takes_little_more_than_its_codes():
    with open_genome(REAL) as genome:
        contig, length = next(iter(genome.lengths.items()))
        genome.fetch(contig, 0, 1000)
        tracemalloc.start()
        codes = genome.fetch(contig, 0, length)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (codes != N).mean() > 0.9
    assert peak < length + (8 << 20)
