"""How the columns of a table become inputs: numbers, categories and dates."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np

from tinynet.data.columns import BLANK, NUMBER, Column
from tinynet.data.missing import MISSING_CHOICES, MISSING_NUMBERS, MISSING_WORDS, Missing
from tinynet.data.written_numbers import DECIMALS, SIGNS, Decimal, plain_number
from tinynet.errors import TinyNetError
from tinynet.validation import check_choice, shown

Kind = Literal["number", "category", "date"]
KINDS: tuple[Kind, ...] = ("number", "category", "date")
PARTS = ("year", "month", "day", "weekday", "hour", "minute")  # of a date; Monday is weekday 0
DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


@dataclass(frozen=True)
class InputColumn:
    """How a column of a table becomes inputs.

    name : Name of the column.
    kind : "number" for one input, "category" for an input of 0 or 1 for each value, or "date" for its parts.
    values : Categories, or parts of the date.
    flag : Whether one more input says that the cell is missing.
    sign : The sign beside the numbers, such as %, or "".
    """

    name: str
    kind: Kind = "number"
    values: tuple[str, ...] = ()
    flag: bool = False
    sign: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(map(str, self.values)))
        check_choice("kind", self.kind, KINDS)
        check_choice("sign", self.sign, SIGNS)
        if self.kind == "date" and not set(self.values) <= set(PARTS):
            raise TinyNetError(f"column {self.name!r} has the parts {self.values}. They must be of {PARTS}.")

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs.

        >>> InputColumn("sex", "category", ("female", "male"), flag=True).inputs
        ('sex = female', 'sex = male', 'sex missing')
        """
        if self.kind == "number":
            names = [self.name]
        else:
            join = " = " if self.kind == "category" else " "
            names = [f"{self.name}{join}{value}" for value in self.values]
        return (*names, *([f"{self.name} missing"] if self.flag else []))

    def missing(self, column: Column) -> np.ndarray:
        """Return whether each cell is missing. -> (rows,)"""
        return missing_cells(self._cells(column), self.kind)

    def _cells(self, column: Column) -> Column:
        """Return the cells of the column; the numbers of categories are words."""
        return column.as_words() if self.kind == "category" else column

    def encode(self, column: Column) -> np.ndarray:
        """Return the inputs of each cell, before scaling. -> (rows, inputs)

        A missing number is NaN. A missing category is NaN, or 0 for each value beside a flag. Unknown categories are
        0 for each value.
        """
        missing = self.missing(column)
        values = _ENCODERS[self.kind](self._cells(column), self.values)
        values[missing] = 0.0 if self.flag and self.kind == "category" else np.nan
        return np.column_stack([values, missing]) if self.flag else values

    def unreadable(self, column: Column) -> np.ndarray:
        """Return whether each cell is neither missing nor of this kind. -> (rows,)"""
        return unreadable_cells(column, self.kind) & ~self.missing(column)

    def unknown(self, column: Column) -> np.ndarray:
        """Return whether each cell is a category that the training rows do not have. -> (rows,)"""
        if self.kind != "category":
            return np.zeros(len(column), bool)
        return ~self.missing(column) & ~self._cells(column).is_word(self.values)

    def to_json(self) -> dict[str, Any]:
        """Return every field by name as JSON values."""
        data = {"name": self.name, "kind": self.kind, "values": list(self.values), "flag": self.flag}
        return data | {"sign": self.sign} if self.sign else data


def missing_cells(column: Column, kind: Kind) -> np.ndarray:
    """Return whether each cell is missing. -> (rows,)

    A cell is missing if it is empty, or a word such as NA.
    """
    if kind == "category":
        words = [word for word in column.words if word in MISSING_WORDS]
    else:
        words = [word for word in column.words if word.lower() in MISSING_NUMBERS]
    return np.asarray((column.codes == BLANK) | column.is_word(words))


def unreadable_cells(column: Column, kind: Kind) -> np.ndarray:
    """Return whether each cell is neither empty nor of a kind. Words such as NA are unreadable numbers. -> (rows,)"""
    if kind == "category":
        return np.zeros(len(column), bool)
    wrong = column.is_word(word for word in column.words if kind == "number" or not is_date(word))
    return np.asarray(wrong | ((column.codes == NUMBER) & (kind == "date")))


def differs_from(column: Column, value: str) -> np.ndarray:
    """Return whether each cell has another value than a constant column. A missing cell has none. -> (rows,)"""
    present, number = ~missing_cells(column, "number"), plain_number(value)
    if number is None:
        same = column.as_words().is_word([value])
    else:
        same = (column.codes == NUMBER) & (column.numbers == number)
    return np.asarray(present & ~same)


