"""Splice sites in files, checked with the programs that will open them."""

import gzip
import shutil
import subprocess

import pandas as pd
import pytest

from splicenet.exceptions import OutputError, RegionError
from splicenet.genome.bed import SiteWriter, read_sites
from splicenet.genome.intervals import Site

SITES = [
    Site("chr1", 9, "+", "donor", 0.9994),
    Site("chr1", 19, "-", "acceptor", 0.1234567891),
    Site("chr1", 20_000, "+", "acceptor", 0.0004),
    Site("chr2", 0, "-", "donor", 1.0),
]


def write(path, sites=SITES, **options):
    with SiteWriter(path, header=["model x", "threshold 0.5"], **options) as writer:
        for site in sites:
            writer.write(site)


def run(*command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_bed6(tmp_path):
    path = tmp_path / "sites.bed"
    write(path)
    assert path.read_text() == (
        "#model x\n#threshold 0.5\n"
        "chr1\t9\t10\tdonor\t999\t+\n"
        "chr1\t19\t20\tacceptor\t123\t-\n"
        "chr1\t20000\t20001\tacceptor\t0\t+\n"
        "chr2\t0\t1\tdonor\t1000\t-\n"
    )


def test_table_keeps_every_digit(tmp_path):
    path = tmp_path / "sites.tsv"
    write(path, form="tsv")
    assert read_sites(path) == [
        Site(s.contig, s.position, s.strand, s.kind, float(f"{s.score:.9g}")) for s in SITES
    ]
    table = pd.read_csv(path, sep="\t", skiprows=3)
    assert list(table) == ["#contig", "position", "strand", "kind", "probability"]
    assert list(table["position"]) == [9, 19, 20_000, 0]
    assert "counted from 0" in path.read_text()


@pytest.mark.parametrize("form", ["bed", "tsv"])
def test_bgzip_and_tabix(tmp_path, form):
    path = tmp_path / "sites.gz"
    write(path, form=form)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["sites.gz", "sites.gz.tbi"]
    rows = run("tabix", str(path), "chr1:20-20").splitlines()
    assert len(rows) == 1
    assert rows[0].split("\t")[1] == "19"
    assert run("tabix", "-l", str(path)).split() == ["chr1", "chr2"]
    assert run("tabix", "-H", str(path)).startswith("#model x\n")


def test_a_contig_too_long_for_tbi(tmp_path):
    path = tmp_path / "sites.bed.gz"
    write(path, [Site("wheat", 800_000_000, "+", "donor")])
    assert path.with_name("sites.bed.gz.csi").exists()
    assert len(run("tabix", str(path), "wheat:800000001-800000001").splitlines()) == 1


def test_no_site_at_all(tmp_path):
    for name in ("sites.bed", "sites.bed.gz"):
        write(tmp_path / name, [])
        assert read_sites(tmp_path / name) == []
    assert run("tabix", str(tmp_path / "sites.bed.gz"), "chr1:1-10") == ""


def test_bedtools_reads_it(tmp_path):
    exons = tmp_path / "exons.bed"
    exons.write_text("chr1\t0\t10\texon\t0\t+\nchr1\t19\t30\texon\t0\t-\n")
    for name in ("sites.bed", "sites.bed.gz"):
        write(tmp_path / name)
        found = run("bedtools", "intersect", "-s", "-a", str(tmp_path / name), "-b", str(exons))
        assert [row.split("\t")[1] for row in found.splitlines()] == ["9", "19"]


def test_standard_output(capfdbinary):
    write("-")
    assert capfdbinary.readouterr().out.count(b"\n") == 6


def test_nothing_half_written(tmp_path):
    for name in ("sites.bed", "sites.bed.gz"):
        with pytest.raises(KeyboardInterrupt), SiteWriter(tmp_path / name) as writer:
            writer.write(SITES[0])
            raise KeyboardInterrupt
    with pytest.raises(OutputError, match="sorted"):
        write(tmp_path / "sites.bed.gz", SITES[::-1])
    assert not list(tmp_path.iterdir())


def test_sites_of_others(tmp_path):
    path = tmp_path / "sites.bed.gz"
    path.write_bytes(
        gzip.compress(b"track name=x\nbrowser x\n\nchr1\t5\t6\tdonor\t.\t+\textra\tcolumns\n")
    )
    assert read_sites(path) == [Site("chr1", 5, "+", "donor", 1.0)]


@pytest.mark.parametrize(
    "row",
    [
        "chr1\t5\t6",
        "chr1\t5\t6\tdonor\t100",
        "chr1\tfive\t6\tdonor\t100\t+",
        "chr1\t5\t7\tdonor\t100\t+",
        "chr1\t5\t6\texon\t100\t+",
        "chr1\t5\t6\tdonor\t100\t.",
        "chr1\t5\t6\tdonor\t1001\t+",
        "chr1\t5\t6\tdonor\tnan\t+",
        "chr1\t-1\t0\tdonor\t100\t+",
    ],
)
def test_bad_rows(tmp_path, row):
    path = tmp_path / "sites.bed"
    path.write_text(f"#header\nchr1\t5\t6\tdonor\t100\t+\n{row}\n")
    with pytest.raises(RegionError, match="sites.bed, line 3: a splice site needs"):
        read_sites(path)
