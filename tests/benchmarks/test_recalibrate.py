"""A model that is calibrated again, on a fly and a tiny network."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from splicenet.model.modelfile import load_model

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def recalibrate(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("recalibrate")


@pytest.fixture
def genomes(fly_files, tmp_path):
    """A folder with the fly."""
    sheet = {"species": "fly", "fasta": fly_files.fasta, "annotation": fly_files.annotation}
    pd.DataFrame([sheet]).to_csv(tmp_path / "samplesheet.csv", index=False)
    return tmp_path


def run(recalibrate, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["recalibrate.py", *map(str, arguments)])
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    recalibrate.main()


def test_what_today_calibrates_stays_as_it_is(recalibrate, genomes, trained, monkeypatch):
    output = genomes / "again.splicenet"
    run(recalibrate, monkeypatch, trained, "--genomes", genomes, "-o", output)
    before, after = load_model(trained), load_model(output)
    assert after.record == before.record
    assert after.scale == before.scale
    assert after.species == before.species
    for name, tensor in before.network.state_dict().items():
        assert torch.equal(after.network.state_dict()[name], tensor)


def test_another_genome_is_refused(recalibrate, genomes, trained, monkeypatch):
    fasta = genomes / "fly.fa"
    fasta.write_text(">4\n" + 1000 * "ACGT" + "\n")
    genes = genomes / "fly.gtf"
    exon = '4\tx\texon\t{}\t{}\t.\t+\t.\ttranscript_id "t"; gene_id "g";\n'
    genes.write_text(exon.format(1, 50) + exon.format(201, 250))
    sheet = pd.DataFrame([{"species": "fly", "fasta": fasta, "annotation": genes}])
    sheet.to_csv(genomes / "samplesheet.csv", index=False)
    with pytest.raises(SystemExit, match="fly: not the .* that the model was trained with"):
        run(recalibrate, monkeypatch, trained, "--genomes", genomes, "-o", genomes / "x.splicenet")
    assert not (genomes / "x.splicenet").exists()
