from __future__ import annotations

import struct

import numpy as np
import pyBigWig
import pytest

from splicenet.exceptions import TaskError
from splicenet.genome.bigwig_file import BigWigWriter
from splicenet.genome.bigwig_reader import BigWigReader

CONTIGS = [("a", 50_000), ("b", 3_000_000)]


def bigwig(path, write):
    with pyBigWig.open(str(path), "w") as file:
        file.addHeader(CONTIGS)
        write(file)
    return path


def ranges(file):
    starts = np.arange(10, 2_900_000, 700)
    file.addEntries(
        ["b"] * len(starts),
        starts.tolist(),
        ends=(starts + 1 + starts % 600).tolist(),
        values=np.sqrt(starts).tolist(),
    )


def singles(file):
    file.addEntries("a", [3, 8, 49_990], values=[1.0, -2.0, 3.5], span=5)
    file.addEntries("b", list(range(100, 90_000, 3)), values=list(map(float, range(29967))), span=1)


def steps(file):
    file.addEntries("b", 1000, values=list(map(float, range(5000))), span=2, step=10)


@pytest.mark.parametrize("write", [ranges, singles, steps])
def test_values_are_those_of_pybigwig(tmp_path, write):
    path = bigwig(tmp_path / "x.bw", write)
    reader = BigWigReader(path)
    assert reader.lengths == dict(CONTIGS)
    with pyBigWig.open(str(path)) as theirs:
        for where in (("a", 0, 50_000), ("b", 995, 61_007), ("b", 2_000_000, 2_100_000)):
            np.testing.assert_array_equal(reader.values(*where), theirs.values(*where, numpy=True))
        header = theirs.header()
    count, total, squares = reader.summary()
    # pyBigWig rounds its sums to whole numbers when it shows them.
    assert count == header["nBasesCovered"]
    assert total == pytest.approx(header["sumData"], abs=1, rel=1e-4)
    assert squares == pytest.approx(header["sumSquared"], abs=1, rel=1e-4)


def test_beyond_a_contigs_ends_is_nothing(tmp_path):
    reader = BigWigReader(bigwig(tmp_path / "x.bw", singles))
    found = reader.values("a", -10, 20)
    assert np.flatnonzero(~np.isnan(found)).tolist() == list(range(13, 23))
    assert np.isnan(reader.values("a", 50_000, 50_010)).all()


def test_own_files(tmp_path):
    positions = np.unique(np.random.default_rng(0).integers(0, 3_000_000, 300_000))
    values = np.sin(positions).astype(np.float32)
    with open(tmp_path / "x.bw", "wb") as handle:
        writer = BigWigWriter(handle, CONTIGS)
        writer.add(1, positions, values)
        writer.finish()
    found = BigWigReader(tmp_path / "x.bw").values("b", 0, 3_000_000)
    np.testing.assert_array_equal(found[positions], values)
    assert np.isnan(found).sum() == 3_000_000 - len(positions)


def test_files_that_are_none(tmp_path):
    path = tmp_path / "x.bw"
    with pytest.raises(TaskError, match="no such file"):
        BigWigReader(path)
    path.write_bytes(b"")
    with pytest.raises(TaskError, match="no bigWig"):
        BigWigReader(path)
    whole = bigwig(tmp_path / "y.bw", ranges).read_bytes()
    for size in (20, 200, 1000):
        path.write_bytes(whole[:size])
        with pytest.raises(TaskError, match="cut off or damaged"):
            BigWigReader(path).values("b", 0, 3_000_000)
    (index,) = struct.unpack_from("<Q", whole, 24)
    path.write_bytes(whole[:index] + b"\xff" * 4000)
    with pytest.raises(TaskError, match="cut off or damaged"):
        BigWigReader(path).values("b", 0, 3_000_000)
