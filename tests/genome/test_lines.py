"""Numbered lines of plain, packed and damaged files."""

from __future__ import annotations

import gzip
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest

from splicenet.exceptions import AnnotationError
from splicenet.genome.bgzf import BgzfWriter, blocks
from splicenet.genome.lines import read_lines

TEXT = "one\ntwo\n\nfour"
LINES = [(1, "one"), (2, "two"), (3, ""), (4, "four")]


def read(path: Path | str) -> list[tuple[int, str]]:
    return list(read_lines(path, error=AnnotationError))


def test_plain_gzip_and_bgzip_read_the_same_whatever_they_are_called(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_text(TEXT)
    (tmp_path / "b.txt").write_bytes(gzip.compress(TEXT.encode()))
    pysam.tabix_compress(str(tmp_path / "a.gz"), str(tmp_path / "c"))
    assert read(tmp_path / "a.gz") == read(tmp_path / "b.txt") == read(tmp_path / "c") == LINES


def test_line_ends_byte_order_mark_and_foreign_letters(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n\xff\r\n")
    assert read(path) == [(1, "one"), (2, "two"), (3, "\N{REPLACEMENT CHARACTER}")]


def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(TEXT.encode()))))
    assert read("-") == LINES
    with pytest.raises(AnnotationError, match="read already"):
        read("-")


@pytest.mark.parametrize("damage", [lambda data: data[:-600], lambda data: data[:600] + b"x" * 600])
def test_a_damaged_file_is_one_sentence(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(damage(gzip.compress(os.urandom(5000).hex().encode())))
    with pytest.raises(AnnotationError, match="cut off or damaged") as caught:
        read(path)
    assert caught.value.path == str(path)


def test_bgzip_that_ends_between_two_blocks_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    with open(path, "wb") as handle, BgzfWriter(handle) as out:
        out.write(b"line\n" * 40_000)
    offsets = [packed for packed, _ in blocks(path)]
    assert len(read(path)) == 40_000
    path.write_bytes(path.read_bytes()[: offsets[1]])
    with pytest.raises(AnnotationError, match="cut off or damaged"):
        read(path)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="no such file"):
        read(tmp_path / "a")
    with pytest.raises(AnnotationError, match="folder"):
        read(tmp_path)
