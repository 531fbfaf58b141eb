from __future__ import annotations

import json

import pandas as pd
import pytest

from splicenet.exceptions import SplicenetError
from splicenet.genome.sequence import open_genome

REGION = "NC_004353.4:100,001-400,000"
KEYS = ["species", "method", "where", "kind"]


@pytest.fixture
def evaluate(cli, fly_files, trained):
    """Evaluate the trained model, or what ``what`` names, on the fly."""

    def evaluate(*arguments, what=("-m", trained)):
        files = ("-f", fly_files.fasta, "-a", fly_files.annotation)
        return cli("evaluate", *what, *files, "--threads", 1, "--device", "cpu", *arguments)

    return evaluate


def figures(path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t").set_index(KEYS)


def test_what_the_model_held_out_is_the_default(evaluate, trained_model, tmp_path):
    done = evaluate("-o", tmp_path / "table.tsv")
    assert (done.code, done.err) == (0, "")
    recorded = trained_model.record["metrics"]["fly"]
    table = figures(tmp_path / "table.tsv")
    assert len(table) == 4
    for protocol, by_kind in recorded.items():
        for kind, values in by_kind.items():
            row = table.loc[("genome", "splicenet", protocol, kind)]
            for name in ("sites", "bases", "auprc", "top_k", "precision", "recall", "f1", "ece"):
                assert row[name] == pytest.approx(values[name], abs=1e-3), (protocol, kind, name)
    held_out = trained_model.record["data"]["fly"]["held_out"]
    bases = 2 * sum(end - start for _, start, end in held_out)
    donors = table.loc[("genome", "splicenet", "both strands", "donor")]
    assert 0.8 * bases < donors["bases"] <= bases


def test_table_on_the_terminal_and_as_json(evaluate, tmp_path):
    pictures = tmp_path / "curves.png", tmp_path / "bins.png"
    output = ("-o", tmp_path / "table.json", "--plot", pictures[0], "--reliability", pictures[1])
    done = evaluate(*output)
    header, *lines = done.out.splitlines()
    assert header.split()[:5] == [*KEYS, "sites"]
    assert len(lines) == 4
    found = json.loads((tmp_path / "table.json").read_text())
    assert [row["kind"] for row in found] == ["donor", "acceptor"] * 2
    assert all(f"{row['auprc']:.3f}" in line for row, line in zip(found, lines, strict=True))
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)
    for row in found:
        bins = row["reliability"]
        filled = [one for one in bins if one["bases"]]
        assert sum(one["bases"] for one in filled) > 0
        off = sum(one["bases"] * abs(one["predicted"] - one["observed"]) for one in filled)
        assert off / sum(one["bases"] for one in filled) == pytest.approx(row["ece"])


def test_regions_that_were_trained_on_come_with_a_warning(evaluate):
    done = evaluate("-r", REGION)
    assert done.code == 0
    assert done.err.startswith("warning: ")
    assert "the figures flatter it" in done.err


@pytest.mark.parametrize("form", ["bed", "tsv"])
def test_sites_of_predict_reproduce_the_models_figures(
    evaluate, cli, fly_files, trained, tmp_path, form
):
    region = "NC_004353.4:100,001-250,000"
    path = tmp_path / f"sites.{form}"
    options = ("-m", trained, "-r", region, "--threads", 1, "--format", form, "-o", path)
    assert cli("predict", fly_files.fasta, *options).code == 0
    evaluate("-r", region, "-o", tmp_path / "model.tsv")
    done = evaluate("-r", region, "-o", tmp_path / "sites.tsv.out", what=("--sites", path))
    assert done.err == ""
    model, sites = figures(tmp_path / "model.tsv"), figures(tmp_path / "sites.tsv.out")
    assert len(model) == 4
    for (_, _, where, kind), row in model.iterrows():
        other = sites.loc[("genome", "sites", where, kind)]
        assert 0 < row["recall"] < 1
        # A score of BED is rounded, and a base at the very threshold may fall on either side.
        for name in ("sites", "bases", "precision", "recall", "f1"):
            assert other[name] == pytest.approx(row[name], abs=0.01), (where, kind, name)


def test_baselines_stand_beside_the_model(evaluate, tmp_path):
    done = evaluate("--baselines", "-o", tmp_path / "table.tsv")
    assert done.code == 0
    table = figures(tmp_path / "table.tsv")
    methods = table.index.get_level_values("method")
    assert list(dict.fromkeys(methods)) == ["splicenet", "position weights", "maximum entropy"]
    assert table["auprc"].between(0, 1).all()
    assert (table["ece"].notna() == (methods == "splicenet")).all()


def test_baselines_cannot_learn_from_what_they_are_judged_on(evaluate):
    done = evaluate("--baselines", "-r", "NC_004353.4", what=("--sites", "/dev/null"))
    assert "the baselines cannot be trained" in done.sentence


def test_several_species(cli, trained, fly_files, read_files, tmp_path):
    sheet = tmp_path / "sheet.csv"
    lines = [
        f"first,{fly_files.fasta},{fly_files.annotation},",
        f"second,{read_files.fasta},,{read_files.bam}",
    ]
    sheet.write_text("\n".join(["species,fasta,annotation,bam", *lines]))
    regions = tmp_path / "regions.bed"
    regions.write_text("NC_004353.4\t0\t50000\nchr4\t60000\t100000\n")
    options = ("--samplesheet", sheet, "-r", regions, "--threads", 1, "-o", tmp_path / "t.tsv")
    done = cli("evaluate", "-m", trained, *options)
    assert done.code == 0
    table = figures(tmp_path / "t.tsv")
    assert set(table.index.get_level_values("species")) == {"first", "second"}
    for name in ("first", "second"):
        assert 0 <= table.loc[(name, "splicenet", "both strands", "donor"), "ece"] <= 1
    header, *lines = (line.split() for line in done.out.splitlines())
    assert header[-2:] == ["ece", "ece_by_chance"]
    assert {line[0] for line in lines} == {"first", "second"}
    shown = [float(line[-2].replace("-", "nan")) for line in lines]
    assert shown == pytest.approx(table["ece"].tolist(), abs=1e-3, nan_ok=True)


