"""Formulas as expressions of a programming language."""

from collections.abc import Callable

from tinynet.formats.programs.languages import Language
from tinynet.numerics.definitions import Formula

BINDS = {"select": 0, "<": 1, ">": 1, "==": 1, "+": 2, "-": 2, "*": 3, "/": 3, "neg": 4}  # the tightest last


def expression(
    formula: Formula, language: Language, named: Callable[[str], str] = str, least: int = 0
) -> str:
    """Return a formula as an expression, in the order of the formula.

    named : what the language calls a cell.
    least : the expression stands in parentheses if it binds less tightly than this, as `BINDS` says.

    >>> from tinynet.formats.programs.languages import PYTHON
    >>> expression(("-", ("+", "x", 0.5), ("*", ("neg", "y"), ("exp", "x"))), PYTHON)
    '(x + 0.5) - -y * exp(x)'
    """
    if isinstance(formula, str):
        return named(formula)
    if not isinstance(formula, tuple):
        return language.literal(formula)
    operation, *parts = formula
    if len(parts) == 1 and operation in ("+", "max"):
        return expression(parts[0], language, named, least)
    inner = BINDS.get(operation, -1) + 1
    sides = [expression(part, language, named, inner) for part in parts]
    if operation not in BINDS:
        return f"{language.called(operation)}({', '.join(sides)})"
    text = _joined(operation, sides, language)
    return f"({text})" if inner <= least else text


def _joined(operation: str, sides: list[str], language: Language) -> str:
    if operation == "neg":
        return f"-{sides[0]}"
    if operation == "select":
        return language.select.format(*sides)
    return f" {operation} ".join(sides)
