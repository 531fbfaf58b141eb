"""As which species a genome is read that nobody named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from splicenet.genome.sequence import open_genome
from splicenet.model.calibration import Calibration
from splicenet.model.kin import sample_words
from splicenet.model.modelfile import Scale, save_model

REGION = ("-r", "NC_004353.4:100,001-160,000", "--threads", 1)


@pytest.fixture
def knowing(trained_model, fly_files, tmp_path):
    """A model that knows flies by their words, and has a threshold of their own for them."""
    with open_genome(fly_files.fasta) as genome:
        words = {"fly": sample_words(genome)}
    scale = Scale(
        dict.fromkeys(("donor", "acceptor"), Calibration()), {"donor": 0.71, "acceptor": 0.72}
    )
    path = tmp_path / "m.splicenet"
    save_model(path, replace(trained_model, species={"fly": scale}, words=words))
    return path


def test_a_genome_is_read_as_the_species_whose_words_it_has(cli, fly_files, knowing):
    run = ("predict", fly_files.fasta, *REGION)
    found, told, any_ = (cli(*run, "-m", f"{knowing}{end}") for end in ("", ":fly", ":any"))
    assert "its words are those of fly" in found.err and f"-m {knowing}:any" in found.err
    assert told.err == any_.err == ""
    assert found.out == told.out != any_.out
    assert found.out.startswith("#splicenet") and "m.splicenet:fly, donor >= 0.71" in found.out


def test_every_command_that_has_a_genome_asks_it(cli, fly_files, knowing, tmp_path):
    variants = tmp_path / "one.vcf"
    variants.write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=NC_004353.4>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    )
    changes = tmp_path / "changes.tsv"
    changes.write_text("change\nNC_004353.4:120000:delA\n")
    genome = ("-f", fly_files.fasta, "-m", knowing, "--threads", 1)
    runs = [
        ("variants", variants, *genome, "-o", "-"),
        ("introns", fly_files.fasta, "-m", knowing, *REGION, "-o", "-"),
        ("evaluate", *genome, "-a", fly_files.annotation, *REGION[:2]),
        ("draw", *genome, "-a", fly_files.annotation, *REGION[:2], "-o", tmp_path / "gene.png"),
        ("mutate", *genome, *REGION[:1], "NC_004353.4:120,001-120,002", "-o", "-"),
        ("explain", fly_files.fasta, "-m", knowing, *REGION, "--max-sites", 1, "--context", 40,
         "--method", "gradient", "-o", tmp_path / "explained"),
    ]  # fmt: skip
    for run in runs:
        done = cli(*run)
        assert "its words are those of fly" in done.err, (run[0], done.err)
        assert done.code == 0, (run[0], done.err)


def test_a_species_of_a_samplesheet_is_read_by_its_name(cli, fly_files, knowing, tmp_path):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(
        f"species,fasta,annotation,bam\nworm,{fly_files.fasta},{fly_files.annotation},\n"
    )
    done = cli("evaluate", "-m", knowing, "--samplesheet", sheet, *REGION)
    assert done.code == 0
    assert "its words" not in done.err
