"""Results appear whole or not at all.

Everything is written under a hidden temporary name in the folder of the result, forced to the disk
and renamed when complete, so a full disk or an interrupted run leaves what stood there before.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from splicenet.exceptions import OutputError

__all__ = [
    "STDOUT",
    "atomic",
    "atomic_path",
    "check_writable",
    "is_same",
    "is_stream",
    "remove_stale",
]

STDOUT = "-"
_STANDARD = {"/dev/stdout": "/dev/fd/1", "/dev/stderr": "/dev/fd/2"}

_SENTENCES = {
    errno.ENOENT: "its folder does not exist; create it first",
    errno.ENOTDIR: "its folder does not exist; create it first",
    errno.EACCES: "no permission to write here",
    errno.EPERM: "no permission to write here",
    errno.EROFS: "this file system is read-only",
    errno.EISDIR: "this is a folder; name a file in it",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file is larger than the system allows",
    errno.EIO: "the disk failed to write",
}


@contextmanager
def atomic(path: str | Path, *, mode: str = "w") -> Iterator[IO[Any]]:
    """Open a file for writing that takes its name only when it is complete.

    Parameters
    ----------
    path
        The file to write. ``-`` is standard output; it and devices and pipes are written directly.
    mode
        ``"w"`` for UTF-8 text with Unix line ends, ``"wb"`` for bytes.

    Raises
    ------
    OutputError
        If it cannot be written. ``BrokenPipeError`` passes: a reader that has had enough is no
        mistake.
    """
    if str(path) == STDOUT:
        if sys.stdout is None:  # closed by whoever began this process
            raise OutputError("cannot be written: it is closed", path="standard output")
        stream = sys.stdout.buffer if mode == "wb" else sys.stdout
        with _writing(path):
            yield stream
            stream.flush()
    elif is_stream(path):
        with _writing(path), _open(path, mode) as handle:
            yield handle
    else:
        with _replacing(path) as temporary, _open(temporary, mode.replace("w", "x")) as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Name a temporary file that becomes ``path`` when the block ends well.

    For libraries that open files themselves. The file stands empty at first, so that a folder that
    cannot be written is found out here. Standard output, devices and pipes get a copy at the end.

    Raises
    ------
    OutputError
        If the result cannot be written.
    """
    if is_stream(path):
        with tempfile.TemporaryDirectory() as folder:
            temporary = Path(folder) / "result"
            temporary.touch()
            yield temporary
            with open(temporary, "rb") as source, atomic(path, mode="wb") as out:
                shutil.copyfileobj(source, out)
    else:
        with _replacing(path) as temporary:
            temporary.touch()
            mode = temporary.stat().st_mode
            yield temporary
            temporary.chmod(mode)  # a library may have put a file of its own, private, in its place
            with open(temporary, "rb") as handle:
                os.fsync(handle.fileno())


def check_writable(path: str | Path) -> None:
    """Make sure, before anything is computed, that a file can be written.

    Raises
    ------
    OutputError
        As :func:`atomic` would, in the end.
    """
    if not is_stream(path):
        target = Path(os.path.realpath(path))
        with _writing(path):
            if target.is_dir():
                raise IsADirectoryError(errno.EISDIR, "is a folder")
            with tempfile.TemporaryFile(dir=target.parent):
                pass


@contextmanager
def _replacing(path: str | Path) -> Iterator[Path]:
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{secrets.token_hex(4)}.{target.name}")
    with _writing(path):
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        try:
            yield temporary
            if target.exists():  # who may read a file stays as it was
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextmanager
def _writing(path: str | Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as cause:
        if cause.errno not in _SENTENCES:
            raise
        name = "standard output" if str(path) == STDOUT else path
        raise OutputError(f"cannot be written: {_SENTENCES[cause.errno]}", path=name) from cause


def _open(path: str | Path, mode: str) -> IO[Any]:
    descriptor = _descriptor(path)
    target = path if descriptor is None else os.dup(descriptor)  # not opened anew, nor emptied
    if "b" in mode:
        return open(target, mode)
    return open(target, mode, encoding="utf-8", newline="\n")


def _descriptor(path: str | Path) -> int | None:
    """Which open file of this process a path such as ``/dev/fd/3`` stands for."""
    name = re.sub("^/proc/self/fd/", "/dev/fd/", os.path.abspath(path))
    number = re.fullmatch("/dev/fd/([0-9]+)", _STANDARD.get(name, name))
    return None if number is None else int(number[1])


def is_stream(path: str | Path) -> bool:
    """Whether a path stands for what is written through and cannot be renamed onto.

    Standard output, an open file of this process, a device, a pipe or a socket.
    """
    if str(path) == STDOUT or _descriptor(path) is not None:
        return True
    try:
        kind = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(kind) or stat.S_ISDIR(kind))


def is_same(one: str | Path, other: str | Path) -> bool:
    """Whether two paths lead to one place, standard output by any of its names included."""
    ours, theirs = (1 if str(path) == STDOUT else _descriptor(path) for path in (one, other))
    if ours is not None or theirs is not None:
        return ours == theirs
    return os.path.realpath(one) == os.path.realpath(other)


def remove_stale(paths: Iterable[str]) -> None:
    """Remove files, such as the index of what stood here before, which readers would believe.

    Raises
    ------
    OutputError
        If one that is there cannot be removed.
    """
    for path in paths:
        with _writing(path):
            Path(path).unlink(missing_ok=True)
