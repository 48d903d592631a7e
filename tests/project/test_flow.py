"""Check the layout of the packages: the direction of imports, circles, and late imports."""

import ast
import graphlib
import re
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "tinynet"
# a module or package imports only from earlier entries of this list
ORDER = [
    "errors",
    "version",
    "validation",
    "signatures",
    "plugins",
    "templates",
    "files",
    "numerics",
    "recipe",
    "rng",
    "core",
    "data",
    "formats",
    "kernels",
    "model",
    "training",
    "evaluation",
    "integrations",
    "experiments",
    "plots",
    "story",
    "lab",
    "exports",
    "cli",
    "__main__",
]
CORE_MAY_IMPORT = {"core", "errors", "validation", "signatures", "recipe", "numerics"}
# These classes inherit from heavy packages. They are imported only when a user asks for them.
OPTIONAL_BASES = {
    "integrations/sklearn/classifier.py",
    "integrations/sklearn/estimator.py",
    "integrations/sklearn/regressor.py",
    "lab/http/protocol.py",
    "lab/notebook/widget.py",
}
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
FILES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")
PACKAGES = sorted(path.parent for path in SOURCE.rglob("*/__init__.py"))


def module_of(path):
    return ".".join(("tinynet", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {module_of(path) for path in FILES}
PLACES = MODULES | {f"tinynet.{package}" for package in ORDER}


def imports(tree):
    """Yield every imported module, also inside functions and under TYPE_CHECKING."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@cache
def graph():
    """Return the modules that each module imports."""
    return {
        module_of(path): (set(imports(ast.parse(path.read_text()))) & MODULES) - {module_of(path)}
        for path in FILES
    }


def untraced_imports(tree):
    """Yield each import that `graph` cannot trace: relative, by name, or lazy."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"line {node.lineno}: a relative import"
        elif isinstance(node, ast.ImportFrom) and node.module == "tinynet":
            names = {alias.name for alias in node.names if f"tinynet.{alias.name}" not in PLACES}
            yield from (f"line {node.lineno}: tinynet.{name}" for name in names)
        elif isinstance(node, ast.Import) and "tinynet" in {alias.name for alias in node.names}:
            yield f"line {node.lineno}: import tinynet"
        elif isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in ("import_module", "__import__"):
                yield f"line {node.lineno}: {name}"


def place(module):
    return ORDER.index(module.split(".")[1])


def test_every_module_and_package_is_in_the_order():
    found = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in FILES}
    assert found == set(ORDER)
    assert len([path for path in SOURCE.glob("*.py") if not path.name.startswith("__")]) <= 9


@pytest.mark.parametrize("name", ORDER)
def test_a_package_imports_only_from_packages_before_it(name):
    upward = {
        f"{module} imports {used}"
        for module, targets in graph().items()
        if module.split(".")[1] == name
        for used in targets
        if place(used) > place(module)
    }
    assert not upward


def test_the_imports_have_no_circle():
    """Include imports inside functions and under TYPE_CHECKING."""
    try:
        tuple(graphlib.TopologicalSorter(graph()).static_order())
    except graphlib.CycleError as error:
        pytest.fail(" imports ".join(error.args[1]))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_import_can_be_traced(path):
    """Allow the public names only in the command line, and imports by name only in `plugins`."""
    name = str(path.relative_to(SOURCE))
    found = list(untraced_imports(ast.parse(path.read_text())))
    if name == "plugins.py":
        found = [line for line in found if "import_module" not in line]
    elif name.startswith("cli/"):
        found = [line for line in found if "import tinynet" not in line]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "from .recipe import Recipe",
        "from ..cli import app",
        "def f():\n    from tinynet import train",
        "import tinynet as tn",
        "from importlib import import_module\nimport_module('tinynet.cli')",
        "import importlib\nimportlib.import_module('tinynet.cli')",
        "__import__('tinynet.cli')",
    ],
)
def test_an_import_that_cannot_be_traced_is_found(source):
    assert list(untraced_imports(ast.parse(source)))


def test_the_core_imports_only_what_its_docstring_allows():
    used = {
        target.split(".")[1]
        for module, targets in graph().items()
        if place(module) == ORDER.index("core")
        for target in targets
    }
    assert used <= CORE_MAY_IMPORT


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_package_describes_its_files(package):
    """Check that the docstring has one line for each file and folder."""
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text())) or ""
    listed = re.findall(r"^([\w.]+/?)  +\S", text, re.M)
    entries = [path for path in package.iterdir() if path.name not in ("__init__.py", "__pycache__")]
    assert sorted(listed) == sorted(f"{path.name}/" if path.is_dir() else path.name for path in entries)
    assert "must not" in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_heavy_packages_are_imported_where_they_are_used(path):
    if str(path.relative_to(SOURCE)) in OPTIONAL_BASES:
        return
    tree = ast.parse(path.read_text())
    top = ast.Module([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], [])
    assert not {name.split(".")[0] for name in imports(top)} & HEAVY
