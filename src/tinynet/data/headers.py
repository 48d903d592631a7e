"""Whether the first row of a table has names or data."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from tinynet.data.missing import is_missing_word
from tinynet.data.written_numbers import Decimal, written_number

TEST_ROWS = 1000  # rows below the first row that are compared with it


def looks_like_data(first: Sequence[str], rows: Sequence[Sequence[str]], decimal: Decimal = ".") -> bool:
    """Return whether the first row looks like data, not like column names.

    A column of numbers is a column whose cells below the first row are numbers or missing. If there are columns of
    numbers, the first row is data if it has a number or a missing number in every one of them. Such numbers are names
    if they count upwards in equal steps, as years do. Without columns of numbers, the first row is data if at least
    half of its cells occur again below, in their own column. A row whose first cell is empty has names if the cells
    below it all differ, as row names do.

    >>> looks_like_data(["6", "148", "72"], [["1", "85", "66"]])
    True
    >>> looks_like_data(["age", "1990", "1991"], [["1", "85", "66"]])
    False
    """
    below = [_present(column) for column in zip(*rows[:TEST_ROWS], strict=True)] or [set()] * len(first)
    if not first[0].strip() and len(below[0]) == len(rows[:TEST_ROWS]) > 1:
        return False
    pairs = [(cell.strip(), column) for cell, column in zip(first, below, strict=True) if column]
    numbers = [cell for cell, column in pairs if all(_is_number(other, decimal) for other in column)]
    if numbers:
        values = [written_number(cell, decimal) for cell in numbers if not is_missing_word(cell)]
        return bool(values) and None not in values and not _counts([found.value for found in values if found])
    again = [cell in column for cell, column in pairs if cell]
    return bool(again) and 2 * sum(again) >= len(again)


def looks_like_names(first: Sequence[str], rows: Sequence[Sequence[str]], decimal: Decimal = ".") -> bool:
    """Return whether the first row clearly has names.

    There are columns of numbers, and the first row has a word in every one of them.

    >>> looks_like_names(["x", "label"], [["1", "a"]]), looks_like_names(["color", "label"], [["red", "a"]])
    (True, False)
    """
    below = [_present(column) for column in zip(*rows[:TEST_ROWS], strict=True)]
    pairs = zip(first, below, strict=False)
    numbers = [
        cell.strip() for cell, column in pairs if column and all(_is_number(c, decimal) for c in column)
    ]
    return bool(numbers) and not any(is_missing_word(cell) or _is_number(cell, decimal) for cell in numbers)


def _present(column: Iterable[str]) -> set[str]:
    """Return the different cells of a column that are not missing."""
    cells = {cell.strip() for cell in column}
    return {cell for cell in cells if not is_missing_word(cell)}


def _is_number(cell: str, decimal: Decimal) -> bool:
    return written_number(cell, decimal) is not None


def _counts(values: Sequence[float]) -> bool:
    """Return whether numbers are whole and rise in equal steps. Two numbers must be neighbors."""
    steps = {after - before for before, after in pairwise(values)}
    equal = len(steps) == 1 and min(steps) > 0 and (len(values) > 2 or steps == {1.0})
    return equal and all(value == int(value) for value in values)
