"""The commands that pages and help show are commands that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from splicenet.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = r"(?:\S.*\| *)?splicenet "
"""How a line begins that shows a command, by itself or at the end of a pipe."""
NAMES = cli.list_commands(click.Context(cli))


@pytest.fixture(autouse=True)
def models(monkeypatch, tmp_path):
    """A folder with every model of one's own that the pages name: that one is there is asked."""
    monkeypatch.chdir(tmp_path)
    for page in PAGES:
        for name in re.findall(r"\b(\w+\.splicenet)\b", page.read_text(encoding="utf-8")):
            (tmp_path / name).touch()


def commands(line: str) -> list[list[str]]:
    """The words behind ``splicenet`` of each of its commands between the pipes of a line."""
    found: list[list[str]] = [[]]
    for word in shlex.split(line.replace("; ", " ; "), comments=True):
        if word in ("|", ";"):
            found.append([])
        else:
            found[-1].append(word)
    return [words[1:] for words in found if words[:1] == ["splicenet"]]


def understood(line: str) -> None:
    """Parse the options and values of a line's commands up to a redirection; run nothing."""
    for words in commands(line):
        parsed(words[: words.index(">")] if ">" in words else words, line)


def parsed(words: list[str], line: str) -> None:
    name, *arguments = words
    context = click.Context(cli, info_name="splicenet")
    command = cli.get_command(context, name)
    assert command is not None, line
    try:
        command.make_context(name, arguments, parent=context)
    except click.ClickException as error:
        pytest.fail(f"{line}: {error.format_message()}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_a_page(page):
    blocks = re.findall(r"^```\w*\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    for line in lines:
        if re.match(SHOWN, line) and not line.startswith("splicenet --help"):
            understood(line)


@pytest.mark.parametrize("name", NAMES)
def test_examples_of_help(name):
    command = cli.get_command(click.Context(cli), name)
    examples = re.findall(rf"^ *({SHOWN}.*(?:\\\n.*)*)", command.help or "", re.M)
    assert examples, f"splicenet {name} --help shows no example"
    for line in examples:
        understood(line.replace("\\\n", " "))
