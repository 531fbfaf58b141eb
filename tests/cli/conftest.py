"""The command line, in this process and in others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest


class Result(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line of a refusal."""
        assert self.code == 2, self.err
        assert not self.out
        assert self.err.startswith("splicenet: ")
        assert self.err.count("\n") == 1
        assert self.err.endswith("\n")
        assert "Traceback" not in self.err
        return self.err.removeprefix("splicenet: ").rstrip()


@pytest.fixture
def cli(capsys):
    """``cli("predict", ...)`` runs a command here and gives its :class:`Result`."""
    from splicenet.cli.main import main

    def cli(*arguments: object) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        return Result(left.value.code, *capsys.readouterr())

    return cli


@pytest.fixture
def refused(cli, tmp_path):
    """The sentence with which a command is refused; it must leave no file but an index."""

    def files() -> set[Path]:
        return {path for path in tmp_path.rglob("*") if path.suffix not in (".fai", ".gzi")}

    def refused(*arguments: object) -> str:
        before = files()
        sentence = cli(*arguments).sentence
        assert files() == before
        return sentence

    return refused


@pytest.fixture(scope="session")
def environment(private_cache) -> dict[str, str]:
    """As users have it: standard output has a buffer, whatever this process was told."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {**kept, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@pytest.fixture
def program(environment):
    """``program("predict", ...)`` runs a command in a process of its own."""

    def program(*arguments: object, **options: object) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "splicenet", *map(str, arguments)],
            env=environment,
            text=True,
            timeout=300,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )
        return Result(done.returncode, done.stdout or "", done.stderr)

    return program


@pytest.fixture(scope="session")
def tiny_program(tiny) -> list[str]:
    """The beginning of a command line that trains the tiny network."""
    script = Path(__file__).parent / "tiny_splicenet.py"
    return [sys.executable, str(script), json.dumps(tiny)]


@pytest.fixture
def tiny_network(monkeypatch, tiny):
    """Let ``train``, in this process, make the tiny network."""
    from splicenet.model.network import NetworkConfig

    monkeypatch.setattr(
        "splicenet.cli.train.NetworkConfig",
        lambda **chosen: NetworkConfig(**{**chosen, **tiny}),
    )


@pytest.fixture(scope="session")
def quick() -> list[str]:
    """Options of a training run of seconds."""
    text = (
        "--steps 12 --length 512 --batch-tokens 1024 --learning-rate 0.01 --evaluations 2 "
        "--validation 0.02 --threads 1 --device cpu"
    )
    return text.split()
