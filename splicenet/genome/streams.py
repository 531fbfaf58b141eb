"""Reading the bytes of users' files: gzip or plain by content, every failure as one sentence."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from splicenet.exceptions import SplicenetError

__all__ = ["open_bytes", "reading"]

_GZIP_MAGIC = b"\x1f\x8b"


@contextmanager
def reading(path: str | Path, *, error: type[SplicenetError]) -> Iterator[None]:
    """Turn what can go wrong while a file is read into one sentence.

    Parameters
    ----------
    path
        The file as the user named it.
    error
        The kind of :class:`~splicenet.exceptions.SplicenetError` to raise.
    """
    try:
        yield
    except FileNotFoundError:
        raise error("there is no such file", path=path) from None
    except IsADirectoryError:
        raise error("this is a folder, not a file", path=path) from None
    except PermissionError:
        raise error("there is no permission to read this file", path=path) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as cause:
        message = "the compressed file is cut off or damaged; copy or download it again"
        raise error(message, path=path) from cause
    except OSError as cause:
        raise error(f"the file cannot be read ({cause.strerror or cause})", path=path) from cause


@contextmanager
def open_bytes(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file, gzip or plain, for reading its plain bytes."""
    with open(path, "rb") as raw:
        if raw.peek(2)[:2] != _GZIP_MAGIC:
            yield raw
        else:
            with gzip.GzipFile(fileobj=raw) as text:
                yield cast(BinaryIO, text)
