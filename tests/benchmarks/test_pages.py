"""README's two tables of what ships were measured of these very files; what pages name is there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    path
    for folder in (ROOT, *(ROOT / name for name in ("docs", "benchmarks", "data")))
    for path in sorted(folder.glob("*.md"))
]
BASES = 4_000_000


@pytest.fixture
def shipped(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("shipped")


def measured(shipped, name: str, bases: int | None) -> pd.DataFrame:
    """The rows of a table that are of the weights in the package; every case must have one."""
    wanted = pd.DataFrame(shipped.cases(bases))
    table = pd.read_csv(ROOT / "benchmarks" / "results" / name, sep="\t")
    found = table.astype({"test_bases": str}).merge(wanted.astype({"test_bases": str}))
    missing = set(wanted["method"]) - set(found["method"])
    assert len(found) == len(wanted), f"python benchmarks/shipped.py has not judged {missing}"
    return found


def test_the_tables_of_the_shipped_models(shipped):
    table = measured(shipped, "shipped.tsv", BASES)
    whole = measured(shipped, "shipped_whole.tsv", None)
    rows = shipped.markdown(table, whole, BASES).splitlines()
    assert len(rows) == 2 * (2 + 9) + 1
    text = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert not [row for row in rows if row not in text]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_points_to_is_there(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    named = re.findall(r"`((?:benchmarks|docs|data|tests)/[\w./-]+\.\w+)`", text)
    files = [page.parent / link for link in links if "://" not in link]
    assert not [str(file) for file in (*files, *(ROOT / one for one in named)) if not file.exists()]
