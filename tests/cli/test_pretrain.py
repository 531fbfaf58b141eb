"""``splicenet pretrain``, ``train --init`` and ``phylogeny`` of seconds."""

from __future__ import annotations

from io import StringIO

import pandas as pd
import pytest
from Bio import Phylo

QUICK = (
    "--steps 6 --length 256 --batch-tokens 1024 --evaluations 2 --validation 0.05 "
    "--validation-bases 10000 --test-bases 10000 --hidden 8 --words 3 --markov 3 "
    "--threads 1 --device cpu"
).split()


@pytest.fixture(scope="module", autouse=True)
def few_words_watched():
    """Words are weighed by less sequence than in earnest, which takes seconds a genome."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("splicenet.training.pretrain._WATCHED", 1 << 16)
        yield


@pytest.fixture(scope="module")
def genomes(tmp_path_factory, fly_files, read_files):
    """Four genomes in folders of their own: two flies, and half of each without its other half."""
    from splicenet.genome.alphabet import decode
    from splicenet.genome.sequence import open_genome

    folder = tmp_path_factory.mktemp("genomes")
    paths = []
    for name, files in (("new", fly_files), ("old", read_files)):
        with open_genome(files.fasta) as genome:
            for part, start in (("left", 200_000), ("right", 500_000)):
                path = folder / f"{name}_{part}" / "genome.fa"
                path.parent.mkdir()
                text = decode(genome.fetch(files.contig, start, start + 200_000))
                path.write_text(f">{name}_{part}\n{text}\n")
                paths.append(path)
    return paths


@pytest.fixture(scope="module")
def pretrained(genomes, tmp_path_factory):
    from splicenet.cli.main import main

    path = tmp_path_factory.mktemp("pretrained") / "p.splicenet"
    with pytest.raises(SystemExit) as left:
        main(["pretrain", *map(str, genomes), "-o", str(path), *QUICK])
    assert left.value.code == 0
    return path


def test_pretrain_says_bits_of_genomes(cli, genomes, tmp_path):
    done = cli("pretrain", *genomes[:2], "-o", tmp_path / "p.splicenet", *QUICK)
    assert done.code == 0, done.err
    assert "new_left, backward: 1." in done.err
    assert "Markov of order" in done.err
    assert "validation 1." in done.err
    table = pd.read_csv(tmp_path / "p.bits.tsv", sep="\t")
    assert list(table["genome"]) == ["new_left"] * 2 + ["new_right"] * 2


def test_train_goes_on_from_it(cli, pretrained, fly_files, quick, tmp_path):
    done = cli(
        *("train", "-f", fly_files.fasta, "-a", fly_files.annotation, "--init", pretrained),
        *("-o", tmp_path / "m.splicenet", "--test-bases", 50_000, *quick),
    )
    assert done.code == 0, done.err
    assert "pretrained weights taken (stem, trunk, coarse, last); the heads begin anew" in done.err


def test_phylogeny(cli, pretrained, genomes, tmp_path):
    names = [path.parent.name for path in genomes]
    (tmp_path / "true.nwk").write_text(f"(({names[0]},{names[2]}),({names[1]},{names[3]}));")
    done = cli(
        *("phylogeny", *genomes, "-m", pretrained, "-o", tmp_path / "out", "--windows", 90),
        *("--length", 2048, "--bootstrap", 20, "--tree", tmp_path / "true.nwk"),
    )
    assert done.code == 0, done.err
    trees = dict(line.split("\t") for line in done.out.splitlines())
    assert list(trees) == [
        *("states", "coarse", "recurrent", "last"),
        *("states_as_read", "words", "words_alike"),
    ]
    for name, text in trees.items():
        tree = Phylo.read(StringIO(text), "newick")
        assert {tip.name for tip in tree.get_terminals()} == set(names)
        assert (tmp_path / "out" / f"{name}.nwk").read_text().strip() == text
    agreement = pd.read_csv(tmp_path / "out" / "agreement.tsv", sep="\t", index_col="tree")
    # Halves of two assemblies of one chromosome are the same sequence twice. Six steps teach no
    # network what lies beyond composition.
    told = agreement.loc[["states_as_read", "words", "words_alike"]]
    assert told["found"].tolist() == [1] * 3
    assert told["quartet_share"].tolist() == [1.0] * 3
    assert "1 of the 1 splits" in done.err
    assert len(pd.read_csv(tmp_path / "out" / "map.tsv", sep="\t")) == 360
    assert len(pd.read_csv(tmp_path / "out" / "distances.tsv", sep="\t")) == 7 * 6
    for picture in ("trees.png", "map.png"):
        assert (tmp_path / "out" / picture).stat().st_size > 10_000


def test_phylogeny_of_a_splice_model(cli, trained, genomes, tmp_path):
    options = ("-m", trained, "-o", tmp_path, "--windows", 4, "--length", 512, "--bootstrap", 0)
    done = cli("phylogeny", *genomes[:3], *options)
    assert done.code == 0, done.err
    assert not (tmp_path / "agreement.tsv").exists()


def test_refusals(refused, cli, pretrained, genomes, tmp_path):
    options = ("-m", pretrained, "-o", tmp_path / "out")
    assert "it has 97 windows of 2,048 known bases, not 98" in refused(
        "phylogeny", *genomes, *options, "--length", 2048, "--windows", 98
    )
    assert "would be called new_left" in refused("phylogeny", *[genomes[0]] * 3, *options)
    (tmp_path / "other.nwk").write_text("(a,b,c);")
    assert "the tree has no new_left" in refused(
        "phylogeny", *genomes, *options, "--tree", tmp_path / "other.nwk"
    )
    assert cli("phylogeny", *genomes[:2], *options).code == 2
    assert "no splicenet model" in refused("predict", genomes[0], "-m", pretrained)
