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


def test_a_new_run_begins_anew(killed):
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