def _numbers(column: Column, _: Sequence[str]) -> np.ndarray:
    return column.numbers[:, None].copy()


def _categories(column: Column, values: Sequence[str]) -> np.ndarray:
    """Return 1 for the value of each cell, and 0 for the others. -> (rows, values)"""
    index = {value: k for k, value in enumerate(values)}
    rows = np.array(
        [
            np.eye(len(values))[index[word]] if word in index else np.zeros(len(values))
            for word in column.words
        ]
        + [np.zeros(len(values))] * 2
    )
    return np.asarray(rows[column.codes])


def _dates(column: Column, parts: Sequence[str]) -> np.ndarray:
    """Return the parts of each date. -> (rows, parts)"""
    chosen = [PARTS.index(part) for part in parts]
    none = [np.nan] * len(parts)
    rows = [[date_parts(word)[k] for k in chosen] if DATE.fullmatch(word) else none for word in column.words]
    return np.asarray(np.array([*rows, none, none], float)[column.codes])


_ENCODERS = {"number": _numbers, "category": _categories, "date": _dates}


def date_parts(text: str) -> tuple[float, ...]:
    """Return the parts of a date.

    >>> date_parts("2021-04-03")
    (2021.0, 4.0, 3.0, 5.0, 0.0, 0.0)
    """
    when = datetime.fromisoformat(re.sub(r"([.][0-9]{6})[0-9]+", r"\1", text))
    return tuple(map(float, (when.year, when.month, when.day, when.weekday(), when.hour, when.minute)))


def is_date(text: str) -> bool:
    """Return whether a text is a date such as 2021-04-03.

    >>> is_date("2021-04-03 10:30"), is_date("2021-02-30"), is_date("3.4.2021")
    (True, False, False)
    """
    if not DATE.fullmatch(text):
        return False
    try:
        date_parts(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Encoding:
    """How the columns of a table become inputs.

    columns : The columns, in the order of the inputs.
    missing : How missing cells are treated: "drop" leaves the row out; "mean" and "flag" fill in the mean of the
        training rows, and "flag" adds an input that is 1 for a missing cell. None refuses missing cells.
    decimal : "," if the file had a decimal comma; new files are then read in the same way.
    constants : Name and value of each column that is no input because it was constant; "" for an empty column.
    """

    columns: tuple[InputColumn, ...]
    missing: Missing | None = None
    decimal: Decimal | None = None
    constants: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        constants = tuple((str(name), str(value)) for name, value in self.constants)
        object.__setattr__(self, "constants", constants)
        if self.decimal is not None:
            check_choice("decimal", self.decimal, DECIMALS)
        if self.missing is not None:
            check_choice("missing", self.missing, MISSING_CHOICES)

    @classmethod
    def of_numbers(cls, names: Sequence[str]) -> "Encoding":
        """Return the encoding in which each column is one number."""
        return cls(tuple(map(InputColumn, names)))

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return tuple(name for column in self.columns for name in column.inputs)

    @property
    def is_plain(self) -> bool:
        """Whether each column is one number without a sign that must not be missing, and none was constant."""
        return (
            self.missing is None
            and self.decimal is None
            and not self.constants
            and all(c.kind == "number" and not c.flag and not c.sign for c in self.columns)
        )

    @property
    def fills(self) -> bool:
        """Whether missing numbers become the mean of the training rows."""
        return self.missing in ("mean", "flag")

    def encode(self, columns: Sequence[Column]) -> np.ndarray:
        """Return the inputs of each row, before scaling. -> (rows, inputs)"""
        pairs = zip(self.columns, columns, strict=True)
        return np.column_stack([how.encode(column) for how, column in pairs])

    def to_json(self) -> dict[str, Any]:
        """Return every field by name as JSON values."""
        data: dict[str, Any] = {"columns": [c.to_json() for c in self.columns], "missing": self.missing}
        data |= {} if self.decimal is None else {"decimal": self.decimal}
        return data | {"constants": list(map(list, self.constants))} if self.constants else data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Encoding":
        """Return the encoding that `to_json` wrote.

        Raises TinyNetError for JSON of another form.
        """
        try:
            columns = tuple(InputColumn(**column) for column in data["columns"])
            return cls(columns, data["missing"], data.get("decimal"), tuple(data.get("constants", ())))
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, TinyNetError):
                raise
            raise TinyNetError(
                f"the encoding of the columns is {shown(data)}. It must have columns."
            ) from error
