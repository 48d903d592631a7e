"""The cells of a table's columns: numbers, words and missing cells."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinynet.data.missing import is_blank, is_missing_word
from tinynet.data.written_numbers import (
    PERCENT,
    Decimal,
    category_word,
    needs_comma,
    plain_number,
    written_number,
)

NUMBER, BLANK = -1, -2  # codes of cells that are no words
MIDNIGHT = re.compile(r"T00:00(:00([.]0+)?)?$")
TRUTH = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True, eq=False)
class Column:
    """The cells of a column.

    name : Name of the column.
    numbers : (rows,) Number of each cell, or NaN for any other cell.
    codes : (rows,) Index of each cell in `words`, NUMBER, or BLANK for an empty cell.
    words : Different cells that are not numbers.
    needs_comma : Whether a cell is a number only with a decimal comma.
    had_comma : Whether a number has a comma.
    mixed_signs : Whether numbers have different signs, such as $ and %; they stay words.
    sign : The sign of the numbers, such as %, or "".
    written : The column before written numbers became numbers, or None.
    """

    name: str
    numbers: np.ndarray
    codes: np.ndarray
    words: tuple[str, ...]
    needs_comma: bool = False
    had_comma: bool = False
    mixed_signs: bool = False
    sign: str = ""
    written: "Column | None" = None

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: np.ndarray) -> "Column":
        """Return the column of the chosen rows."""
        written = None if self.written is None else self.written[rows]
        return replace(self, numbers=self.numbers[rows], codes=self.codes[rows], written=written)

    def is_word(self, words: Iterable[str]) -> np.ndarray:
        """Return whether each cell is one of these words. -> (rows,)"""
        wanted = set(words)
        chosen = np.array(
            [word in wanted for word in self.words] + [False, False]
        )  # the last two: BLANK, NUMBER
        return np.asarray(chosen[self.codes])

    @property
    def has_numbers(self) -> bool:
        """Whether a cell is a number as it is written, without a sign such as $."""
        return bool(((self.written or self).codes == NUMBER).any())

    def with_numbers(self, value_of: dict[str, float]) -> "Column":
        """Return the column in which these words are numbers.

        value_of : Number of each word.
        """
        if not value_of:
            return self
        values = np.array([value_of.get(word, np.nan) for word in self.words] + [np.nan, np.nan])
        kept = [word for word in self.words if word not in value_of]
        index = {word: k for k, word in enumerate(kept)}
        new_code = np.array([index.get(word, NUMBER) for word in self.words] + [BLANK, NUMBER])
        numbers = np.where(self.codes == NUMBER, self.numbers, values[self.codes])
        return replace(self, numbers=numbers, codes=new_code[self.codes], words=tuple(kept))

    def as_words(self) -> "Column":
        """Return the column in which numbers are words, such as "4". Written numbers are words as they are."""
        if self.written is not None:
            return self.written.as_words()
        rows = self.codes == NUMBER
        if not rows.any():
            return self
        values, inverse = np.unique(self.numbers[rows], return_inverse=True)
        spelled = [category_word(str(value)) for value in values.tolist()]
        words = tuple(dict.fromkeys([*self.words, *spelled]))
        index = {word: k for k, word in enumerate(words)}
        codes = self.codes.copy()
        codes[rows] = np.array([index[word] for word in spelled])[inverse]
        return Column(self.name, np.full(len(codes), np.nan), codes, words)

    def resolved(self, decimal: Decimal) -> "Column":
        """Return the column in which written numbers, such as $1,200, are numbers.

        The words true and false are 1 and 0, unless there are other words.
        Percentages are numbers only if every number of the column is a percentage. A column has one currency.
        """
        found = {word: written_number(word, decimal) for word in self.words}
        numbers = {word: number for word, number in found.items() if number is not None}
        signs = {number.sign for number in numbers.values()} | (
            {""} if (self.codes == NUMBER).any() else set()
        )
        mixed = len(signs - {""}) > 1 or (PERCENT in signs and len(signs) > 1)
        if mixed:
            numbers = {word: number for word, number in numbers.items() if not number.sign}
        value_of = {word: number.value for word, number in numbers.items()}
        others = [word for word in self.words if word not in value_of]
        if not all(word.lower() in TRUTH or is_missing_word(word) for word in others):
            truths: dict[str, float] = {}  # beside other words, true and false are words
        else:
            truths = {word: TRUTH[word.lower()] for word in others if word.lower() in TRUTH}
        column = self.with_numbers(value_of | truths)
        commas = any(map(needs_comma, self.words)), any("," in word for word in numbers)
        sign = "" if mixed else max(signs, default="")
        return replace(
            column, needs_comma=commas[0], had_comma=commas[1], mixed_signs=mixed, sign=sign, written=self
        )

    def with_other_sign(self, sign: str, decimal: Decimal) -> dict[str, np.ndarray]:
        """Return which numbers do not have a sign, by the sign that they have. -> (rows,) each

        A number without a currency has every currency.
        """
        written, found = self.written or self, {}
        sign_of = {word: number.sign for word in written.words if (number := written_number(word, decimal))}
        for other in sorted({"", *sign_of.values()} - {sign}):
            if PERCENT in (sign, other) or (sign and other):
                rows = written.is_word(word for word, its in sign_of.items() if its == other)
                found[other] = rows | ((written.codes == NUMBER) & (other == ""))
        return {other: rows for other, rows in found.items() if rows.any()}


class ColumnBuilder:
    """A column that is read in chunks.

    as_text : Whether numbers are words as they are written, as in a column of labels.
    as_category : Whether numbers are words, and spellings of one number are one word.
    """

    def __init__(
        self, name: str, decimal: Decimal = ".", as_text: bool = False, as_category: bool = False
    ) -> None:
        self.name, self.decimal, self.as_category = name, decimal, as_category
        self.as_text = as_text or as_category
        self._numbers: list[np.ndarray] = []
        self._codes: list[np.ndarray] = []
        self._index: dict[str, int] = {}

    def add(self, cells: Sequence[Any]) -> None:
        """Add the cells of a chunk."""
        numbers = None if self.as_text else self._all_numbers(cells)
        if numbers is not None:
            self._append(numbers, np.where(np.isnan(numbers), BLANK, NUMBER))
            return
        values, codes = np.full(len(cells), np.nan), np.empty(len(cells), np.int64)
        for row, cell in enumerate(_plain_cells(cells)):
            values[row], codes[row] = self._cell(cell)
        self._append(values, codes)

    def _append(self, numbers: np.ndarray, codes: np.ndarray) -> None:
        self._numbers.append(numbers)
        self._codes.append(codes.astype(np.int32))

    def _all_numbers(self, cells: Sequence[Any]) -> np.ndarray | None:
        """Return the cells as numbers if all are numbers, else None. -> (rows,)"""
        if isinstance(cells, np.ndarray):
            if cells.dtype.kind not in "biuf":
                return None
            numbers = np.asarray(cells, float) + 0.0
            return None if np.isinf(numbers).any() else numbers
        if self.decimal == "," or any("_" in cell or not cell.isascii() for cell in cells):
            return None  # float() also reads 1_2 and digits of other alphabets
        try:
            numbers = np.fromiter(map(float, cells), float, len(cells))
        except ValueError:
            return None
        return numbers if np.isfinite(numbers).all() else None

    def _cell(self, cell: Any) -> tuple[float, int]:
        """Return the number and the code of a cell."""
        if is_blank(cell):
            return np.nan, BLANK
        text = str(cell).strip()
        if self.as_category:
            whole = isinstance(cell, float | np.floating) and cell.is_integer()
            text = category_word(f"{cell:.0f}" if whole else text, self.decimal)
        number = None if self.as_text else self._number(cell, text)
        if number is not None:
            return number, NUMBER
        return np.nan, self._index.setdefault(text, len(self._index))

    def _number(self, cell: Any, text: str) -> float | None:
        """Return the number of a cell, or None."""
        if self.decimal == "." or not isinstance(cell, str):
            return plain_number(text)
        found = written_number(text, self.decimal)
        return found.value if found is not None and not found.sign else None

    def column(self) -> Column:
        """Return the column of all chunks."""
        if not self._codes:
            return Column(self.name, np.empty(0), np.empty(0, np.int32), ())
        return Column(
            self.name, np.concatenate(self._numbers), np.concatenate(self._codes), tuple(self._index)
        )


def _plain_cells(cells: Sequence[Any]) -> Sequence[Any]:
    """Return the cells, with dates of a data frame as text."""
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "M":
        return [MIDNIGHT.sub("", str(cell)) for cell in cells]
    return cells
