"""Sorted rows: their index, and where there can be none."""

import os
import threading

import pysam
import pytest

from splicenet.exceptions import OutputError
from splicenet.genome.rows import RowWriter


def write(path, rows=("chr1\t5\t9", "chr1\t7\t8"), end=9):
    with RowWriter(path) as out:
        for row in rows:
            out.write(row, end)


@pytest.mark.parametrize(("end", "kind", "other"), [(9, "tbi", "csi"), (1 << 30, "csi", "tbi")])
def test_the_index_of_an_earlier_file_goes(tmp_path, end, kind, other):
    path = tmp_path / "rows.bed.gz"
    path.with_name(f"{path.name}.{other}").write_bytes(b"stale")
    write(path, ("chr1\t5\t9", f"chr1\t7\t{end}"), end)
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name, f"{path.name}.{kind}"]
    with pysam.TabixFile(str(path), index=f"{path}.{kind}") as found:
        assert list(found.fetch("chr1", 6, 7)) == ["chr1\t5\t9"]


def test_a_pipe_gets_rows_and_no_index(tmp_path):
    pipe = tmp_path / "rows.bed.gz"
    os.mkfifo(pipe)
    copy = tmp_path / "copy.gz"
    reader = threading.Thread(target=lambda: copy.write_bytes(pipe.read_bytes()))
    reader.start()
    write(pipe)
    reader.join(timeout=10)
    with pysam.BGZFile(str(copy)) as rows:
        assert list(rows) == [b"chr1\t5\t9", b"chr1\t7\t8"]
    assert {p.name for p in tmp_path.iterdir()} == {pipe.name, copy.name}


def test_rows_without_an_index_may_come_in_any_order(tmp_path):
    path = tmp_path / "rows.tsv.gz"
    path.with_name("rows.tsv.gz.tbi").write_bytes(b"stale")
    with RowWriter(path, indexed=False) as out:
        out.write("chr1\t7")
        out.write("chr1\t5")
    with pysam.BGZFile(str(path)) as rows:
        assert list(rows) == [b"chr1\t7", b"chr1\t5"]
    assert list(tmp_path.iterdir()) == [path]


def test_rows_out_of_order(tmp_path):
    path = tmp_path / "rows.bed.gz"
    with pytest.raises(OutputError, match="sorted"):
        write(path, ("chr1\t7\t8", "chr1\t5\t9"))
    assert not list(tmp_path.iterdir())
