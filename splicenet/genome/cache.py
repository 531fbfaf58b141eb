"""Where files derived from users' files stand when they cannot stand beside these."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from splicenet.exceptions import OutputError

__all__ = ["cache_folder", "cached_path", "make_cache_folder"]


def cache_folder() -> Path:
    """The user's cache: ``$XDG_CACHE_HOME/splicenet``, or ``~/.cache/splicenet``."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home, "splicenet")


def make_cache_folder(folder: Path) -> None:
    """Make sure that a cache folder is there and can be written.

    Raises
    ------
    OutputError
        If it cannot.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        pass
    if not os.access(folder, os.W_OK | os.X_OK):
        message = "this cache folder cannot be written; set XDG_CACHE_HOME to one that can"
        raise OutputError(message, path=folder)


def cached_path(path: Path, folder: Path) -> Path:
    """A name in a cache folder for what derives from a file: a new one once the file changes."""
    state = path.stat()
    key = f"{path.resolve()}:{state.st_size}:{state.st_mtime_ns}"
    digest = hashlib.sha256(key.encode()).hexdigest()[:20]
    return folder / f"{path.name.split('.')[0]}-{digest}"
