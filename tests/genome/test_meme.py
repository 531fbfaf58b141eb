import gzip

import numpy as np
import pytest
from Bio import motifs as bio

from splicenet.exceptions import MotifError
from splicenet.genome.meme import Motif, read_motifs, write_meme

BRANCH = Motif("branch", np.eye(4)[[1, 3, 0, 0, 1]] * 0.9 + 0.025, 120, "branch point")
TRACT = Motif("tract", np.array([[0.1, 0.3, 0.1, 0.5]] * 4))

TRANSFAC = """AC  M001_0.6
XX
ID  any
XX
DE  GAC
P0       a     c     g     t
1    0.0 0.0 97.0 3.0
2    50 0 50 0 R
XX
//
AC  second one
P0  A C G T
01  1 2 3 4
//
"""


@pytest.fixture
def file(tmp_path):
    def file(text, name="motifs"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return file


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "motifs.meme"
    write_meme(path, [BRANCH, TRACT], background=(0.3, 0.2, 0.2, 0.3))
    branch, tract = read_motifs(path)
    assert (branch.name, branch.title, branch.sites) == ("branch", "branch point", 120)
    np.testing.assert_allclose(branch.probabilities, BRANCH.probabilities, atol=1e-6)
    assert (tract.name, tract.title, tract.consensus) == ("tract", "", "TTTT")


def test_biopython_reads_what_is_written(tmp_path):
    path = tmp_path / "motifs.meme"
    write_meme(path, [BRANCH, TRACT])
    with open(path) as handle:
        branch, tract = bio.parse(handle, "minimal")
    assert (branch.name, str(branch.consensus), branch.num_occurrences) == (
        "branch",
        "CTAAC",
        120,
    )
    assert tract.length == 4


def test_transfac_is_told_apart_and_read(file):
    first, second = read_motifs(file(TRANSFAC))
    assert (first.name, first.title) == ("M001_0.6", "any")
    np.testing.assert_allclose(first.probabilities, [[0, 0, 0.97, 0.03], [0.5, 0, 0.5, 0]])
    assert second.name == "second_one"
    np.testing.assert_allclose(second.probabilities, [[0.1, 0.2, 0.3, 0.4]])


def test_gzip_and_rna_are_read(tmp_path):
    path = tmp_path / "rna.meme.gz"
    text = (
        "MEME version 5\n\nALPHABET= ACGU\n\nMOTIF a\n\nletter-probability matrix: w= 1\n0 0 0 1\n"
    )
    path.write_bytes(gzip.compress(text.encode()))
    (motif,) = read_motifs(path)
    assert motif.consensus == "T"


HEADER = "MEME version 4\n\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ACGT\n", "neither a MEME file"),
        (HEADER, "no motif"),
        (HEADER + "ALPHABET= ACDEFGHIKLMNPQRSTVWY\n", "line 3.*alphabet"),
        (HEADER + "MOTIF a\nletter-probability matrix:\n1 0 0 0\n", "line 4.*width"),
        (HEADER + "letter-probability matrix: w= 1\n1 0 0 0\n", "line 3.*MOTIF name"),
        (HEADER + "MOTIF a\nletter-probability matrix: w= 2\n1 0 0 0\n", "line 5.*four numbers"),
        (HEADER + "MOTIF a\nletter-probability matrix: w= 1\n1 0 x 0\n", "line 5.*four numbers"),
        (HEADER + "MOTIF a\nletter-probability matrix: w= 1\n0 0 0 0\n", "line 5.*all 0"),
        (HEADER + "MOTIF a\nletter-probability matrix: w= 1\n-1 1 1 1\n", "line 5.*negative"),
        (HEADER + "MOTIF a\nletter-probability matrix: w= 0\n", "line 4.*four numbers"),
        ("AC  a\nP0 A C G T\n1 1 2 3\n//\n", "line 3.*four numbers"),
    ],
)
def test_what_is_no_motif_is_refused_with_its_place(file, text, words):
    with pytest.raises(MotifError, match=words):
        read_motifs(file(text))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(MotifError, match="no such file"):
        read_motifs(tmp_path / "none")
