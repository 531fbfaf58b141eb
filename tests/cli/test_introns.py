from __future__ import annotations

import pytest


@pytest.mark.parametrize("form", ["bed", "gff3"])
def test_what_cannot_be_written_is_found_out_before_anything_is_scored(
    refused, fly_files, tmp_path, monkeypatch, form
):
    def too_late(*arguments):
        raise AssertionError("it went on")

    monkeypatch.setattr("splicenet.cli.introns.LikelySites", too_late)
    path = tmp_path / "missing" / "introns"
    model = ("-m", "universal:any", "--device", "cpu")
    sentence = refused("introns", fly_files.fasta, "-o", path, "--format", form, *model)
    assert sentence.startswith(f"{path}: cannot be written: its folder does not exist")
