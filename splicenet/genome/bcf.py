"""Finished VCF text as BCF.

BCF refers to its header for every tag, so a header that fails to declare one must be completed
before the first record is written; only the last record tells that it is complete.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pysam
import pysam.bcftools
from pysam.utils import SamtoolsError

from splicenet.exceptions import OutputError
from splicenet.genome.bgzf import BgzfWriter

__all__ = ["spooled_text", "text_to_bcf"]


@contextmanager
def spooled_text(beside: Path) -> Iterator[Path]:
    """Name a temporary ``.vcf.gz`` beside a file; it is gone when the block ends."""
    text = beside.with_name(f"{beside.name}.vcf.gz")
    try:
        yield text
    finally:
        text.unlink(missing_ok=True)


def text_to_bcf(text: Path, binary: Path, *, path: str) -> None:
    """Convert a bgzipped VCF.

    Parameters
    ----------
    text, binary
        The two files.
    path
        As messages name the result.

    Raises
    ------
    OutputError
        If a record has no form in BCF.
    """
    loudness = pysam.set_verbosity(0)
    try:
        with pysam.VariantFile(str(text)) as source:
            declared = str(source.header)
            for _ in source:  # what is not declared is added to the header as it is met
                pass
            complete = str(source.header)
        if complete == declared:
            _convert(text, binary)
        else:
            with spooled_text(text) as whole:
                _with_header(text, complete, whole)
                _convert(whole, binary)
    except (OSError, ValueError, SamtoolsError) as cause:
        message = "a record cannot be written as BCF; write VCF (.vcf.gz) instead"
        raise OutputError(message, path=path) from cause
    finally:
        pysam.set_verbosity(loudness)


def _convert(text: Path, binary: Path) -> None:
    # pysam's own writer mixes up the numbers of tags where there are samples.
    pysam.bcftools.view("-Ob", "--no-version", "-o", str(binary), str(text), catch_stdout=False)


def _with_header(text: Path, header: str, whole: Path) -> None:
    with gzip.open(text) as lines, open(whole, "wb") as handle:
        with BgzfWriter(handle, level=1) as out:
            out.write(header.encode())
            for line in lines:
                if not line.startswith(b"#"):
                    out.write(line)
