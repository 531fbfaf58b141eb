"""Results appear whole or not at all."""

import io
import os
import stat
import sys
import threading

import pytest

from splicenet.exceptions import OutputError
from splicenet.genome.output import atomic, atomic_path, check_writable, is_same


def test_the_file_appears_at_the_end_with_ordinary_permissions(tmp_path):
    path = tmp_path / "result.txt"
    with atomic(path) as handle:
        handle.write("säge\n")
        assert not path.exists()
    assert path.read_bytes() == "säge\n".encode()
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("opener", [atomic, atomic_path])
def test_what_is_written_again_keeps_its_permissions(tmp_path, opener):
    path = tmp_path / "private.txt"
    path.write_text("old")
    path.chmod(0o600)
    with opener(path) as handle:
        getattr(handle, "write_text", getattr(handle, "write", None))("new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_standard_output_that_was_closed(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match="standard output: cannot be written: it is closed"):
        with atomic("-"):
            pass


def test_what_cannot_be_written_is_found_before_anything_is(tmp_path):
    path = tmp_path / "result.txt"
    path.write_text("old")
    check_writable(path)
    check_writable("-")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(OutputError, match="its folder does not exist"):
        check_writable(tmp_path / "none" / "result.txt")
    with pytest.raises(OutputError, match="this is a folder"):
        check_writable(tmp_path)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_failure_leaves_what_was_there(tmp_path, error):
    path = tmp_path / "result.txt"
    path.write_text("old")
    with pytest.raises(error), atomic(path, mode="wb") as handle:
        handle.write(b"new")
        raise error
    with pytest.raises(error), atomic_path(path) as temporary:
        temporary.write_text("new")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    with atomic(link) as handle:
        handle.write("x")
    assert link.is_symlink()
    assert target.read_text() == "x"


def test_atomic_path(tmp_path):
    path = tmp_path / "model.bin"
    with atomic_path(path) as temporary:
        assert temporary.parent == tmp_path
        temporary.write_bytes(b"weights")
        assert not path.exists()
    assert path.read_bytes() == b"weights"
    assert list(tmp_path.iterdir()) == [path]


def test_standard_output(capfdbinary):
    with atomic("-") as handle:
        handle.write("text ")
    with atomic("-", mode="wb") as handle:
        handle.write(b"bytes ")
    with atomic_path("-") as temporary:
        temporary.write_bytes(b"copied")
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == b"text bytes copied"


def test_a_pipe_is_written_directly(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = io.BytesIO()
    reader = threading.Thread(target=lambda: read.write(pipe.read_bytes()))
    reader.start()
    with atomic(pipe) as handle:
        handle.write("through")
    reader.join()
    assert read.getvalue() == b"through"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("opener", [atomic, atomic_path])
def test_an_open_file_is_written_where_it_stands(tmp_path, opener):
    path = tmp_path / "log"
    with open(path, "wb", buffering=0) as log:
        log.write(b"before ")
        with opener(f"/dev/fd/{log.fileno()}") as one:
            one.write_text("in ") if opener is atomic_path else one.write("in ")
        log.write(b"after")
    assert path.read_bytes() == b"before in after"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("opener", [atomic, atomic_path])
@pytest.mark.parametrize(
    ("name", "message"), [("missing/x", "folder does not exist"), (".", "this is a folder")]
)
def test_where_nothing_can_be_written(tmp_path, opener, name, message):
    with pytest.raises(OutputError, match=message), opener(tmp_path / name):
        pytest.fail("must not get here")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="no permission"), atomic(tmp_path / "x"):
        pytest.fail("must not get here")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk():
    with pytest.raises(OutputError, match="/dev/full: .*disk is full"), atomic("/dev/full") as out:
        out.write("x")
    with pytest.raises(OutputError, match="disk is full"), atomic_path("/dev/full") as temporary:
        temporary.write_text("x")


def test_a_file_that_grows_too_large(tmp_path, small_disk):
    with pytest.raises(OutputError, match="larger than the system allows"), small_disk(10_000):
        with atomic(tmp_path / "x") as handle:
            handle.write("x" * 20_000)
    assert not list(tmp_path.iterdir())


def test_a_reader_that_has_had_enough(monkeypatch):
    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    with pytest.raises(BrokenPipeError), atomic("-") as handle:
        handle.write("x")


def test_errors_of_the_body_are_its_own(tmp_path):
    with pytest.raises(OSError, match="something else") as error, atomic(tmp_path / "x"):
        raise OSError("something else")
    assert not isinstance(error.value, OutputError)


def test_one_place_by_several_names(tmp_path):
    path, link = tmp_path / "result", tmp_path / "link"
    link.symlink_to(path)
    assert is_same(path, link)
    assert is_same(path, tmp_path / "." / "result")
    assert not is_same(path, tmp_path / "other")
    for name in ("-", "/dev/stdout", "/dev/fd/1"):
        assert is_same(name, "-")
        assert not is_same(name, path)
