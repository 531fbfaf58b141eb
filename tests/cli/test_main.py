from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from splicenet import __version__
from splicenet.cli.main import cli as commands

NAMES = list(commands.list_commands(None))


def test_version_and_help(cli):
    assert cli("--version").out == f"splicenet, version {__version__}\n"
    text = cli("--help").out
    assert all(f"  {name} " in text for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_explains_itself(cli, name):
    done = cli(name, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"splicenet {name} " in done.out or f"splicenet {name}\n" in done.out
    assert "\b" not in done.out


def test_no_command_and_a_wrong_one(cli):
    assert cli().code == 2
    done = cli("predikt")
    assert done.code == 2
    assert "predikt" in done.err
    assert "Traceback" not in done.err


def test_help_does_not_wait_for_torch(environment):
    check = (
        "import sys; from splicenet.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False"


def test_help_on_a_full_disk(program):
    with open("/dev/full", "w") as full:
        assert program("--help", stdout=full).sentence == "No space left on device"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(cli, monkeypatch, number):
    """SIGTERM and Ctrl-C are the same: code 130, no traceback; the old handlers come back."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    term = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("splicenet.cli.predict.open_genome", lambda *_: signal.raise_signal(number))
    done = cli("predict", "genome.fa")
    signal.signal(signal.SIGINT, before)
    assert done.code == 130
    assert done.err.strip() == "splicenet: interrupted"
    assert signal.getsignal(signal.SIGTERM) is term


def test_as_a_module_and_as_a_script(program):
    assert program("--version").out == f"splicenet, version {__version__}\n"