def test_a_genome_never_seen_is_judged_whole(cli, trained, read_files, tmp_path):
    files = ("-f", read_files.fasta, "-b", read_files.bam)
    done = cli("evaluate", "-m", trained, *files, "--threads", 1, "-o", tmp_path / "t.tsv")
    assert (done.code, "warning" in done.err) == (0, False)
    donors = figures(tmp_path / "t.tsv").loc[("genome", "splicenet", "both strands", "donor")]
    assert donors["bases"] > 2_000_000


def test_a_full_disk(evaluate, program, fly_files, trained):
    assert "/dev/full: cannot be written: the disk is full" in evaluate("-o", "/dev/full").err
    with open("/dev/full", "w") as full:
        files = ("-f", fly_files.fasta, "-a", fly_files.annotation)
        done = program("evaluate", "-m", trained, *files, "--threads", 1, stdout=full)
    assert done.sentence == "standard output: cannot be written: the disk is full"


def test_sites_of_another_genome(refused, fly_files, tmp_path):
    (tmp_path / "sites.bed").write_text("chrZ\t10\t11\tdonor\t900\t+\n")
    files = ("-f", fly_files.fasta, "-a", fly_files.annotation)
    sentence = refused("evaluate", "--sites", tmp_path / "sites.bed", *files)
    assert "sites.bed: its contigs (chrZ) cannot be matched" in sentence


def test_other_spellings_of_the_contig_change_nothing(cli, fly_files, tmp_path):
    row = "\t{}\t{}\tdonor\t900\t+\n"
    lines = [row.format(place, place + 1) for place in range(100_000, 300_000, 50)]
    files = ("-f", fly_files.fasta, "-a", fly_files.annotation)
    tables = []
    for name in ("NC_004353.4", "chr4"):
        (tmp_path / "sites.bed").write_text("".join(name + line for line in lines))
        where = ("-r", f"{name}:100,001-400,000")
        done = cli("evaluate", "--sites", tmp_path / "sites.bed", *files, *where)
        assert done.code == 0, done.err
        tables.append(done.out)
    assert tables[0] == tables[1]
    assert "both strands" in tables[0]


@pytest.mark.parametrize("option", ["-o", "--plot", "--reliability"])
@pytest.mark.parametrize("name", ["missing/x.png", "folder.png"])
def test_what_cannot_be_written_is_found_out_before_anything_is_scored(
    refused, fly_files, trained, tmp_path, monkeypatch, option, name
):
    (tmp_path / "folder.png").mkdir()

    def too_late(*arguments, **options):
        raise AssertionError("it went on")

    monkeypatch.setattr("splicenet.cli.evaluate.open_data", too_late)
    files = ("-f", fly_files.fasta, "-a", fly_files.annotation)
    sentence = refused("evaluate", "-m", trained, *files, option, tmp_path / name)
    assert sentence.startswith(str(tmp_path / name))


def test_a_failure_leaves_neither_table_nor_pictures(refused, fly_files, trained, tmp_path):
    files = ("-f", fly_files.fasta, "-a", tmp_path / "missing.gtf")
    output = ("-o", tmp_path / "t.json", "--plot", tmp_path / "p.png")
    refused("evaluate", "-m", trained, *files, *output, "--reliability", tmp_path / "r.png")


def test_all_genomes_are_closed_at_the_end(cli, fly_files, read_files, tmp_path, monkeypatch):
    genomes = []

    def recorded(path):
        genomes.append(open_genome(path))
        return genomes[-1]

    monkeypatch.setattr("splicenet.genome.species.open_genome", recorded)
    sheet = tmp_path / "sheet.csv"
    lines = [
        f"first,{fly_files.fasta},{fly_files.annotation},",
        f"second,{read_files.fasta},,{read_files.bam}",
    ]
    sheet.write_text("\n".join(["species,fasta,annotation,bam", *lines]))
    regions = "NC_004353.4:1-50,000,chr4:1-50,000"
    done = cli("evaluate", "--sites", "/dev/null", "--samplesheet", sheet, "-r", regions)
    assert done.code == 0
    assert len(genomes) == 2
    for genome in genomes:
        with pytest.raises(SplicenetError):
            genome.fetch(next(iter(genome.lengths)), 70_000, 70_001)


def test_sites_that_are_none(refused, fly_files, tmp_path):
    (tmp_path / "sites.bed").write_text("chrZ\t10\t30\tgene\t900\t+\n")
    files = ("-f", fly_files.fasta, "-a", fly_files.annotation)
    sentence = refused("evaluate", "--sites", tmp_path / "sites.bed", *files)
    assert sentence.startswith(f"{tmp_path / 'sites.bed'}, line 1: ")


def test_either_a_model_or_sites(cli, fly_files):
    done = cli("evaluate", "-m", "a", "--sites", "b", "-f", fly_files.fasta)
    assert done.code == 2
    assert "either --model or --sites" in done.err


def test_without_either_a_model_that_ships(cli, fly_files):
    files = ("-f", fly_files.fasta, "-a", fly_files.annotation)
    region = ("-r", f"{fly_files.contig}:100,001-130,000")
    found, named = (
        cli("evaluate", *model, *files, *region) for model in ((), ("-m", "universal:any"))
    )
    assert "read as any" in found.err
    assert found.code == named.code == 0 and found.out == named.out
