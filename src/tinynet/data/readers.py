"""A table's columns, a few thousand rows at a time: from a CSV file, a data frame, a mapping of columns, or arrays."""

import csv
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinynet.errors import TinyNetError

CHUNK_ROWS = 8192  # so that only so many stand in memory as text
NO_ROWS = "has no rows; it needs a line of column names and at least one row below it"
KINDS = "a CSV file, a pandas or polars data frame, a mapping of columns, or arrays: X, or (X, y)"

Progress = Callable[[int, int], None]


class Rows(NamedTuple):
    """Some rows: where each stands, for errors, and the cells of each column."""

    places: Sequence[int]
    columns: list[Sequence[Any]]


class Source(NamedTuple):
    """A table that is being read. what : its name. unit : of a row's place. answers : columns given as what to learn."""

    what: str
    unit: str
    names: list[str]
    chunks: Iterator[Rows]
    answers: tuple[str, ...] = ()

    def place(self, at: int, column: str) -> str:
        """Return where a cell stands, for an error."""
        return f"{self.what}, {self.unit} {at}, column {column!r}"


@contextmanager
def opened(source: Any, progress: Progress | None = None) -> Iterator[Source]:
    """Open a table: a CSV file (a path, or a text stream), a data frame, a mapping of columns, X, or (X, y).

    progress : told how many bytes of a file are read, and of how many.

    Raises TinyNetError for what cannot be read, and for columns without a name, or with one that comes twice.
    """
    if isinstance(source, io.TextIOBase):
        yield _csv_source(getattr(source, "name", "the table"), source, lambda: None)
    elif isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            with path.open("rb") as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
                size = path.stat().st_size
                yield _csv_source(str(path), text, lambda: progress and progress(raw.tell(), size))
        except OSError as error:
            raise TinyNetError(f"cannot read {path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise TinyNetError(
                f"{path}, line {_undecodable(path)}: this is no text in UTF-8 ({error.reason}); save the table as CSV in UTF-8"
            ) from error
    else:
        yield _in_memory(source)


NO_NUMBER = ("na", "n/a", "nan", "null", "none", "?", "-", ".")  # as tables write that one is missing


def missing(cell: Any) -> bool:
    """Whether a cell holds nothing: an empty text, None, NaN, or a data frame's own marks."""
    return not cell.strip() if isinstance(cell, str) else str(cell) in ("None", "nan", "<NA>", "NaT")


def numbers(source: Source, rows: Rows, columns: list[int]) -> np.ndarray:
    """Return some columns as numbers. -> (rows, columns)

    Raises TinyNetError that says where there is none.
    """
    found = np.empty((len(rows.places), len(columns)))
    for k, c in enumerate(columns):
        try:
            found[:, k] = _converted(rows.columns[c])
        except (ValueError, TypeError):
            _refuse(source, rows, c)
        if not np.isfinite(found[:, k]).all():
            _refuse(source, rows, c)
    return found


def _refuse(source: Source, rows: Rows, column: int) -> None:
    """Raise for the first cell of a column that is no number."""
    for at, cell in zip(rows.places, rows.columns[column], strict=True):
        wrong = _wrong(cell, source.names[column])
        if wrong:
            raise TinyNetError(f"{source.place(at, source.names[column])}: {wrong}")


def _wrong(cell: Any, column: str) -> str:
    """Say what is wrong with a cell that should be a number; nothing, if it is one."""
    if missing(cell):
        return "the cell is empty; fill it in, or leave the row out"
    if str(cell).strip().lower() in NO_NUMBER:
        return f"{str(cell)!r} says that there is no number; fill it in, or leave the row out"
    try:
        return (
            ""
            if np.isfinite(_number(cell))
            else f"{str(cell)!r} is not finite; mend it, or leave the row out"
        )
    except (ValueError, TypeError):
        return (
            f"{str(cell)!r} is no number; if the column holds the answers, say label={column!r} (--label), else leave it out: "
            f"ignore=[{column!r}] (--ignore)"
        )


def _number(cell: Any) -> float:
    """Return the number in a cell; true and false are 1 and 0. Raises ValueError or TypeError for any other."""
    if isinstance(cell, str):
        truth = {"true": 1.0, "false": 0.0}.get(cell.strip().lower())
        return float(cell) if truth is None else truth
    if isinstance(cell, np.datetime64 | np.timedelta64 | np.complexfloating):
        raise TypeError("neither a time nor a complex number is a place on a line")
    return float(cell)


def _converted(cells: Sequence[Any]) -> np.ndarray:
    """Return a column's cells as numbers. -> (rows,)  Raises ValueError or TypeError where one is none."""
    kind = cells.dtype.kind if isinstance(cells, np.ndarray) else ""
    if kind and kind in "biuf":
        return np.asarray(cells, float)
    try:
        return np.fromiter(map(_number if kind else float, cells), float, len(cells))
    except ValueError:  # true and false, perhaps
        return np.fromiter(map(_number, cells), float, len(cells))


