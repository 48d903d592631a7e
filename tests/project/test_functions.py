"""Functions are short. A function of more than 50 lines has a comment above it that begins with "Long"."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "tinynet"
MAX_LINES = 50


def long_without_reason(source):
    """Yield the functions of more than 50 lines without a reason."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min(part.lineno for part in (node, *node.decorator_list))
            reason = lines[first - 2].strip() if first > 1 else ""
            if node.end_lineno - node.lineno + 1 > MAX_LINES and not reason.startswith("# Long"):
                yield node.name


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_long_function_states_its_reason(path):
    assert list(long_without_reason(path.read_text())) == []


def test_a_long_function_without_a_reason_is_found():
    body = "    pass\n" * MAX_LINES
    assert list(long_without_reason(f"def f():\n{body}")) == ["f"]
    assert list(long_without_reason(f"x = 1\n@cache\nasync def f():\n{body}")) == ["f"]
    assert not list(long_without_reason(f"# Long because of its table.\n@cache\ndef f():\n{body}"))
    assert not list(long_without_reason("def f():\n" + "    pass\n" * (MAX_LINES - 1)))
