"""bigWig tracks, read back by a library of others."""

import numpy as np
import pyBigWig
import pytest

from splicenet.exceptions import OutputError
from splicenet.genome.bigwig import TrackWriter, track_paths

FLOOR = 0.001


def values(rng, length):
    return (rng.random(length, dtype=np.float32) ** 12).astype(np.float32)


def kept(track):
    return np.where(track >= np.float32(FLOOR), track, np.nan)


def assert_track(path, lengths, expected):
    with pyBigWig.open(str(path)) as track:
        assert track.chroms() == lengths
        for contig, length in lengths.items():
            stored = np.array(track.values(contig, 0, length), dtype=np.float32)
            wanted = expected.get(contig, np.full(length, np.nan, dtype=np.float32))
            np.testing.assert_array_equal(stored, wanted)
        total = sum(int(np.isfinite(wanted).sum()) for wanted in expected.values())
        assert track.header()["nBasesCovered"] == total


def test_four_tracks_come_back_as_they_went_in(tmp_path):
    rng = np.random.default_rng(0)
    lengths = {"chr2": 50_000, "empty": 10, "chr10": 300, "last": 7}
    tracks = {key: {} for key in track_paths("x")}
    with TrackWriter(tmp_path / "x", lengths) as writer:
        for contig in ("chr2", "chr10", "last"):
            for (kind, strand), track in tracks.items():
                whole = values(rng, lengths[contig])
                for start in range(0, len(whole), 7_000):
                    writer.write(contig, start, strand, kind, whole[start : start + 7_000])
                track[contig] = kept(whole)
        assert not list(tmp_path.glob("x*.bw"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "x.acceptor.minus.bw",
        "x.acceptor.plus.bw",
        "x.donor.minus.bw",
        "x.donor.plus.bw",
    ]
    for key, path in track_paths(tmp_path / "x").items():
        assert_track(path, lengths, tracks[key])


def test_an_empty_track_is_a_valid_file(tmp_path):
    with TrackWriter(tmp_path / "x", {"a": 100, "b": 5}) as writer:
        writer.write("a", 0, "+", "donor", np.full(100, 0.0009, dtype=np.float32))
    for path in track_paths(tmp_path / "x").values():
        assert_track(path, {"a": 100, "b": 5}, {})


def test_more_contigs_than_one_node_of_a_tree_holds(tmp_path):
    lengths = {f"scaffold_{i}": 1 + i % 40 for i in range(70_000)}
    chosen = dict(list(lengths.items())[::40])
    with TrackWriter(tmp_path / "x", lengths) as writer:
        for contig, length in chosen.items():
            writer.write(contig, 0, "+", "donor", np.full(length, 0.5, dtype=np.float32))
    with pyBigWig.open(str(tmp_path / "x.donor.plus.bw")) as track:
        assert track.chroms() == lengths
        for contig in list(chosen)[::50]:
            assert track.values(contig, 0, chosen[contig]) == [0.5] * chosen[contig]
        assert track.intervals("scaffold_1") is None


def test_summaries_at_every_scale(tmp_path):
    rng = np.random.default_rng(1)
    length = 3_000_000
    whole = np.where(rng.random(length) < 0.01, values(rng, length), 0).astype(np.float32)
    with TrackWriter(tmp_path / "x", {"a": length}) as writer:
        for start in range(0, length, 100_000):
            writer.write("a", start, "+", "donor", whole[start : start + 100_000])
    stored = kept(whole)
    with pyBigWig.open(str(tmp_path / "x.donor.plus.bw")) as track:
        assert track.header()["nLevels"] > 1
        mean, top = (track.stats("a", 0, length, type=kind)[0] for kind in ("mean", "max"))
        assert mean == pytest.approx(np.nanmean(stored.astype(float)), rel=1e-6)
        assert top == pytest.approx(np.nanmax(stored))
        near = track.stats("a", 0, length, type="mean", nBins=20)
        exact = track.stats("a", 0, length, type="mean", nBins=20, exact=True)
        assert near == pytest.approx(exact, rel=0.05)


def test_order_is_kept(tmp_path):
    ones = np.ones(5, dtype=np.float32)
    with pytest.raises(ValueError, match="behind"):
        with TrackWriter(tmp_path / "x", {"a": 10, "b": 10}) as writer:
            writer.write("b", 0, "+", "donor", ones)
            writer.write("a", 0, "+", "donor", ones)
    assert not list(tmp_path.iterdir())


def test_all_or_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), TrackWriter(tmp_path / "x", {"a": 10}) as writer:
        writer.write("a", 0, "+", "donor", np.ones(5, dtype=np.float32))
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_full_disk(tmp_path, small_disk):
    rng = np.random.default_rng(2)
    with pytest.raises(OutputError, match="cannot be written"), small_disk(10_000):
        with TrackWriter(tmp_path / "x", {"a": 100_000}) as writer:
            writer.write("a", 0, "+", "donor", rng.random(100_000, dtype=np.float32))
    assert not list(tmp_path.iterdir())


def test_a_missing_folder(tmp_path):
    with pytest.raises(OutputError, match="folder does not exist"):
        with TrackWriter(tmp_path / "missing" / "x", {"a": 10}):
            pytest.fail("must not get here")
