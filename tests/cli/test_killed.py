"""Runs that are killed, interrupted and resumed, in processes of their own."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch

from splicenet.model.modelfile import load_model

STEPS = 100
KILLS = 2
LONGEST_START = 240


@pytest.fixture(scope="module")
def command(tiny_program, quick, fly_files):
    """The command line of a run that saves itself after every step."""

    def command(output: Path, *more: str) -> list[str]:
        files = ["-f", fly_files.fasta, "-a", fly_files.annotation, "-o", output]
        options = [str(STEPS) if option == "12" else option for option in quick]
        holdout = ["--holdout", "NC_004353.4:600001-620000"]
        words = ["train", *files, *options, *holdout, "--checkpoint-minutes", "0", *more]
        return [*tiny_program, *map(str, words)]

    return command


@pytest.fixture(scope="module")
def unbroken(command, environment, tmp_path_factory):
    path = tmp_path_factory.mktemp("unbroken") / "m.splicenet"
    subprocess.run(command(path), env=environment, check=True, capture_output=True)
    return load_model(path)


@pytest.fixture
def begin(command, environment):
    """Begin a run, and wait until it has made its first steps."""
    running = []

    def begin(output: Path, *more: str) -> subprocess.Popen:
        checkpoint = Path(f"{output}.checkpoint")
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        process = subprocess.Popen(
            command(output, *more),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell's background jobs ignore Ctrl-C, and so would their children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        running.append(process)
        deadline = time.monotonic() + LONGEST_START
        seen = set()
        while len(seen) < 3:
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.002)
            if checkpoint.exists() and (now := checkpoint.stat().st_mtime_ns) > before:
                seen.add(now)
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def resumed(command, environment, path: Path):
    done = subprocess.run(
        command(path, "--resume"), env=environment, capture_output=True, text=True, check=True
    )
    assert "resumed at step " in done.stderr
    return load_model(path)


def assert_same(one, other) -> None:
    mine, theirs = one.network.state_dict(), other.network.state_dict()
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert one.calibration == other.calibration
    assert (one.flank, one.threshold) == (other.flank, other.threshold)


def test_killed_again_and_again(command, begin, environment, unbroken, tmp_path):
    path = tmp_path / "m.splicenet"
    chance = random.Random(7)
    for life in range(KILLS):
        process = begin(path, *["--resume"] * bool(life))
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "the run was over too soon"
        assert not path.exists()
    assert_same(resumed(command, environment, path), unbroken)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(command, begin, environment, unbroken, tmp_path, number):
    path = tmp_path / "m.splicenet"
    process = begin(path)
    process.send_signal(number)
    _, told = process.communicate(timeout=LONGEST_START)
    assert process.returncode == 130
    assert told.endswith("splicenet: interrupted\n")
    assert "Traceback" not in told
    assert [file.name for file in tmp_path.iterdir()] == ["m.splicenet.checkpoint"]
    if number == signal.SIGINT:  # both leave the same checkpoint
        assert_same(resumed(command, environment, path), unbroken)
