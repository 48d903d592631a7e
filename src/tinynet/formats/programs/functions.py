"""The elementary functions in a programming language."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from inspect import getdoc
from textwrap import wrap

from tinynet.formats.programs.expressions import expression
from tinynet.formats.programs.languages import Language
from tinynet.numerics import elementary
from tinynet.numerics.definitions import definitions, needed

MAX_LINE = 100  # longest line of a comment, in characters


@dataclass(frozen=True)
class Function:
    """One function, for a template.

    comment : Lines of its comment.
    lines : Assignments, in order.
    result : Expression of the returned value.
    """

    name: str
    comment: list[str]
    parameters: tuple[str, ...]
    lines: list[str]
    result: str


def functions(names: Iterable[str], language: Language) -> Iterator[Function]:
    """Yield functions together with all functions that they call.

    A function comes after the functions that it calls.

    >>> from tinynet.formats.programs.languages import PYTHON
    >>> [function.name for function in functions(["exp"], PYTHON)]
    ['nearest', 'times_power2', 'growth', 'exp']
    """
    for name in needed(set(names)):
        parameters, cells, result = definitions()[name]
        lines = [
            f"{language.fixed.format(cell=cell)} = {expression(formula, language)}{language.end}"
            for cell, formula in cells.items()
        ]
        docstring = (getdoc(getattr(elementary, name)) or "").splitlines()
        comment = [part for line in docstring for part in wrap(line, MAX_LINE)]
        function_name = language.function_name(name)
        yield Function(function_name, comment, parameters, lines, expression(result, language))
