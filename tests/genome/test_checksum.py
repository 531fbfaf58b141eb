from __future__ import annotations

import hashlib
import os

from splicenet.genome.checksum import sha256


def test_is_that_of_the_bytes(tmp_path):
    content = b"ACGT" * 1_000_000
    (tmp_path / "some").write_bytes(content)
    assert sha256(tmp_path / "some") == hashlib.sha256(content).hexdigest()


def test_what_can_be_read_only_once_has_none(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert sha256("-") == sha256(tmp_path / "pipe") == ""
