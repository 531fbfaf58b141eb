import numpy as np
import pandas as pd
import pytest
import torch

from splicenet.genome.alphabet import decode, reverse_complement
from splicenet.genome.sequence import open_genome
from splicenet.model.modelfile import load_model

CONTIG = "NC_004353.4"


@pytest.fixture(scope="module")
def donor(fly_species):
    return next(s for s in fly_species.labels.sites() if s.strand == "-" and s.kind == "donor")


@pytest.fixture(scope="module")
def bases(fly_files, donor):
    """Eleven bases on the plus strand, the donor in their middle."""
    with open_genome(fly_files.fasta) as genome:
        return decode(genome.fetch(CONTIG, donor.position - 5, donor.position + 6))


@pytest.fixture
def changes(tmp_path, donor, bases):
    path = tmp_path / "changes.tsv"
    rows = ["contig\tpos\tref\talt\tPSI"]
    for offset, psi in ((-2, 0.1), (-1, 0.0), (3, 0.8), (5, 0.9)):
        ref = bases[offset + 5]
        alt = "ACGT"[("ACGT".index(ref) + 1) % 4]
        rows.append(f"{CONTIG}\t{donor.position + offset + 1}\t{ref}\t{alt}\t{psi}")
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_table_is_compared_with_what_was_measured(
    cli, tmp_path, fly_files, trained, changes, donor
):
    out, picture = tmp_path / "effects.tsv", tmp_path / "scatter.png"
    at = f"{CONTIG}:{donor.position + 1}:-"
    done = cli(
        "mutate", changes, "-f", fly_files.fasta, "-m", trained, "--at", at, "--measured", "PSI",
        "--picture", picture, "-o", out,
    )  # fmt: skip
    assert done.code == 0, done.err
    table = pd.read_csv(out, sep="\t")
    assert list(table["psi"]) == [0.1, 0.0, 0.8, 0.9]
    assert (table["donor_pos"] == donor.position + 1).all()
    assert (table["donor_strand"] == "-").all()
    assert (table["donor_delta_log_odds"][:2] < table["donor_delta_log_odds"][2:].min()).all()
    assert "donor: Pearson 0." in done.err and "4 changes" in done.err
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_region_in_pairs(cli, tmp_path, fly_files, trained, donor):
    picture = tmp_path / "map.png"
    region = f"{CONTIG}:{donor.position}-{donor.position + 1}"
    done = cli(
        "mutate", "-f", fly_files.fasta, "-m", trained, "-r", region, "--pairs", "--picture",
        picture,
    )  # fmt: skip
    assert done.code == 0, done.err
    rows = [row.split("\t") for row in done.out.splitlines()]
    assert len(rows) == 1 + 6 + 9
    assert rows[-1][1] == f"{donor.position},{donor.position + 1}"
    assert f"{CONTIG}:{donor.position + 1}:-" in done.err
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_sequences_need_no_genome(cli, tmp_path, fly_files, trained, donor):
    with open_genome(fly_files.fasta) as genome:
        plus = genome.fetch(CONTIG, donor.position - 200, donor.position + 201)
    wild = decode(reverse_complement(plus))
    path = tmp_path / "constructs.csv"
    path.write_text(f"sequence,name\n{wild},wild\n{wild[:201]}A{wild[202:]},broken\n")
    done = cli("mutate", path, "-m", trained, "--at", "201")
    assert done.code == 0, done.err
    header, first, second = (row.split("\t") for row in done.out.splitlines())
    delta = header.index("donor_delta")
    assert float(first[delta]) == 0
    assert float(second[delta]) < 0
    assert (first[-1], second[-1]) == ("wild", "broken")


def test_columns_that_were_there_are_not_taken_for_what_is_found(
    cli, tmp_path, fly_files, trained, donor
):
    with open_genome(fly_files.fasta) as genome:
        base = decode(genome.fetch(CONTIG, donor.position, donor.position + 1))
    changes, first = tmp_path / "changes.tsv", tmp_path / "first.tsv"
    other = "A" if base != "A" else "C"
    changes.write_text(f"contig\tpos\tref\talt\n{CONTIG}\t{donor.position + 1}\t{base}\t{other}\n")
    options = ("-f", fly_files.fasta, "-m", trained, "-o")
    assert cli("mutate", changes, *options, first).code == 0
    sentence = cli("mutate", first, *options, tmp_path / "again.tsv").sentence
    assert "has a column acceptor_alt, which is written here; rename or remove it" in sentence


