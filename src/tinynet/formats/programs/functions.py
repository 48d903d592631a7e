"""The functions of `elementary` in a programming language, for programs that contain them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from inspect import getdoc
from textwrap import wrap

from tinynet.formats.programs.expressions import expression
from tinynet.formats.programs.languages import Language
from tinynet.numerics import elementary
from tinynet.numerics.definitions import definitions, needed

WIDTH = 100  # of a line for the reader


@dataclass(frozen=True)
class Function:
    """One function, ready for a template.

    about : lines for the reader.
    lines : the assignments, in order.
    result : the expression that it returns.
    """

    name: str
    about: list[str]
    parameters: tuple[str, ...]
    lines: list[str]
    result: str


def functions(names: Iterable[str], language: Language) -> Iterator[Function]:
    """Yield these functions and all that they call, each after those that it calls.

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
        lines_about = (getdoc(getattr(elementary, name)) or "").splitlines()
        about = [part for line in lines_about for part in wrap(line, WIDTH)]
        yield Function(language.called(name), about, parameters, lines, expression(result, language))
