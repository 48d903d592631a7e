"""How each input column of a table is read: as numbers, categories or dates, or not at all."""

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from tinynet.data.column_roles import Roles
from tinynet.data.columns import NUMBER, Column
from tinynet.data.encoding import (
    DATE,
    PARTS,
    InputColumn,
    Kind,
    date_parts,
    missing_cells,
    unreadable_cells,
)
from tinynet.data.missing import Missing
from tinynet.data.problems import Problems
from tinynet.data.written_numbers import PLAIN, plain_number
from tinynet.errors import advice, counted
from tinynet.validation import shown

MAX_CATEGORIES = 100  # different words of a column that become inputs
MIN_WORDS = 0.1  # fraction of words in a column of words and numbers that is no column of numbers
FEW = 20  # rows of a table in which one word is more than a tenth, and may still be a mistake
MAX_WORDS = 3  # words of a column that an error lists
IDENTIFIER = re.compile(r"(?i:(.*[_ .-])?(id|index|nr|no|unnamed: 0))|.*[a-z](Id|ID)")
DROP = advice("missing", "drop", condition="To leave such rows out")
FILL_IN = (
    "Fill in the missing cells.",
    advice("missing", "mean", condition="To fill in the mean of the column"),
    DROP,
)
RULES = {"number": "not a number", "date": "not a date in the form 2021-04-03"}
OTHER_DATE = re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}( .*)?")


class Place(NamedTuple):
    """The rows of a table, for errors.

    row_unit : "line" or "row".
    row_numbers : (rows,) Number of each row.
    """

    row_unit: str
    row_numbers: np.ndarray

    def of(self, name: str, rows: np.ndarray) -> str:
        """Return the place of the first of the chosen rows."""
        return f"{self.row_unit} {self.row_numbers[int(rows.argmax())]}, column {name!r}"


class Cells(Protocol):
    """The cells of a table; see `RawTable`."""

    @property
    def place(self) -> Place: ...
    @property
    def roles(self) -> Roles: ...
    @property
    def problems(self) -> Problems: ...


class LeftOut(NamedTuple):
    """The columns that are left out.

    reasons : Names of the columns by the reason.
    constants : Value of each constant column, by name; "" for an empty column.
    """

    reasons: dict[str, list[str]]
    constants: dict[str, str]


def input_column(
    column: Column, table: Cells, missing: Missing | None, left_out: LeftOut
) -> InputColumn | None:
    """Return how a column becomes inputs, or None for a column that is left out.

    table : The table, whose problems receive the cells that cannot be read.
    missing : How missing cells are treated; None refuses them.
    left_out : Receives a column that is left out.
    """
    kind: Kind = "category" if column.name in table.roles.categories else kind_of(column)
    column = column.as_words() if kind == "category" else column
    is_missing = missing_cells(column, kind)
    if not _check_cells(column, kind, ~is_missing, table):
        return None
    reason = reason_to_leave_out(column, kind, is_missing)
    if reason is not None and (table.roles.selects or is_missing.all()):
        left_out.reasons.setdefault(reason, []).append(column.name)
        value = constant_value(column, kind, is_missing)
        if value is not None:
            left_out.constants[column.name] = value
        return None
    if is_missing.any() and missing is None:
        add_missing(column, is_missing, table.place, table.problems, *FILL_IN)
    flag = bool(is_missing.any()) and missing == "flag"
    return InputColumn(column.name, kind, _values(column[~is_missing], kind), flag, column.sign)


def kind_of(column: Column) -> Kind:
    """Return the kind of a column.

    A column in which at least half of the cells are written like dates holds dates. Another column with words and
    numbers holds categories if at least a tenth of its cells are words. With fewer words it is a column of numbers, and
    the words are mistakes.
    """
    missing = missing_cells(column, "number")
    words = column.is_word(column.words) & ~missing
    if not words.any() or column.mixed_signs:
        return "number"
    dates = column.is_word(filter(_is_like_date, present_words(column, words)))
    count, numbers = int(words.sum()), int((column.codes == NUMBER).sum())
    if 2 * dates.sum() >= count + numbers:
        return "date"
    if numbers and (count < MIN_WORDS * (numbers + count) or len(words) <= FEW):
        return "number"
    return "category"


def _is_like_date(word: str) -> bool:
    return bool(DATE.fullmatch(word) or OTHER_DATE.fullmatch(word))


def present_words(column: Column, rows: np.ndarray) -> list[str]:
    """Return the different words of the chosen rows, in the order of `column.words`."""
    return [column.words[code] for code in np.unique(column.codes[rows]) if code >= 0]


