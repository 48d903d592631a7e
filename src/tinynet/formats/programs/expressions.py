"""Formulas and arrays as expressions of a programming language."""

from collections.abc import Callable
from textwrap import indent, wrap

import numpy as np

from tinynet.formats.programs.languages import Language
from tinynet.numerics.definitions import Formula

MAX_LINE = 80  # characters of a line of numbers
PRECEDENCE = {"select": 0, "<": 1, ">": 1, "==": 1, "+": 2, "-": 2, "*": 3, "/": 3, "neg": 4}


def expression(
    formula: Formula, language: Language, variable: Callable[[str], str] = str, context: int = 0
) -> str:
    """Return a formula as an expression that computes in order.

    The order of the operations is that of the formula.

    variable : Returns the variable of a cell.
    context : The expression is put in parentheses unless its precedence is at least this.

    >>> from tinynet.formats.programs.languages import PYTHON
    >>> expression(("-", ("+", "x", 0.5), ("*", ("neg", "y"), ("exp", "x"))), PYTHON)
    '(x + 0.5) - -y * exp(x)'
    """
    if isinstance(formula, str):
        return variable(formula)
    if not isinstance(formula, tuple):
        return language.literal(formula)
    operation, *parts = formula
    if len(parts) == 1 and operation in ("+", "max"):
        return expression(parts[0], language, variable, context)
    precedence = PRECEDENCE.get(operation, -1)
    operands = [expression(part, language, variable, precedence + 1) for part in parts]
    if operation not in PRECEDENCE:
        return f"{language.function_name(operation)}({', '.join(operands)})"
    text = _operation(operation, operands, language)
    return f"({text})" if precedence < context else text


def _operation(operation: str, operands: list[str], language: Language) -> str:
    if operation == "neg":
        return f"-{operands[0]}"
    if operation == "select":
        return language.select.format(*operands)
    return f" {operation} ".join(operands)


def array_literal(array: np.ndarray, language: Language) -> str:
    """Return an array as a literal.

    Each row of weights is on its own lines of up to 80 characters.
    """
    opening, closing = language.brackets
    if array.ndim == 2:
        text = ",\n".join(array_literal(row, language) for row in array)
    else:
        text = ", ".join(map(language.literal, array))
        if len(text) <= MAX_LINE:
            return f"{opening}{text}{closing}"
        text = "\n".join(wrap(text, MAX_LINE))
    return f"{opening}\n{indent(text, language.step)}\n{closing}"
