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
NAMES = cli.list_commands(click.Context(cli))


@pytest.fixture(autouse=True)
def models(monkeypatch, tmp_path):
    """A folder with every model of one's own that the pages name: that one is there is asked."""
    monkeypatch.chdir(tmp_path)
    for page in PAGES:
        for name in re.findall(r"\b(\w+\.splicenet)\b", page.read_text(encoding="utf-8")):
            (tmp_path / name).touch()


def understood(line: str) -> None:
    """Parse a command line up to its pipe or redirection, options and values; run nothing."""
    words = shlex.split(line, comments=True)[1:]
    end = next((place for place, word in enumerate(words) if word in ("|", ">")), len(words))
    name, *arguments = words[:end]
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
    shown = [one for line in lines for one in re.split(r"; (?=splicenet )", line)]
    for line in shown:
        if line.startswith("splicenet ") and not line.startswith("splicenet --help"):
            understood(line)


@pytest.mark.parametrize("name", NAMES)
def test_examples_of_help(name):
    command = cli.get_command(click.Context(cli), name)
    examples = re.findall(r"^ *(splicenet .*(?:\\\n.*)*)", command.help or "", re.M)
    assert examples, f"splicenet {name} --help shows no example"
    for line in examples:
        understood(line.replace("\\\n", " "))