def parted(cells: list[Any]) -> tuple[np.ndarray, list[Any]]:
    """Return the finite numbers among some cells, and the cells that are none."""
    try:
        found = _converted(cells)
        if np.isfinite(found).all():
            return found, []
    except (ValueError, TypeError):
        pass
    odd = [bool(_wrong(cell, "")) for cell in cells]
    sound = [_number(cell) for cell, wrong in zip(cells, odd, strict=True) if not wrong]
    return np.array(sound), [cell for cell, wrong in zip(cells, odd, strict=True) if wrong]


# --- from text -----------------------------------------------------------------------------------------------------


def _csv_source(what: str, text: Any, report: Callable[[], Any]) -> Source:
    reader = csv.reader(text, strict=True)
    names = [cell.strip() for cell in _next(what, reader) or []]
    if not names:
        raise TinyNetError(f"{what} {NO_ROWS}")
    _check_names(f"{what}, line 1", names)
    if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
        raise TinyNetError(f"{what}, line 1: {names[0]!r} is one column; columns are parted by commas")
    return Source(what, "line", names, _csv_chunks(what, len(names), reader, report))


def _csv_chunks(what: str, width: int, reader: Any, report: Callable[[], Any]) -> Iterator[Rows]:
    lines: list[int] = []
    rows: list[list[str]] = []
    while (row := _next(what, reader)) is not None:
        if not row:
            continue
        if len(row) != width:
            raise TinyNetError(
                f"{what}, line {reader.line_num}: {len(row)} cells were found and the header has {width}"
            )
        lines.append(reader.line_num)
        rows.append(row)
        if len(rows) == CHUNK_ROWS:
            yield Rows(lines, list(zip(*rows, strict=True)))
            lines, rows = [], []
            report()
    if rows:
        yield Rows(lines, list(zip(*rows, strict=True)))
    report()


def _next(what: str, reader: Any) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        raise TinyNetError(
            f"{what}, line {reader.line_num}: this is no CSV ({error}); mend the line"
        ) from error


def _undecodable(path: Path) -> int:
    """Return the first line of a file that is not in UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return number


def _check_names(where: str, names: list[str]) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        what = f"two columns named {twice!r}" if twice else "two columns without a name"
        raise TinyNetError(f"{where}: {what}; column names must differ")
    if "" in names:
        raise TinyNetError(
            f"{where}: column {names.index('') + 1} has no name; name it, or leave it out "
            "(pandas writes its index so: to_csv(..., index=False))"
        )


# --- from memory ---------------------------------------------------------------------------------------------------


def _in_memory(source: Any) -> Source:
    names, columns, answers = _columns(source)
    _check_names("the table", names)
    for name, column in zip(names, columns, strict=True):
        if column.ndim != 1 or column.shape != columns[0].shape:
            raise TinyNetError(
                f"the table, column {name!r}: it has shape {column.shape}, and the first column {columns[0].shape}; "
                "each column is a row of cells, all of one length"
            )
    return Source("the table", "row", names, _cut(columns), answers)


def _cut(columns: list[np.ndarray]) -> Iterator[Rows]:
    count = len(columns[0]) if columns else 0
    for first in range(0, count, CHUNK_ROWS):
        last = min(first + CHUNK_ROWS, count)
        cells: list[Any] = [column[first:last] for column in columns]
        yield Rows(range(first + 1, last + 1), cells)


def _columns(source: Any) -> tuple[list[str], list[np.ndarray], tuple[str, ...]]:
    """Return the columns' names, the columns, and which were given as answers."""
    if isinstance(source, tuple) and len(source) == 2:
        names, columns, _ = _columns(source[0])
        answers, more = _numbered(source[1], "y")
        return names + answers, columns + more, tuple(answers)
    keys = list(source) if isinstance(source, Mapping) else getattr(source, "columns", None)
    if keys is None:
        return (*_numbered(source, "x"), ())
    names = [str(key).strip() for key in keys]
    _check_names("the table", names)  # before a name that comes twice is looked up
    return names, [np.asarray(source[key]) for key in keys], ()


def _numbered(values: Any, letter: str) -> tuple[list[str], list[np.ndarray]]:
    """Return the columns of an array, named by letter and number; a single y is just y."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise TinyNetError(f"this is no array ({error}); a table is {KINDS}") from error
    if array.ndim == 1 and letter == "y":
        return ["y"], [array]
    if array.ndim != 2:
        raise TinyNetError(f"{letter} has shape {array.shape}, not (rows, columns); a table is {KINDS}")
    return [f"{letter}{k}" for k in range(array.shape[1])], list(array.T)
