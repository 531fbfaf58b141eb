"""Numbered lines of a text file: plain, gzip or bgzip, or standard input."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from splicenet.exceptions import SplicenetError
from splicenet.genome.bgzf import is_cut_off

__all__ = ["STANDARD_INPUT", "Lines", "file_name", "read_lines"]

Lines = Iterator[tuple[int, str]]
"""Pairs of a line number, counted from 1, and the line without its end."""

STANDARD_INPUT = "-"
_GZIP_MAGIC = b"\x1f\x8b"


def file_name(path: str | Path) -> str:
    """Name a file as messages do."""
    return "standard input" if str(path) == STANDARD_INPUT else str(path)


def read_lines(
    path: str | Path, *, error: type[SplicenetError], undecodable: str = "replace"
) -> Lines:
    """Lines of a file with their numbers, one at a time.

    Compression is recognised by content. Unix, Windows and old Macintosh line ends all end a
    line; bytes that are no UTF-8 become replacement characters, because names and coordinates
    are ASCII and the rest is prose.

    Parameters
    ----------
    path
        A file, or ``-`` for standard input.
    error
        What to raise: the reader's own kind of error.
    undecodable
        What Python makes of bytes that are no UTF-8; ``surrogateescape`` keeps them, for those
        who write the lines again.

    Yields
    ------
    tuple of int and str
        The line's number, counted from 1, and the line without its end.

    Raises
    ------
    SplicenetError
        Of the kind ``error``, if the file is missing, a folder, unreadable, damaged or cut off.
    """
    name = file_name(path)
    number = 0
    try:
        with _open(path, error, undecodable) as text:
            for number, line in enumerate(text, 1):
                yield number, line.rstrip("\n")
        # Cut off between two of its blocks, bgzip is whole to all but those who know its end.
        if str(path) != STANDARD_INPUT and is_cut_off(path):
            raise EOFError
    except FileNotFoundError:
        raise error("there is no such file", path=name) from None
    except IsADirectoryError:
        raise error("this is a folder, not a file", path=name) from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        message = "the compressed file is cut off or damaged after here; copy or download it again"
        raise error(message, path=name, line=number) from None
    except OSError as problem:
        raise error(f"the file cannot be read ({problem.strerror})", path=name) from None


@contextmanager
def _open(path: str | Path, error: type[SplicenetError], undecodable: str) -> Iterator[TextIO]:
    raw = sys.stdin.buffer if str(path) == STANDARD_INPUT else open(path, "rb")
    if raw.closed:
        raise error("standard input was read already; give one of the two as a file")
    with raw, io.BufferedReader(cast(io.RawIOBase, raw)) as buffered:
        packed = buffered.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC)
        binary = gzip.GzipFile(fileobj=buffered) if packed else buffered
        with io.TextIOWrapper(binary, encoding="utf-8-sig", errors=undecodable) as text:
            yield text
