from __future__ import annotations

import pytest

from splicenet.exceptions import OutputError
from splicenet.genome.vcf import VcfRecord
from splicenet.inference.annotate import Annotated
from splicenet.inference.effects import Effect
from splicenet.inference.journal import Journal

RECORDS = [
    VcfRecord("c", at, "A", ("C",), ("c", str(at + 1), ".", "A", "C", ".", ".", "."), at)
    for at in range(3)
]
FOUND = [
    Annotated(
        (("C", Effect("g", "+", (0.123456,) * 4, (1, -2, 3, 4), (0.1,) * 4, (0.2,) * 4)),), ()
    ),
    Annotated((), (("C", "no_gene"),)),
    Annotated((), (("C", "star"),)),
]


class Killed(BaseException):
    pass


@pytest.fixture
def killed(tmp_path):
    """A journal that was killed after two records and in the middle of a third."""
    path = tmp_path / "out.vcf.progress"
    with pytest.raises(Killed):
        with Journal(path, {"distance": 50}, resume=False) as journal:
            for record, found in zip(RECORDS, FOUND, strict=True):
                journal.add(record, found)
            raise Killed
    path.write_bytes(path.read_bytes()[:-5])
    return path


def test_a_killed_run_goes_on(killed):
    with Journal(killed, {"distance": 50}, resume=True) as journal:
        assert journal.count == 2
        assert list(journal.stored(iter(RECORDS))) == FOUND[:2]
        journal.add(RECORDS[2], FOUND[2])
        assert len(killed.read_text().splitlines()) == 4
    assert not killed.exists()


def test_what_was_scored_is_not_thrown_away_unasked(killed):
    before = killed.read_bytes()
    with pytest.raises(OutputError, match="go on with --resume, or remove it"):
        Journal(killed, {"distance": 50}, resume=False)
    assert killed.read_bytes() == before
    killed.unlink()
    with Journal(killed, {"distance": 50}, resume=False) as journal:
        assert journal.count == 0
        assert list(journal.stored(iter(RECORDS))) == []


def test_other_settings_do_not_mix(killed):
    with pytest.raises(OutputError, match="other settings"):
        Journal(killed, {"distance": 51}, resume=True)
    assert killed.exists()


def test_other_records_do_not_mix(killed):
    with pytest.raises(Exception, match="another variant"):
        with Journal(killed, {"distance": 50}, resume=True) as journal:
            list(journal.stored(iter(RECORDS[1:])))
    assert killed.exists()


def test_a_run_killed_at_once_goes_on(tmp_path):
    path = tmp_path / "out.progress"
    path.write_text('{"dist')
    with Journal(path, {"distance": 50}, resume=False):
        pass
    path.write_text("")
    with Journal(path, {"distance": 50}, resume=True) as journal:
        assert journal.count == 0


def test_a_journal_that_cannot_be_written_is_a_clear_sentence(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        Journal(tmp_path / "no folder" / "out.progress", {}, resume=False)


def phased(at, genotype):
    columns = ("c", str(at + 1), ".", "A", "C", ".", ".", ".", "GT", genotype)
    return VcfRecord("c", at, "A", ("C",), columns, at)


def test_what_neighbours_had_a_part_in_waits_for_them(tmp_path):
    path = tmp_path / "out.progress"
    records = [phased(at, "0|1") for at in (0, 60, 70, 75)]
    with pytest.raises(Killed):
        with Journal(path, {}, resume=False, sample=0, reach=10) as journal:
            for record in records:
                journal.add(record, FOUND[1])
            assert journal.total == 2
            raise Killed
    with Journal(path, {}, resume=True, sample=0, reach=10) as journal:
        assert journal.count == 2
        for record in records[2:]:
            journal.add(record, FOUND[1])
    assert journal.total == 4


def test_other_genotypes_do_not_mix(tmp_path):
    path = tmp_path / "out.progress"
    for sample in (0, None):
        with pytest.raises(Killed):
            with Journal(path, {}, resume=False, sample=sample, reach=10) as journal:
                for at in (0, 60):
                    journal.add(phased(at, "0|1"), FOUND[1])
                raise Killed
        changed = iter([phased(0, "1|0")])
        with Journal(path, {}, resume=True, sample=sample, reach=10) as journal:
            if sample is None:
                assert list(journal.stored(changed)) == FOUND[1:2]
            else:
                with pytest.raises(OutputError, match="another variant"):
                    list(journal.stored(changed))
