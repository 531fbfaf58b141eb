"""As which species a genome is read that nobody named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import splicenet
from splicenet.genome.sequence import open_genome
from splicenet.model import shipped
from splicenet.model.calibration import Calibration
from splicenet.model.kin import sample_words
from splicenet.model.modelfile import load_model, save_model
from splicenet.model.scale import Scale

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


def test_every_command_reads_the_genome_so(cli, fly_files, read_files, knowing, tmp_path):
    """Its answer is that of the model told the species, and not that of the model told none."""
    variants = tmp_path / "one.vcf"
    variants.write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=NC_004353.4>\n"
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        "NC_004353.4\t120000\t.\tN\tA\t.\t.\t.\n"
    )
    genome = ("-f", fly_files.fasta, "--threads", 1)
    for run in (
        ("variants", variants, *genome),
        ("introns", fly_files.fasta, *REGION),
        ("evaluate", *genome, "-a", fly_files.annotation, *REGION[:2]),
        ("mutate", *genome, "-r", "NC_004353.4:120,001-120,001"),
        ("junctions", read_files.bam, "-f", read_files.fasta, "--threads", 1),
    ):
        found, told, any_ = (cli(*run, "-m", f"{knowing}{end}") for end in ("", ":fly", ":any"))
        assert found.code == told.code == any_.code == 0, (run[0], found.err)
        assert "its words are those of fly" in found.err, run[0]
        assert found.out == told.out != any_.out, run[0]


def test_what_is_drawn_and_explained_is_read_so(cli, fly_files, knowing, tmp_path):
    short = (*REGION, "--max-sites", 1, "--context", 40, "--method", "gradient")
    done = cli("explain", fly_files.fasta, "-m", knowing, *short, "-o", tmp_path / "explained")
    assert "its words are those of fly" in done.err and done.code == 0
    assert "m.splicenet:fly" in (tmp_path / "explained/explanation.html").read_text()
    genes = ("-f", fly_files.fasta, "-a", fly_files.annotation, *REGION)
    counts = [
        cli("draw", *genes, "-m", f"{knowing}{end}", "-o", tmp_path / "gene.png").err.split("\n")[
            -2
        ]
        for end in ("", ":fly", ":any")
    ]
    assert counts[0] == counts[1] != counts[2]


def test_auto_takes_the_narrowest_shipped_model(cli, fly_files, trained, tmp_path, monkeypatch):
    weights = tmp_path / "weights"
    weights.mkdir()
    model = load_model(trained)
    with open_genome(fly_files.fasta) as genome:
        fly = sample_words(genome)
    worm = np.roll(fly, 1)
    for name, words in (("universal", {"fly": fly, "worm": worm}), ("flies", {"fly": fly})):
        species = dict.fromkeys(words, model.scale)
        save_model(weights / f"{name}.splicenet", replace(model, species=species, words=words))
    monkeypatch.setattr(shipped, "_FOLDER", weights)
    run = ("predict", fly_files.fasta, *REGION)
    assert "model flies:fly," in cli(*run).out
    assert "model universal:fly," in cli(*run, "-m", "universal").out
    assert "model universal:any," in cli(*run, "-m", "auto:any").out
    assert "model universal:worm," in cli(*run, "-m", "auto:worm").out
    assert "nothing of its own for bird" in cli(*run, "-m", "auto:bird").sentence
    with open_genome(fly_files.fasta) as genome:
        assert splicenet.load(genome=genome).model.words == {}
    assert splicenet.load(genome=fly_files.fasta).model.words == {}
    assert set(splicenet.load().model.words) == {"fly", "worm"}


def test_a_genome_like_none_of_the_species_is_told_so(
    cli, fly_files, trained, trained_model, tmp_path
):
    strange = np.zeros(4**6, np.float32)
    strange[:2] = 0.5
    path = tmp_path / "m.splicenet"
    save_model(path, replace(trained_model, words={"strange": strange}))
    run = ("predict", fly_files.fasta, *REGION)
    found, any_, plain = (cli(*run, "-m", model) for model in (path, f"{path}:any", trained))
    assert f"its words are not those of a species of {path}; read as any" in found.err
    assert any_.err == plain.err == ""
    assert found.out == any_.out.replace("m.splicenet:any", "m.splicenet")


def test_a_short_sequence_is_not_said_to_be_like_none(cli, knowing, fly_files, tmp_path):
    with open_genome(fly_files.fasta) as genome:
        codes = genome.fetch(fly_files.contig, 500_000, 520_000)
    short = tmp_path / "gene.fa"
    short.write_text(">gene\n" + "".join("ACGTN"[code] for code in codes) + "\n")
    done = cli("predict", short, "-m", knowing)
    assert done.code == 0 and "is too short to tell whose it is; read as any" in done.err


def test_a_model_that_is_not_there_shows_before_the_genome_is_read(cli):
    done = cli("predict", "nothing.fa", "-m", "universal:")
    assert "nothing of its own for" in done.sentence or "nothing.fa" in done.sentence
    assert "no such model" in cli("predict", "nothing.fa", "-m", "typo").sentence


def test_a_species_of_a_samplesheet_is_read_by_its_name(cli, fly_files, knowing, tmp_path):
    columns = "species,fasta,annotation,bam"

    def evaluate(name):
        sheet = tmp_path / "sheet.csv"
        sheet.write_text(f"{columns}\n{name},{fly_files.fasta},{fly_files.annotation},\n")
        done = cli("evaluate", "-m", knowing, "--samplesheet", sheet, *REGION)
        assert done.code == 0 and "its words" not in done.err
        return done.out

    assert "0.710" in evaluate("fly")
    assert "0.710" not in evaluate("worm")
