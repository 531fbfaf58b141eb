from __future__ import annotations

import numpy as np
import pysam

from splicenet.genome.class_track import ClassTrack


def test_runs_go_on_over_seams_and_come_sorted(tmp_path):
    """The same rows whether a contig comes whole or in pieces, for random classes."""
    rng = np.random.default_rng(0)
    labels = np.repeat(rng.integers(0, 3, (2, 40)), 25, axis=1)  # the third is none of them
    values = np.stack([labels == 0, labels == 1], 1) * np.float32(0.75)
    rows = {}
    for cuts in ([0, 1000], [0, 100, 110, 500, 777, 1000]):
        path = tmp_path / f"{len(cuts)}.bed.gz"
        with ClassTrack(path, ["x", "y"], header=["made here"]) as track:
            for left, right in zip(cuts, cuts[1:], strict=False):
                track.write("c", 50 + left, values[..., left:right])
            track.write("d", 0, values[..., :100])
        with pysam.TabixFile(str(path)) as file:
            assert list(file.header) == ["#made here"]
            rows[len(cuts)] = list(file.fetch("c"))
            assert list(file.fetch("d"))
    assert rows[2] == rows[6]
    starts = [int(row.split("\t")[1]) for row in rows[2]]
    assert starts == sorted(starts)
    covered = np.full((2, 1000), 2)
    for row in rows[2]:
        _, start, end, name, score, strand = row.split("\t")
        assert score == "750"
        covered["+-".index(strand), int(start) - 50 : int(end) - 50] = "xy".index(name)
    np.testing.assert_array_equal(covered, labels)
