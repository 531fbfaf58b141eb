"""Running the folds of a cross-validation as processes of their own."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click

from splicenet.exceptions import SplicenetError

__all__ = ["Command", "fold_lock", "run_processes"]

_LOG = "log.txt"
_PAUSE = 0.2


class Command(NamedTuple):
    """One fold's process."""

    name: str
    folder: Path
    arguments: Sequence[str]
    """Of ``splicenet``."""


@contextmanager
def fold_lock(folder: Path) -> Iterator[None]:
    """Wait until no other process works in the folder; it is the system that forgets the dead."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run_processes(
    commands: Sequence[Command], jobs: int, *, on_end: Callable[[], object] = lambda: None
) -> None:
    """Run some commands at a time; what they say goes to ``log.txt`` in their folders.

    Parameters
    ----------
    on_end
        Called when one has ended well.

    Raises
    ------
    SplicenetError
        After all have ended, if some failed.
    KeyboardInterrupt
        After those that run were told to stop, and did.
    """
    waiting, failed = list(commands), []
    running: dict[subprocess.Popen[bytes], Command] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                command = waiting.pop(0)
                running[_start(command)] = command
                click.echo(f"{command.name}: begun", err=True)
            for process in [one for one in running if one.poll() is not None]:
                command = running.pop(process)
                if process.returncode:
                    failed.append(command)
                outcome = "failed" if process.returncode else "done"
                click.echo(f"{command.name}: {outcome}", err=True)
                on_end()
            time.sleep(_PAUSE)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
    if failed:
        raise SplicenetError(
            f"{len(failed)} of {len(commands)} folds failed; {failed[0].name} says: "
            f"{_last_line(failed[0].folder / _LOG)}"
        )


def _start(command: Command) -> subprocess.Popen[bytes]:
    command.folder.mkdir(parents=True, exist_ok=True)
    with open(command.folder / _LOG, "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "splicenet", *command.arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "nothing")
