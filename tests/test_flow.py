"""The data flow is the file list: a module imports only from its left."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "tinynet"
FLOW = [
    "errors",
    "extras",
    "primitives",
    "elementary",
    "definitions",
    "assembly",
    "library",
    "arrays",
    "recipe",
    "draws",
    "files",
    "scaling",
    "examples",
    "pictures",
    "columns",
    "tables",
    "images",
    "splits",
    "experiments",
    "world",
    "bayes",
    "architecture",
    "notebook",
    "network",
    "formulas",
    "sheet",
    "notation",
    "explain",
    "rewriting",
    "arithmetic",
    "printing",
    "rolled",
    "starts",
    "showing",
    "losses",
    "stopping",
    "shown_in_lanes",
    "lockstep",
    "recorder",
    "moment",
    "recording",
    "watched",
    "training",
    "judging",
    "calibration",
    "scores",
    "fits",
    "symmetry",
    "floors",
    "exam",
    "parts",
    "cohorts",
    "populations",
    "ladder",
    "trials",
    "tallies",
    "blocks",
    "store",
    "executors",
    "sweeps",
    "estimates",
    "diagnosis",
    "plots",
    "learners",
    "runbook",
    "machine",
    "story",
    "questions",
    "report",
    "terminal",
    "wire",
    "wire_seeds",
    "wire_learner",
    "wire_table",
    "bridges",
    "guard",
    "server",
    "cli",
]
# Where a noun's own method leads further: what it needs is imported when it is called.
DOORS = {
    "parts": {"report"},  # a chapter shows itself in a notebook
    "examples": {"tables", "images"},
    "architecture": {"network"},
    "notebook": {"bridges"},
    "network": {"bridges"},
    "recording": {"bridges", "watched"},
    "explain": {"bridges"},
}
BEHIND = {"classifier.py", "widget.py"}  # classes of other packages' kinds, imported only where asked for
HEAVY = {
    "pyarrow",
    "distributed",
    "filelock",
    "matplotlib",
    "seaborn",
    "pandas",
    "torch",
    "jinja2",
    "uvicorn",
    "rich",
    "llvmlite",
    "scipy",
    "sklearn",
    "anywidget",
    "onnx",
    "xlsxwriter",
    "fpdf",
    "PIL",
}


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "tinynet":
                yield from (f"tinynet.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def room(module):
    """The files of a module: one, or a folder of them."""
    folder = SOURCE / module
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [SOURCE / f"{module}.py"]


def test_every_module_has_its_place():
    found = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in SOURCE.rglob("*.py")}
    assert found - {"__init__"} == set(FLOW)


@pytest.mark.parametrize("module", FLOW)
def test_a_module_imports_only_from_its_left(module):
    used = {
        name.split(".")[1]
        for path in room(module)
        for name in imports(ast.parse(path.read_text()))
        if name.startswith("tinynet.")
    } & set(FLOW) - {module}
    assert {name for name in used if FLOW.index(name) >= FLOW.index(module)} <= DOORS.get(module, set())


@pytest.mark.parametrize("module", FLOW)
def test_heavy_packages_are_imported_where_they_are_used(module):
    for path in room(module):
        if path.name in BEHIND:
            continue
        tree = ast.parse(path.read_text())
        top = ast.Module([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], [])
        assert not {name.split(".")[0] for name in imports(top)} & HEAVY
