"""The ``splicenet`` command, and the one place where errors become sentences."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from splicenet._version import __version__
from splicenet.exceptions import SplicenetError

__all__ = ["cli", "main"]

_BAD_INPUT = 2
_INTERRUPTED = 130


class _Commands(click.Group):
    """Loads a command when it is asked for: importing torch takes seconds, help should not."""

    _HELP = {
        "train": "Train a model on a genome with its annotation, its spliced reads, or both.",
        "predict": "Write the splice sites of a genome, both strands.",
        "evaluate": "Compare predictions with an annotation.",
        "adapt": "Teach a model a species of which little is known.",
        "crossval": "Train without each species in turn, and judge the model on that one.",
        "pretrain": "Let a network learn from bare genomes to tell the next base.",
        "phylogeny": "Build a tree of genomes from what a pretrained network reads in them.",
        "diagnose": "Say what keeps a model from learning, and what to try next.",
        "probe": "Say whether a model knows which species it reads.",
        "variants": "Score what variants do to splicing.",
        "mutscan": "Score every single-base change of regions or genes.",
        "mutate": "Try changes of a sequence, alone or in pairs, and compare with an experiment.",
        "explain": "Show what the network reads at splice sites, and the motifs in it.",
        "draw": "Draw a gene with its annotated transcripts and its predicted sites.",
        "junctions": "Score the junctions of spliced reads, and clean the reads of spurious ones.",
        "introns": "Write the introns of a genome, single or chained to transcripts.",
        "models": "List the models that come with splicenet, with their AUPRC.",
    }

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self._HELP)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self._HELP:
            return None
        command = getattr(import_module(f"splicenet.cli.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except BrokenPipeError:  # the reader has had enough, as `| head` does
            return _discard_output()

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self._HELP.items()))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="splicenet")
def cli() -> None:
    """Label splice sites with a recurrent network trained on your genome.

    \b
    splicenet train --fasta genome.fa --annotation genes.gtf -o model.splicenet
    splicenet predict genome.fa -m model.splicenet -o sites.bed
    splicenet evaluate -m model.splicenet --fasta genome.fa --annotation genes.gtf
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 well done, 2 bad input, 130 interrupted."""
    with _terminable():
        sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        cli.main(arguments, prog_name="splicenet", standalone_mode=False)
    except SplicenetError as error:
        click.echo(f"splicenet: {error}", err=True)
        _flush_output()
        return _BAD_INPUT
    except OSError as error:  # even help can meet a full disk
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"splicenet: {place}{error.strerror or error}", err=True)
        _flush_output()
        return _BAD_INPUT
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("splicenet: interrupted", err=True)
        return _INTERRUPTED
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error):
            raise
        click.echo(
            "splicenet: the memory does not suffice; read less at once (--batch-tokens, and"
            " --length of training, where the command has them), or give it more",
            err=True,
        )
        return _BAD_INPUT
    return 0


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does, so that nothing half-written stays behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _flush_output() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        _discard_output()


def _discard_output() -> None:
    """Spare the interpreter, which flushes at its end, a second complaint."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
