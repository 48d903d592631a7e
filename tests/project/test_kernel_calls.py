"""Only `numerics/kernel.py` calls compiled functions and takes the addresses of arrays."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "tinynet"
ADDRESSES = {"ctypes", "__array_interface__", "__array_struct__", "_as_parameter_", "ctypeslib"}


def breaches(tree):
    """Return what a module does that only `numerics/kernel.py` may do."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ADDRESSES:
            yield f"line {node.lineno}: .{node.attr}"
        if isinstance(node, ast.Import) and any(name.name.split(".")[0] == "ctypes" for name in node.names):
            yield f"line {node.lineno}: import ctypes"
        if isinstance(node, ast.ImportFrom) and node.module == "ctypes":
            yield f"line {node.lineno}: import of ctypes"
        if isinstance(node, ast.ImportFrom) and node.module == "tinynet.numerics.llvm":
            names = {name.name for name in node.names} & {"compiled", "_compiled"}
            yield from (f"line {node.lineno}: import of {name}" for name in names)


def test_only_one_module_calls_compiled_functions():
    found = {
        str(path.relative_to(SOURCE)): list(breaches(ast.parse(path.read_text())))
        for path in SOURCE.rglob("*.py")
    }
    calls = {name: each for name, each in found.items() if each}
    assert sorted(calls) == ["numerics/kernel.py", "numerics/llvm.py"]
    assert [text.partition(": ")[2] for text in calls["numerics/llvm.py"]] == ["import ctypes"]


@pytest.mark.parametrize(
    "text",
    ["x.ctypes.data", "x.__array_interface__", "import ctypes", "from ctypes import c_void_p", "np.ctypeslib",
     "from tinynet.numerics.llvm import Function, compiled"],
)  # fmt: skip
def test_every_way_around_is_found(text):
    assert len(list(breaches(ast.parse(text)))) == 1
