"""The part of a program that turns a row of a table into the inputs of the network."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tinynet.core.formulas import Formula
from tinynet.data.encoding import DATE, InputColumn
from tinynet.data.examples import Examples
from tinynet.data.missing import MISSING_NUMBERS, MISSING_WORDS
from tinynet.data.scaling import Scaling
from tinynet.data.written_numbers import PLAIN, WORD_NUMBER
from tinynet.formats.programs.comments import quoted
from tinynet.formats.programs.expressions import array_literal, expression
from tinynet.formats.programs.languages import Language


class Cell(NamedTuple):
    """The cell of a column, for a template.

    name : Literal of the name of the column.
    words : Literals of the categories, or of the parts of a date.
    """

    kind: str
    name: str
    words: list[str]


class Value(NamedTuple):
    """A number before scaling: its expression, and its name for a comment."""

    expression: str
    comment: str


@dataclass(frozen=True)
class TableRows:
    """The rows of a table, for a template.

    cells : The cells of a row.
    size : Number of numbers that a row becomes: the parts of a date are several.
    categories : Number of the cell, code and literal of each category.
    values : The numbers before scaling.
    scaling, target_scaling : Literals of the ranges.
    fills : Whether missing cells are filled in.
    missing_numbers, missing_words : Literals of the words for missing cells.
    number, date : Regular expressions.
    word_number : Regular expression of a number that is a word: its sign, whole part and fraction.
    """

    cells: list[Cell]
    size: int
    categories: list[tuple[int, str, str]]
    values: list[Value]
    scaling: dict[str, str]
    target_scaling: dict[str, str] | None
    fills: bool
    missing_numbers: list[str]
    missing_words: list[str]
    number: str = PLAIN.pattern
    date: str = DATE.pattern
    word_number: str = WORD_NUMBER.pattern

    @property
    def kinds(self) -> set[str]:
        """The kinds of the columns."""
        return {cell.kind for cell in self.cells}


def table_rows(examples: Examples, language: Language) -> TableRows | None:
    """Return the rows of a table, or None for examples that are not from a table."""
    scaling = examples.scaling
    if scaling is None:
        return None
    columns, text = examples.table_encoding.columns, language.text
    formulas, categories, size = [], [], 0
    for column in columns:
        formulas += [*_values(column, size)]
        if column.kind == "category":
            words = enumerate(column.values)
            categories += [(size, language.literal(k), text(word)) for k, word in words]
        size += _size(column)
    values = [
        Value(expression(formula, language), quoted(name))
        for formula, name in zip(formulas, scaling.columns, strict=True)
    ]
    return TableRows(
        [Cell(c.kind, text(c.name), list(map(text, c.values))) for c in columns],
        size,
        categories,
        values,
        ranges(scaling, language),
        None if examples.target_scaling is None else ranges(examples.target_scaling, language),
        scaling.fill is not None,
        list(map(text, ("", *MISSING_NUMBERS))),
        list(map(text, ("", *MISSING_WORDS))),
    )


def _size(column: InputColumn) -> int:
    """Return the number of numbers that the cell of a column becomes."""
    return len(column.values) if column.kind == "date" else 1


def _values(column: InputColumn, first: int) -> Iterator[Formula]:
    """Yield the formula of each value of a column before scaling. A missing cell is NaN.

    first : Number of the first cell of the column.
    """
    cell = f"cells[{first}]"
    is_present = ("==", cell, cell)  # only NaN differs from itself
    if column.kind == "category":
        for code in range(len(column.values)):
            value = ("select", ("==", cell, float(code)), 1.0, 0.0)
            yield value if column.flag else ("select", is_present, value, cell)
    else:
        yield from (f"cells[{first + k}]" for k in range(_size(column)))
    if column.flag:
        yield ("select", is_present, 0.0, 1.0)


def ranges(scaling: Scaling, language: Language) -> dict[str, str]:
    """Return the ranges of the columns as array literals: `low`, `high`, and `fill` if missing numbers are filled in."""
    numbers = {"low": scaling.low, "high": scaling.high}
    numbers |= {} if scaling.fill is None else {"fill": scaling.fill}
    return {name: array_literal(np.array(values), language) for name, values in numbers.items()}
