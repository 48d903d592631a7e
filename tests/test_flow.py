"""The data flow is the file list: a module imports only from its left."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "tinynet"
FLOW = [
    "errors",
    "recipe",
    "shuffle",
    "files",
    "pictures",
    "network",
    "formulas",
    "sheet",
    "notation",
    "explain",
    "kernel",
    "moment",
    "recording",
    "training",
    "judging",
    "populations",
    "diagnosis",
    "plots",
    "machine",
    "story",
    "report",
    "terminal",
    "cli",
]
HEAVY = {"matplotlib", "seaborn", "pandas", "torch", "jinja2", "rich", "numba", "scipy"}


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "tinynet":
                yield from (f"tinynet.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_every_module_has_its_place():
    assert sorted(path.stem for path in SOURCE.glob("*.py") if path.stem != "__init__") == sorted(FLOW)


@pytest.mark.parametrize("module", FLOW)
def test_a_module_imports_only_from_its_left(module):
    tree = ast.parse((SOURCE / f"{module}.py").read_text())
    used = {name.split(".")[1] for name in imports(tree) if name.startswith("tinynet.")} & set(FLOW)
    allowed = {"report"} if module == "story" else set()  # a chapter shows itself in a notebook
    assert {name for name in used if FLOW.index(name) >= FLOW.index(module)} <= allowed


@pytest.mark.parametrize("module", FLOW)
def test_heavy_packages_are_imported_where_they_are_used(module):
    tree = ast.parse((SOURCE / f"{module}.py").read_text())
    top = ast.Module([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], [])
    assert not {name.split(".")[0] for name in imports(top)} & HEAVY
