"""Check that every module, function and file in the documentation exists."""

import importlib
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md"))])
DOTTED = re.compile(r"(?<![\w./@\"-])(?:tinynet|tn)((?:\.[A-Za-z_]\w*)+)")
IMPORTED = re.compile(r"^ *from tinynet((?:\.\w+)*) import ([\w, ]+)", re.M)
CODE_FILE = re.compile(
    r"(?<![\w/.*-])(?:[\w.-]+/)*[\w-]+\.(?:py|ts|c)\b(?!\w)|(?<![\w/.*-])(?:web/)?src/[\w./-]*\w/?"
)
FOLDER = re.compile(r"`((?:src|web|tests|docs|benchmarks|notebooks)/[\w./-]*)`")
# the examples in the documentation write these files
WRITTEN_BY_EXAMPLES = {"network.py"}


@cache
def tracked():
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listing.stdout.splitlines()


def exists(path):
    """Return whether the path of a tracked file equals or ends with this path."""
    path = path.rstrip("/")
    return any(f"/{name}".endswith(f"/{path}") or f"/{path}/" in f"/{name}" for name in tracked())


def missing_name(name):
    """Return whether `tinynet` has no attribute or module with this dotted name."""
    found = importlib.import_module("tinynet")
    parts = name.strip(".").split(".")
    for number, part in enumerate(parts, 1):
        if not hasattr(found, part):
            try:
                found = importlib.import_module(".".join(["tinynet", *parts[:number]]))
            except ImportError:
                return True
        else:
            found = getattr(found, part)
    return False


def names_in(text):
    yield from (match[1] for match in DOTTED.finditer(text))
    for module, names in IMPORTED.findall(text):
        yield from (f"{module}.{name.strip()}" for name in names.split(","))


def without_blocks(text):
    return re.sub(r"```.*?```", "", text, flags=re.S)


@pytest.mark.torch
@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_python_name_in_the_docs_exists(page):
    names = set(names_in(page.read_text()))
    assert sorted(name for name in names if missing_name(name)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_file_in_the_docs_exists(page):
    text = without_blocks(page.read_text())
    paths = {match[0] for match in CODE_FILE.finditer(text)} | set(FOLDER.findall(text))
    assert sorted(path for path in paths - WRITTEN_BY_EXAMPLES if not exists(path)) == []


def anchors(text):
    """Return the anchors of the headings, as on GitHub."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(text), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_and_a_heading(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_blocks(page.read_text())):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        linked = page.parent / path if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked.read_text()), target


def test_a_missing_name_in_the_docs_is_detected():
    assert not missing_name("experiments.shards.Shard")
    assert missing_name("experiments.shards.Block")
    assert missing_name("no_such_module")
    assert list(names_in("`tinynet.watch` and `tn.plots.save(ax)`")) == [".watch", ".plots.save"]
    assert list(names_in("from tinynet.data import probes, world")) == [
        ".data",
        ".data.probes",
        ".data.world",
    ]


def test_a_missing_file_in_the_docs_is_detected():
    text = "`kernels/emit.py`, `printing.py`, `src/tinynet/core/` and `web/src/nowhere`"
    paths = [match[0] for match in CODE_FILE.finditer(text)]
    assert paths == ["kernels/emit.py", "printing.py", "src/tinynet/core/", "web/src/nowhere"]
    assert [exists(path) for path in paths] == [True, False, True, False]
