"""Running the folds of a cross-validation as processes of their own."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click

from splicenet.exceptions import OutputError, SplicenetError
from splicenet.genome.output import atomic

__all__ = ["Command", "claim_folder", "fold_arguments", "fold_lock", "run_processes"]

_LOG = "log.txt"
_PAUSE = 0.2
_NOT_PASSED = ("fold", "only_list", "jobs", "threads", "help")


class Command(NamedTuple):
    """One fold's process."""

    name: str
    folder: Path
    arguments: Sequence[str]
    """Of ``splicenet``."""


def claim_folder(folder: Path, about: Mapping[str, Any]) -> None:
    """Make the folder of a cross-validation, or check that what lies there was made alike.

    Parameters
    ----------
    about
        Everything that its results depend on, for ``crossval.json``.

    Raises
    ------
    OutputError
        If the folder cannot be made or read.
    SplicenetError
        If it holds folds of another cross-validation.
    """
    about = json.loads(json.dumps(about))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"this folder cannot be made ({error.strerror})", path=folder) from error
    path = folder / "crossval.json"
    if not path.exists():
        with atomic(path) as file:
            json.dump(about, file, indent=1)
        return
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OutputError("this cannot be read; choose another folder", path=path) from error
    changed = [name for name in about if about[name] != before.get(name)]
    if changed:
        raise SplicenetError(
            f"it holds folds of another {' and '.join(changed)}; choose another folder, or repeat "
            "the command that began it",
            path=folder,
        )


@contextmanager
def fold_lock(folder: Path) -> Iterator[None]:
    """Wait until no other process works in the folder; it is the system that forgets the dead."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fold_arguments(fold: str, threads: int, context: click.Context) -> list[str]:
    """The arguments of ``crossval``, whose context it is, for one of its folds alone."""
    arguments = ["crossval", context.params["samplesheet"], "--fold", fold]
    for option in context.command.params:
        name, value = str(option.name), context.params[str(option.name)]
        if isinstance(option, click.Option) and name not in _NOT_PASSED and value is not None:
            if option.is_flag:
                flag = option.opts[0] if value else next(iter(option.secondary_opts), None)
                arguments += [flag] if flag else []
            else:
                for one in value if option.multiple else [value]:
                    arguments += [option.opts[-1], str(one)]
    return [*arguments, "--threads", str(threads)]


def run_processes(
    commands: Sequence[Command], jobs: int, *, on_end: Callable[[], object] = lambda: None
) -> None:
    """Run some commands at a time; what they say goes to ``log.txt`` in their folders.

    Parameters
    ----------
    on_end
        Called when one has ended, well or not.

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