def test_every_head_is_asked(cli, stretch, tmp_path):
    """What heads of other tasks say before a change is what the network says of the genome."""
    out, model = tmp_path / "effects.tsv", stretch.folder / "chance.splicenet"
    options = ("-f", stretch.folder / "fly.fa", "-m", model, "-o", out)
    done = cli("mutate", "-r", "fly:2,001-2,003", "--at", "fly:2,010:-", *options)
    assert done.code == 0, done.err
    table = pd.read_csv(out, sep="\t")
    assert len(table) == 9
    assert "signal_delta_log_odds" not in table
    assert not {"donor_delta_log_odds", "region:intron_delta_log_odds"} - set(table)
    assert set(table["signal_pos"]) == {2010} and set(table["signal_strand"]) == {"-"}
    with open_genome(stretch.folder / "fly.fa") as genome:
        plus = genome.fetch("fly", 1000, 3000)  # both ends a multiple of eight
    with torch.no_grad():
        said = load_model(model).network.read_all(torch.from_numpy(3 - plus[None, ::-1].copy()))
    at = len(plus) - 1 - (2009 - 1000)
    np.testing.assert_allclose(table["signal_ref"], float(said["signal"][0, 0, at]), atol=1e-4)
    intron = said["region"].softmax(1)[0, -1, at]
    np.testing.assert_allclose(table["region:intron_ref"], float(intron), atol=1e-4)
    assert (table["signal_delta"].abs() > 0).all()
    difference = table["signal_alt"] - table["signal_ref"]
    np.testing.assert_allclose(table["signal_delta"], difference, atol=1e-4)


def test_a_head_by_name(cli, stretch, tmp_path):
    out, picture = tmp_path / "effects.tsv", tmp_path / "map.png"
    options = ("-f", stretch.folder / "fly.fa", "-m", stretch.folder / "chance.splicenet")
    done = cli(
        *("mutate", "-r", "fly:2,001-2,002", "--pairs", "--target", "signal", *options),
        *("-o", out, "--picture", picture),
    )
    assert done.code == 0, done.err
    table = pd.read_csv(out, sep="\t")
    assert list(table)[4:] == [f"signal_{one}" for one in ("pos", "strand", "ref", "alt", "delta")]
    assert picture.read_bytes().startswith(b"\x89PNG")
    changes = tmp_path / "changes.tsv"
    rows = table[:6].assign(effect=table["signal_delta"])
    rows[["contig", "pos", "ref", "alt", "effect"]].to_csv(changes, sep="\t", index=False)
    place = f"fly:{table['signal_pos'][0]}:{table['signal_strand'][0]}"
    done = cli("mutate", changes, "--at", place, "--measured", "effect", *options, "-o", out)
    assert done.code == 0, done.err
    assert "signal: Pearson 1.000, Spearman 1.000, 6 changes" in done.err
    assert "region:cds1: Pearson" in done.err


def test_a_deleted_base_belongs_to_no_region(cli, stretch, tmp_path):
    with open_genome(stretch.folder / "fly.fa") as genome:
        ref = decode(genome.fetch("fly", 2002, 2006))
    assert ref[0] != ref[-1]  # or other bases would be those that are gone
    changes = tmp_path / "changes.tsv"
    changes.write_text(f"contig\tpos\tref\talt\nfly\t2003\t{ref}\t{ref[0]}\n")
    out, model = tmp_path / "effects.tsv", stretch.folder / "chance.splicenet"
    options = ("-f", stretch.folder / "fly.fa", "-m", model, "-o", out)
    assert cli("mutate", changes, *options).code == 0
    row = pd.read_csv(out, sep="\t").iloc[0]
    for name in ("signal", "region:intron", "region:intergenic"):
        assert row[f"{name}_pos"] not in (2004, 2005, 2006)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--at", "x"], "--at must be contig:position:strand"),
        (["--at", "NC_004353.4:999999999:+"], "lies outside"),
        (["--at", "NC_004353.4:1:+"], "bases from the base to look at; 10,000 are the most"),
        (["--target", "usage"], "at a base this model answers donor, acceptor"),
        (["--measured", "dpsi"], "no column 'dpsi'"),
    ],
)
def test_mistakes_are_said_in_a_sentence(cli, fly_files, trained, changes, arguments, words):
    done = cli("mutate", changes, "-f", fly_files.fasta, "-m", trained, "-o", "/dev/null",
               *arguments)  # fmt: skip
    assert words in done.sentence


def test_options_that_do_not_go_together(cli, fly_files, trained, changes):
    for arguments in ([], [changes, "-r", "x"], [changes, "--pairs"], [changes],
                      [changes, "--picture", "a.png"]):  # fmt: skip
        done = cli("mutate", "-m", trained, *arguments)
        assert done.code == 2
        assert "Traceback" not in done.err


def test_a_pipe_of_changes_is_refused(cli, fly_files, trained):
    done = cli("mutate", "-", "-f", fly_files.fasta, "-m", trained)
    assert done.code == 2
    assert "not a pipe" in done.err


def test_a_vcf_has_nothing_measured(refused, tmp_path, fly_files, trained):
    vcf = tmp_path / "changes.vcf"
    vcf.write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
    sentence = refused("mutate", vcf, "-f", fly_files.fasta, "-m", trained, "--measured", "psi")
    assert "no column 'psi'" in sentence


def test_too_long_a_region_for_pairs(refused, fly_files, trained):
    sentence = refused(
        "mutate", "-f", fly_files.fasta, "-m", trained, "-r", f"{CONTIG}:1-1,000", "--pairs"
    )
    assert "at most 64 bases" in sentence
