from __future__ import annotations

import io
import shutil
import subprocess

import pysam
import pytest

from splicenet.exceptions import OutputError, VariantError
from splicenet.genome.bgzf import BgzfWriter
from splicenet.genome.vcf import open_vcf
from splicenet.genome.vcf_writer import VcfWriter, info_line, with_lines

HEADER = [
    "##fileformat=VCFv4.2",
    "##contig=<ID=c,length=1000>",
    "##contig=<ID=d,length=1000>",
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=PS,Number=1,Type=Integer,Description="Phase set">',
]
NAMES = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tone\ttwo"
RECORDS = [
    "c\t5\trs1\tA\tC,<DEL>\t12.50\tPASS\tDP=3\tGT:PS\t0|1:4\t0/1:.",
    "c\t7\t.\tACG\tA\t.\t.\t.\tGT\t1/1\t./.",
    "d\t2\t.\tT\t.\t.\t.\tDP=9\tGT\t0\t1|0",
]

bcftools = pytest.mark.skipif(shutil.which("bcftools") is None, reason="no bcftools here")


@pytest.fixture(params=["plain", "gzip", "bcf"])
def vcf(request, tmp_path):
    text = "\n".join([*HEADER, NAMES, *RECORDS]) + "\n"
    path = tmp_path / "in.vcf"
    path.write_text(text)
    if request.param == "gzip":
        with open(path, "wb") as handle, BgzfWriter(handle) as out:
            out.write(text.encode())
    elif request.param == "bcf":
        path = tmp_path / "in.bcf"
        with VcfWriter(path, [*HEADER, NAMES]) as out:
            for record in RECORDS:
                out.write(record)
    return path


def test_records_are_read_and_kept_as_they_stand(vcf):
    with open_vcf(vcf) as file:
        first, second, third = file
        assert file.count == 3
        assert file.contigs == {"c": 9, "d": 2}
        assert file.samples == ["one", "two"]
        assert set(HEADER) <= set(file.header)
    assert (first.contig, first.start, first.ref, first.alts) == ("c", 4, "A", ("C", "<DEL>"))
    assert third.alts == ()
    if vcf.suffix == ".vcf":
        assert [first.line({}), second.line({}), third.line({})] == RECORDS


def test_phased_genotypes(vcf):
    with open_vcf(vcf) as file:
        first, second, third = file
    assert first.genotype(0) == (("0", "1"), "4")
    assert first.genotype(1) is None
    assert second.genotype(0) == (("1", "1"), ".")
    assert third.genotype(0) == (("0",), ".")
    assert third.genotype(1) == (("1", "0"), ".")
    assert third.genotype(2) is None


def test_info_fields_are_set_and_replaced(vcf):
    with open_vcf(vcf) as file:
        first, second, _ = file
    assert first.line({"X": "1", "DP": "4"}).split("\t")[7] == "X=1;DP=4"
    assert first.line({"DP": ""}).split("\t")[7] == "."
    assert second.line({"X": "1"}).split("\t")[7] == "X=1"


