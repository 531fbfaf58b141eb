"""TF-MoDISco on what ``explain`` exports; skipped without its command, ``modisco``."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from splicenet.genome.meme import read_motifs

MODISCO = shutil.which("modisco")


@pytest.mark.long
@pytest.mark.skipif(MODISCO is None, reason="modisco is not installed")
def test_modisco_finds_the_donor(cli, tmp_path, fly_files, fly_species, trained):
    """It takes the arrays as they are, and among its patterns is that of the 5' splice site."""
    sites, out = tmp_path / "sites.bed", tmp_path / "out"
    with open(sites, "w") as file:
        for site in fly_species.labels.sites():
            place = f"{site.contig}\t{site.position}\t{site.position + 1}"
            file.write(f"{place}\t{site.kind}\t1000\t{site.strand}\n")
    done = cli(
        *("explain", fly_files.fasta, "-m", trained, "--sites", sites, "-o", out, "--threads", "1"),
        *("--method", "gradient", "--context", "100", "--max-sites", "300"),
    )
    assert done.code == 0, done.err
    found, meme = tmp_path / "modisco.h5", tmp_path / "modisco.meme"
    for command in (
        ("motifs", "-s", out / "ohe.npz", "-a", out / "shap.npz", "-n", "2000", "-w", "200",
         "-o", found),
        ("meme", "-i", found, "-t", "PFM", "-o", meme, "-q"),
    ):  # fmt: skip
        subprocess.run([MODISCO, *map(str, command)], check=True, timeout=1800)
    patterns = [motif.consensus.upper() for motif in read_motifs(meme)]
    assert any(re.search("GT[AG]AG", pattern) for pattern in patterns), patterns
