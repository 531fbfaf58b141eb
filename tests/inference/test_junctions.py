"""Scores of junctions against those of a scan of the whole chromosome."""

import numpy as np
import pytest

from splicenet.genome.alignments import read_junctions
from splicenet.genome.bam_reader import observed_introns
from splicenet.genome.intervals import Interval, Junction
from splicenet.genome.junctions import Observed
from splicenet.genome.scored_junctions import Known
from splicenet.genome.sequence import open_genome
from splicenet.inference.junctions import score_junctions, spurious_introns
from splicenet.inference.predictor import Predictor
from splicenet.inference.windows import WindowReader

SPAN = (70_000, 200_000)


@pytest.fixture(scope="module")
def genome(read_files):
    with open_genome(read_files.fasta) as genome:
        yield genome


@pytest.fixture(scope="module")
def junctions(read_files, genome):
    found = read_junctions(read_files.bam, genome)
    return [one for one in found if SPAN[0] + 50 < one.start and one.end < SPAN[1] - 50]


@pytest.fixture(scope="module")
def whole(trained_model, genome):
    """Probabilities of a stretch, (2, 2, length)."""
    scores = Predictor(trained_model, copies=False).scores(genome, [Interval("chr4", *SPAN)])
    return np.concatenate([part.values for _, part in scores], axis=-1)


@pytest.fixture(scope="module")
def reader(trained_model):
    return WindowReader(trained_model)


@pytest.mark.parametrize("within", [20, 5000])
def test_as_in_a_scan(junctions, genome, reader, whole, within):
    """The best alternative may lie further away than what is read at once is long."""
    assert 20 < 2 * reader.flank < 5000
    first, last = SPAN[0] + within, SPAN[1] - within
    junctions = [one for one in junctions if first < one.start and one.end < last]
    assert {one.strand for one in junctions} == {"+", "-"}
    for scored in score_junctions(junctions, genome, reader, within=within):
        one = scored.junction
        strand = "+-".index(one.strand)
        for kind, position, probability, best in (
            (0, one.donor, scored.donor, scored.best_donor),
            (1, one.acceptor, scored.acceptor, scored.best_acceptor),
        ):
            row = whole[strand, kind]
            assert probability == pytest.approx(row[position - SPAN[0]], abs=2e-4)
            step = 1 if one.strand == "+" else -1
            assert 0 < abs(best.offset) <= within
            there = row[position + step * best.offset - SPAN[0]]
            assert best.probability == pytest.approx(there, abs=2e-4)
            around = row[position - within - SPAN[0] : position + within + 1 - SPAN[0]].copy()
            around[within] = 0
            assert best.probability == pytest.approx(around.max(), abs=2e-4)
        assert scored.probability == scored.donor * scored.acceptor


def test_motifs_are_read_on_the_strand(junctions, genome, reader):
    scored = list(score_junctions(junctions, genome, reader, within=0))
    motifs = [one.motif for one in scored]
    assert motifs.count("GT-AG") > 0.9 * len(motifs)
    assert all(one.best_donor is None and one.best_acceptor is None for one in scored)


def test_no_window_is_read_twice(junctions, genome, reader, monkeypatch):
    seen = []
    read = reader.read

    def counted(windows):
        seen.extend((one.strand, one.codes.tobytes()) for one in windows)
        return read(windows)

    monkeypatch.setattr(reader, "read", counted)
    list(score_junctions(junctions, genome, reader))
    assert len(seen) == len(set(seen)) <= 4 * len(junctions)


def test_at_the_ends_of_the_contig(genome, reader):
    length = genome.lengths["chr4"]
    ends = [Junction("chr4", 1, 100, "+", 1), Junction("chr4", 500, length - 1, "-", 1)]
    scored = list(score_junctions(ends, genome, reader))
    assert [one.junction for one in scored] == ends
    assert all(0 <= one.probability <= 1 for one in scored)


def test_what_is_spurious(read_files, genome, reader):
    introns = observed_introns(read_files.bam, genome)
    few = dict(sorted(introns.items())[:40])
    nowhere = ("chr4", 100_000, 100_100)
    few[nowhere] = Observed(*nowhere, 0, 0, 3)
    assert spurious_introns(few, genome, reader, least=0.0) == {nowhere}
    assert spurious_introns(few, genome, reader, least=1.1) == set(few)
    strands = {key: "+" if value.plus else "-" for key, value in few.items()}
    known = Known([Junction(*key, strands[key]) for key in few if key != nowhere])
    assert spurious_introns(few, genome, reader, least=1.1, known=known) == {nowhere}
    there = Known([Junction(*nowhere, "-")])
    assert spurious_introns(few, genome, reader, least=0.0, known=there) == set()