def test_standard_input_is_read_twice(vcf, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(vcf.read_bytes())))
    with open_vcf("-") as file:
        assert [record.start for record in file] == [4, 6, 1]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "no VCF"),
        (["chr1\t5\t9"], "no VCF"),
        (HEADER, "header must end"),
        ([*HEADER, NAMES, "c\t5\tA"], "11 columns"),
        ([*HEADER, NAMES, RECORDS[0].replace("\t5\t", "\tfive\t")], "number in the second"),
    ],
)
def test_what_is_no_vcf_is_refused(tmp_path, lines, message):
    path = tmp_path / "in.vcf"
    path.write_text("\n".join(lines))
    with pytest.raises(VariantError, match=message) as raised:
        with open_vcf(path):
            pass
    assert str(path) in str(raised.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(VariantError, match="no such file"):
        with open_vcf(tmp_path / "none.vcf"):
            pass


def test_a_broken_record_comes_after_all_before_it(tmp_path):
    path = tmp_path / "in.vcf"
    path.write_text("\n".join([*HEADER, NAMES, *RECORDS[:2], "c\t9"]))
    with open_vcf(path) as file:
        records = iter(file)
        assert [next(records).start, next(records).start] == [4, 6]
        with pytest.raises(VariantError, match=r"line 10: .*11 columns"):
            next(records)


@pytest.mark.parametrize("name", ["in.vcf.gz", "in.bcf"])
@pytest.mark.parametrize("cut", [28, 400])
def test_a_truncated_file_gives_what_is_whole(tmp_path, name, cut):
    path = tmp_path / name
    with VcfWriter(
        path, [HEADER[0], "##contig=<ID=c,length=30000>", "\t".join(NAMES.split("\t")[:8])]
    ) as out:
        for position in range(1, 20_000):
            out.write(f"c\t{position}\t.\tA\tC\t.\t.\t.")
    path.write_bytes(path.read_bytes()[:-cut])
    seen = 0
    with open_vcf(path) as file:
        with pytest.raises(VariantError, match="cut off"):
            for _ in file:
                seen += 1
        assert file.count == seen
    assert seen > 1000


@pytest.mark.parametrize("name", ["out.vcf", "out.vcf.gz", "out.bcf"])
def test_what_is_written_is_read_back(tmp_path, name):
    path = tmp_path / name
    undeclared = [RECORDS[0].replace("DP=3", "DP=3;NEW=x"), *RECORDS[1:]]
    with VcfWriter(path, [*HEADER, NAMES]) as out:
        for record in undeclared:
            out.write(record)
    assert out.is_sorted
    with open_vcf(path) as file:
        info = [record.columns[7] for record in file]
    assert info == ["DP=3;NEW=x", ".", "DP=9"]
    assert {p.name for p in tmp_path.iterdir()} - {name} == {
        "out.vcf": set(),
        "out.vcf.gz": {"out.vcf.gz.tbi"},
        "out.bcf": {"out.bcf.csi"},
    }[name]
    if name != "out.vcf":
        loudness = pysam.set_verbosity(0)
        with pysam.VariantFile(str(path)) as indexed:
            assert [record.pos for record in indexed.fetch("d")] == [2]
        pysam.set_verbosity(loudness)


@pytest.mark.parametrize("name", ["out.vcf.gz", "out.bcf"])
@pytest.mark.parametrize("records", [RECORDS[1::-1], [RECORDS[0], RECORDS[2], RECORDS[1]]])
def test_unsorted_records_keep_their_order_and_get_no_index(tmp_path, name, records):
    with VcfWriter(tmp_path / name, [*HEADER, NAMES]) as out:
        for record in records:
            out.write(record)
    assert not out.is_sorted
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with open_vcf(tmp_path / name) as file:
        assert [record.columns[:2] for record in file] == [
            tuple(record.split("\t")[:2]) for record in records
        ]


@pytest.mark.parametrize("name", ["out.vcf.gz", "out.bcf"])
def test_no_index_of_what_stood_there_before_stays(tmp_path, name):
    stale = [tmp_path / f"{name}{kind}" for kind in (".tbi", ".csi")]
    for path in stale:
        path.write_text("of another file")
    with VcfWriter(tmp_path / name, [*HEADER, NAMES]) as out:
        out.write(RECORDS[0])
    assert [path.exists() for path in stale] == [name == "out.vcf.gz", name == "out.bcf"]
    with VcfWriter(tmp_path / name, [*HEADER, NAMES]) as out:
        out.write(RECORDS[1])
        out.write(RECORDS[0])
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["out.vcf", "out.vcf.gz", "out.bcf"])
def test_a_failed_run_leaves_nothing(tmp_path, name):
    with pytest.raises(RuntimeError):
        with VcfWriter(tmp_path / name, [*HEADER, NAMES]) as out:
            out.write(RECORDS[0])
            raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_what_bcf_cannot_hold_is_refused(tmp_path):
    with pytest.raises(OutputError, match=r"write VCF"):
        with VcfWriter(tmp_path / "out.bcf", [*HEADER, NAMES]) as out:
            out.write(RECORDS[0].replace("12.50", "high"))
            out.write("c\t6\t.\tA")
    assert not list(tmp_path.iterdir())


def test_header_lines_are_added_or_replaced():
    old = '##INFO=<ID=Tag,Number=1,Type=Float,Description="old, and other">'
    new = info_line("Tag", "new")
    header = with_lines([*HEADER, old], [new], {"c": 1000, "e": 5, "f": None})
    assert old not in header
    assert header[-1] == new
    assert header.count("##contig=<ID=c,length=1000>") == 1
    assert "##contig=<ID=e,length=5>" in header
    assert "##contig=<ID=f>" in header


@bcftools
@pytest.mark.parametrize("name", ["out.vcf.gz", "out.bcf"])
def test_bcftools_has_no_complaint(tmp_path, name):
    path = tmp_path / name
    with VcfWriter(path, [*HEADER, NAMES]) as out:
        for record in RECORDS:
            out.write(record)
    for arguments in (["view"], ["view", "-r", "d"], ["norm", "-m-"], ["index", "-f"]):
        done = subprocess.run(["bcftools", *arguments, path], capture_output=True, text=True)
        assert done.returncode == 0
        assert not [line for line in done.stderr.splitlines() if not line.startswith("Lines ")]
