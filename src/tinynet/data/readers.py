"""Tables read in chunks.

A table is a CSV file, a data frame, a mapping of columns, or arrays.
"""

import csv
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinynet import files
from tinynet.errors import TinyNetError, counted

CHUNK_ROWS = 8192  # rows that are in memory as text at a time
NO_ROWS = "has no rows. It must have a line of column names and at least one row below it."
TABLE_KINDS = "a CSV file, a pandas or polars data frame, a mapping of columns, or arrays: X, or (X, y)"

Progress = Callable[[int, int], None]


class Chunk(NamedTuple):
    """Some rows of a table.

    A chunk has the number of each row, for errors, and the cells of each column.
    """

    row_numbers: Sequence[int]
    columns: list[Sequence[Any]]


class Source(NamedTuple):
    """A table that is being read.

    name : Name for errors, such as the path.
    row_unit : Word for the number of a row: "line" of a file, "row" in memory.
    columns : Names of the columns.
    chunks : The rows, up to CHUNK_ROWS at a time.
    targets : Names of the columns that were given apart as y.
    """

    name: str
    row_unit: str
    columns: list[str]
    chunks: Iterator[Chunk]
    targets: tuple[str, ...] = ()

    def place(self, row_number: int, column: str) -> str:
        """Return the place of a cell, for an error."""
        return f"{self.name}, {self.row_unit} {row_number}, column {column!r}"


@contextmanager
def opened(source: Any, progress: Progress | None = None) -> Iterator[Source]:
    """Open a table of any kind.

    source : A CSV file (a path or a text stream), a data frame, a mapping of columns, X, or (X, y).
    progress : Called with the bytes of a file read so far and the bytes in all.

    Raises TinyNetError for a table that cannot be read, and for missing or repeated column names.
    """
    if isinstance(source, io.TextIOBase):
        yield _csv_source(getattr(source, "name", "the table"), source, lambda: None)
    elif isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            with files.open_file(path) as raw, files.TableText(raw, "utf-8-sig", newline="") as text:
                size = path.stat().st_size
                yield _csv_source(str(path), text, lambda: progress and progress(raw.tell(), size))
        except OSError as error:
            raise TinyNetError(f"cannot read {path}: {error.strerror}. Check the path.") from error
        except UnicodeDecodeError as error:
            raise TinyNetError(
                f"{path}, line {_undecodable_line(path)}: the text is not UTF-8 ({error.reason}). "
                "Save the table as CSV in UTF-8."
            ) from error
    else:
        yield _memory_source(source)


# --- from text -----------------------------------------------------------------------------------------------------


def _csv_source(name: str, text: Any, report: Callable[[], Any]) -> Source:
    reader = csv.reader(text, strict=True)
    columns = [cell.strip() for cell in _next_row(name, reader) or []]
    if not columns:
        raise TinyNetError(f"{name} {NO_ROWS}")
    _check_column_names(f"{name}, line 1", columns)
    if len(columns) == 1 and any(mark in columns[0] for mark in ";\t"):
        raise TinyNetError(f"{name}, line 1: {columns[0]!r} is one column. Separate the columns by commas.")
    return Source(name, "line", columns, _csv_chunks(name, len(columns), reader, report))


def _csv_chunks(name: str, width: int, reader: Any, report: Callable[[], Any]) -> Iterator[Chunk]:
    line_numbers: list[int] = []
    rows: list[list[str]] = []
    while (row := _next_row(name, reader)) is not None:
        if not row:
            continue
        if len(row) != width:
            raise TinyNetError(
                f"{name}, line {reader.line_num}: the row has {counted(len(row), 'cell')} and the header has {width}. "
                "Give each row one cell for each column."
            )
        line_numbers.append(reader.line_num)
        rows.append(row)
        if len(rows) == CHUNK_ROWS:
            yield Chunk(line_numbers, list(zip(*rows, strict=True)))
            line_numbers, rows = [], []
            report()
    if rows:
        yield Chunk(line_numbers, list(zip(*rows, strict=True)))
    report()


def _next_row(name: str, reader: Any) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        raise TinyNetError(
            f"{name}, line {reader.line_num}: the line is not valid CSV ({error}). Correct the line."
        ) from error


def _undecodable_line(path: Path) -> int:
    """Return the number of the first undecodable line.

    A line is undecodable if it is not UTF-8.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return number


def _check_column_names(place: str, columns: list[str]) -> None:
    if len(set(columns)) < len(columns):
        repeated = next(name for name in columns if columns.count(name) > 1)
        problem = f"two columns are named {repeated!r}" if repeated else "two columns have no name"
        raise TinyNetError(f"{place}: {problem}. Column names must differ.")
    if "" in columns:
        raise TinyNetError(
            f"{place}: column {columns.index('') + 1} has no name. Name it or remove it. "
            "(If it is the index of a pandas data frame, use to_csv(..., index=False).)"
        )


# --- from memory ---------------------------------------------------------------------------------------------------


def _memory_source(source: Any) -> Source:
    names, columns, targets = _named_columns(source)
    _check_column_names("the table", names)
    for name, column in zip(names, columns, strict=True):
        if column.ndim != 1 or column.shape != columns[0].shape:
            raise TinyNetError(
                f"the table, column {name!r}: the column has shape {column.shape} and the first column has shape "
                f"{columns[0].shape}. Each column must be a sequence of cells, and all must have the same length."
            )
    return Source("the table", "row", names, _memory_chunks(columns), targets)


def _memory_chunks(columns: list[np.ndarray]) -> Iterator[Chunk]:
    count = len(columns[0]) if columns else 0
    for first in range(0, count, CHUNK_ROWS):
        last = min(first + CHUNK_ROWS, count)
        cells: list[Any] = [column[first:last] for column in columns]
        yield Chunk(range(first + 1, last + 1), cells)


def _named_columns(source: Any) -> tuple[list[str], list[np.ndarray], tuple[str, ...]]:
    """Return column names, columns, and names of targets in y."""
    if isinstance(source, tuple) and len(source) == 2:
        names, columns, _ = _named_columns(source[0])
        target_names, target_columns = _array_columns(source[1], "y")
        return names + target_names, columns + target_columns, tuple(target_names)
    keys = list(source) if isinstance(source, Mapping) else getattr(source, "columns", None)
    if keys is None:
        return (*_array_columns(source, "x"), ())
    names = [str(key).strip() for key in keys]
    _check_column_names("the table", names)  # a repeated name could not be looked up below
    return names, [np.asarray(source[key]) for key in keys], ()


def _array_columns(values: Any, letter: str) -> tuple[list[str], list[np.ndarray]]:
    """Return the columns of an array, named x0, x1, …

    A one-dimensional y is one column y.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise TinyNetError(f"the table is not an array ({error}). It must be {TABLE_KINDS}.") from error
    if array.ndim == 1 and letter == "y":
        return ["y"], [array]
    if array.ndim != 2:
        raise TinyNetError(
            f"{letter} has shape {array.shape}. It must have shape (rows, columns), or the table must be {TABLE_KINDS}."
        )
    return [f"{letter}{k}" for k in range(array.shape[1])], list(array.T)
