"""Checksums, so that a model can say exactly what it was made from."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

__all__ = ["sha256"]


def sha256(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal; standard input and pipes have none."""
    if not os.path.isfile(path):
        return ""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
