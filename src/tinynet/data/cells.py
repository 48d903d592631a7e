"""Table cells as numbers, and errors for other cells."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinynet.data.readers import Chunk, Source
from tinynet.errors import TinyNetError, advice

MISSING_WORDS = ("na", "n/a", "nan", "null", "none", "?", "-", ".")  # each means: no number
NO_NUMBER = "no number"  # the problem of a word


def is_missing(cell: Any) -> bool:
    """Return whether a cell is empty.

    Empty cells are blank text, None, NaN, and a data frame's own missing value.
    """
    return not cell.strip() if isinstance(cell, str) else str(cell) in ("None", "nan", "<NA>", "NaT")


def numbers(source: Source, chunk: Chunk, columns: list[int]) -> np.ndarray:
    """Return some columns of a chunk as numbers. -> (rows, columns)

    columns : Indices of the columns.

    Raises TinyNetError with the place of the first cell that is not a finite number.
    """
    values = np.empty((len(chunk.row_numbers), len(columns)))
    for k, column in enumerate(columns):
        try:
            values[:, k] = _column_numbers(chunk.columns[column])
        except (ValueError, TypeError):
            _raise_at_first_problem(source, chunk, column)
        if not np.isfinite(values[:, k]).all():
            _raise_at_first_problem(source, chunk, column)
    return values


def separate_numbers(cells: list[Any]) -> tuple[np.ndarray, list[Any]]:
    """Return the finite numbers among cells, and other cells."""
    try:
        values = _column_numbers(cells)
        if np.isfinite(values).all():
            return values, []
    except (ValueError, TypeError):
        pass
    is_number = [not _problem(cell) for cell in cells]
    values = np.array([_number(cell) for cell, good in zip(cells, is_number, strict=True) if good])
    return values, [cell for cell, good in zip(cells, is_number, strict=True) if not good]


def _raise_at_first_problem(source: Source, chunk: Chunk, column: int) -> None:
    name = source.columns[column]
    for row_number, cell in zip(chunk.row_numbers, chunk.columns[column], strict=True):
        problem = _problem(cell)
        if problem == NO_NUMBER:
            problem = _not_a_number(cell, name, chunk.columns[column])
        if problem:
            place = source.place(row_number, name)
            raise TinyNetError(f"{place}: {problem}")


def _not_a_number(cell: Any, column: str, cells: Sequence[Any]) -> str:
    """Return the error about a word in a column. A column without any number may be the label."""
    correct = "Correct the cell."
    if all(map(_problem, cells)):
        correct = advice("label", column, condition="If the column is the label", otherwise=correct)
    ignore = advice("ignore", [column], condition="To leave the column out")
    return f"{str(cell)!r} is not a number. {correct} {ignore}"


def _problem(cell: Any) -> str:
    """Return why a cell is not a finite number.

    The text is part of an error. The text is empty for a finite number, and `NO_NUMBER` for a word.
    """
    if is_missing(cell):
        return "the cell is empty. Fill it in or remove the row."
    if str(cell).strip().lower() in MISSING_WORDS:
        return f"{str(cell)!r} is a missing value. Fill it in or remove the row."
    try:
        finite = np.isfinite(_number(cell))
        return "" if finite else f"{str(cell)!r} is not finite. Correct it or remove the row."
    except (ValueError, TypeError):
        return NO_NUMBER


def _number(cell: Any) -> float:
    """Return the number in a cell.

    The words true and false are 1 and 0.

    Raises ValueError or TypeError for any other cell.
    """
    if isinstance(cell, str):
        truth = {"true": 1.0, "false": 0.0}.get(cell.strip().lower())
        return float(cell) if truth is None else truth
    if isinstance(cell, np.datetime64 | np.timedelta64 | np.complexfloating):
        raise TypeError("times and complex numbers are not supported")
    return float(cell)


def _column_numbers(cells: Sequence[Any]) -> np.ndarray:
    """Return the cells of a column as numbers. -> (rows,)

    Raises ValueError or TypeError for a cell that is not a number.
    """
    kind = cells.dtype.kind if isinstance(cells, np.ndarray) else ""
    if kind and kind in "biuf":
        return np.asarray(cells, float)
    try:
        return np.fromiter(map(_number if kind else float, cells), float, len(cells))
    except ValueError:  # the cells may contain the words true and false
        return np.fromiter(map(_number, cells), float, len(cells))