def _values(column: Column, kind: Kind) -> tuple[str, ...]:
    """Return the categories, or the parts of the dates that are not the same in every row."""
    if kind == "number":
        return ()
    words = present_words(column, np.ones(len(column), bool))
    if kind == "category":
        return tuple(in_order(words))
    parts = np.array([date_parts(word) for word in words])
    return tuple(part for k, part in enumerate(PARTS) if len(np.unique(parts[:, k])) > 1) or ("year",)


def in_order(words: Sequence[str]) -> list[str]:
    """Return words by number if all are numbers, else in alphabetical order.

    >>> in_order(["10", "2"]), in_order(["b", "2", "a"])
    (['2', '10'], ['2', 'a', 'b'])
    """
    numbers = {word: plain_number(word) for word in words}
    if None in numbers.values():
        return sorted(words)
    return sorted(words, key=lambda word: numbers[word] or 0.0)


def _check_cells(column: Column, kind: Kind, present: np.ndarray, table: Cells) -> bool:
    """Return whether every present cell of a column can be read. Other cells are added to the problems."""
    wrong = unreadable_cells(column, kind) & present
    if wrong.any():
        category = advice("categories", [column.name], condition="If the column holds categories")
        ignored = advice("ignore", [column.name], condition="To leave the column out")
        add_words(column, wrong, table.place, table.problems, kind, ignored, category)
    return not wrong.any()


def add_words(
    column: Column, wrong: np.ndarray, place: Place, problems: Problems, kind: Kind = "number", *advised: str
) -> None:
    """Add the words in a column of numbers, or the other words in a column of dates, to the problems.

    wrong : (rows,) Whether each cell is such a word.
    advised : Sentences of advice.
    """
    column = column if kind == "number" else column.as_words()
    words, rule = present_words(column, wrong), RULES[kind]
    for word in words[:MAX_WORDS]:
        what = rule
        if word.lower().lstrip("+-") in ("inf", "infinity"):
            what = "not finite"
        elif PLAIN.fullmatch(word) and plain_number(word) is None and kind == "number":
            what = "too large"
        rows = column.is_word([word]) & wrong
        problems.add(place.of(column.name, rows), f"{shown(word)} is {what}.", "Correct the cell.", *advised)
    others = words[MAX_WORDS:]
    if others:
        are, cells = "is" if len(others) == 1 else "are", int((column.is_word(others) & wrong).sum())
        found = f"{counted(len(others), 'other word')} in {cells:,} of {len(column):,} cells {are} {rule}."
        problems.add(f"column {column.name!r}", found)


def add_missing(column: Column, missing: np.ndarray, place: Place, problems: Problems, *advised: str) -> None:
    """Add the missing cells of a column to the problems."""
    count, row = int(missing.sum()), int(missing.argmax())
    word = column.words[column.codes[row]] if column.codes[row] >= 0 else ""
    found = f"{shown(word)} is a missing value." if word else "the cell is empty."
    if count > 1:
        found += f" {count:,} of the {len(column):,} cells of the column are missing."
    problems.add(place.of(column.name, missing), found, *advised)


def reason_to_leave_out(column: Column, kind: Kind, missing: np.ndarray) -> str | None:
    """Return why a column is no input: it is empty, constant, or different in every row; else None."""
    value = constant_value(column, kind, missing)
    if value is not None:
        text = shown(float(value)) if value and kind == "number" else repr(value)
        return f"{text} in every row" if value else "empty"
    present = column[~missing]
    if kind == "number":
        is_different = len(np.unique(present.numbers)) == len(column) > 1
        whole = bool((present.numbers == np.round(present.numbers)).all())
        return (
            "different in every row" if is_different and whole and IDENTIFIER.fullmatch(column.name) else None
        )
    words = present_words(present, np.ones(len(present), bool))
    if kind == "date":
        return None
    if len(words) == len(present) > 1:
        return "different in every row"
    if len(words) > MAX_CATEGORIES:
        return f"text with {len(words):,} different words (at most {MAX_CATEGORIES} are categories)"
    return None


def constant_value(column: Column, kind: Kind, missing: np.ndarray) -> str | None:
    """Return the value of a constant column as text, "" for an empty column, and None for other columns."""
    if missing.all():
        return ""
    if missing.any():
        return None
    if kind == "number":
        values = np.unique(column.numbers)
        return repr(float(values[0])) if len(values) == 1 else None
    words = present_words(column, np.ones(len(column), bool))
    return words[0] if len(words) == 1 else None
