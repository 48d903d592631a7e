"""Tables read in chunks.

A table is a CSV file, a data frame, a mapping of columns, or arrays.
"""

import io
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinynet import files
from tinynet.data.csv_rows import (
    Row,
    begins_like_comment,
    check_title,
    is_comment,
    is_tagged,
    table_rows,
    width_of,
    without_blank_lines,
    without_comment_above_names,
)
from tinynet.data.dialects import (
    COMMENT,
    NAMES,
    SAMPLE,
    Dialect,
    found_encoding,
    sniffed,
    undecodable,
)
from tinynet.data.headers import TEST_ROWS, looks_like_data
from tinynet.data.problems import Problems
from tinynet.data.written_numbers import plain_number
from tinynet.errors import TinyNetError, advice, counted
from tinynet.validation import shown

CHUNK_ROWS = 8192  # rows that are in memory as text at a time
NO_ROWS = "has no rows. It must have a line of column names and at least one row below it."
TABLE_KINDS = "a CSV file, a pandas or polars data frame, a mapping of columns, or arrays: X, or (X, y)"

NO_HEADER = advice("header", False, condition="If the table has no column names")

Progress = Callable[[int, int], None]


class HeaderError(TinyNetError):
    """The first row of a table looks like data."""


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
    problems : The problems found so far; reading the chunks adds to them.
    targets : Names of the columns that were given apart as y.
    dialect : Dialect of a CSV file; None for a table in memory.
    named : Whether the columns have names of their own.
    notes : Sentences about columns that are left out.
    """

    name: str
    row_unit: str
    columns: list[str]
    chunks: Iterator[Chunk]
    problems: Problems
    targets: tuple[str, ...] = ()
    dialect: Dialect | None = None
    named: bool = True
    notes: tuple[str, ...] = ()

    def place(self, row_number: int, column: str) -> str:
        """Return the place of a cell, for an error."""
        return f"{self.row_unit} {row_number}, column {column!r}"


class TextFile(NamedTuple):
    """The text of a CSV file in memory, and its name for errors."""

    name: str
    text: str


def rewindable(source: Any) -> Any:
    """Return a source that can be opened twice: a text stream is read."""
    if isinstance(source, io.TextIOBase):
        return TextFile(str(getattr(source, "name", "the table")), source.read())
    return source


@contextmanager
def opened(source: Any, dialect: Dialect | None = None, progress: Progress | None = None) -> Iterator[Source]:
    """Open a table of any kind.

    source : A CSV file (a path or a text stream), a data frame, a mapping of columns, X, or (X, y).
    dialect : How a CSV file is written, as far as it is known.
    progress : Called with the bytes of a file read so far and the bytes in all.

    Raises TinyNetError for a table that cannot be read, and for missing or repeated column names.
    """
    dialect, source = dialect or Dialect(), rewindable(source)
    if isinstance(source, TextFile):
        text = io.StringIO(source.text.removeprefix("\ufeff"), newline="")
        dialect = sniffed(replace(dialect, encoding=None), source.text[:SAMPLE])
        yield _csv_source(source.name, text, dialect, lambda: None)
    elif isinstance(source, str | os.PathLike):
        with _opened_file(Path(source), dialect, progress) as table:
            yield table
    else:
        for option in ("delimiter", "encoding", "header"):
            value = getattr(dialect, option)
            if value is not None:
                raise TinyNetError(
                    f"is {value!r}. It is for CSV files, and the table is in memory. Remove it.",
                    parameter=option,
                )
        yield _memory_source(source)


@contextmanager
def _opened_file(path: Path, dialect: Dialect, progress: Progress | None) -> Iterator[Source]:
    encoding, note = dialect.encoding, ""
    try:
        with files.open_file(path) as raw:
            if encoding is None:
                encoding, note = found_encoding(path, raw)
            with files.TableText(raw, _with_bom(encoding), newline="") as text:
                dialect = sniffed(replace(dialect, encoding=encoding), text.read(SAMPLE))
                text.seek(0)
                size = path.stat().st_size
                table = _csv_source(str(path), text, dialect, lambda: progress and progress(raw.tell(), size))
                yield table._replace(notes=(*[note] * bool(note), *table.notes))
    except OSError as error:
        raise TinyNetError(f"cannot read {path}: {error.strerror}. Check the path.") from error
    except UnicodeError as error:
        with files.open_file(path) as raw:
            bad = undecodable(raw, encoding or "") if isinstance(error, UnicodeDecodeError) else None
        line = "" if bad is None else f"line {bad.line} has the byte {bad.byte:#04x}: "
        raise TinyNetError(
            f"{path} is not text in {encoding} ({line}{getattr(error, 'reason', error)}). "
            "Give the encoding of the table, or save the table as CSV in UTF-8."
        ) from error


def _with_bom(encoding: str) -> str:
    """Return the encoding that also skips a byte order mark."""
    return "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding


# --- from text -----------------------------------------------------------------------------------------------------


def _csv_source(name: str, text: Any, dialect: Dialect, report: Callable[[], Any]) -> Source:
    rows = table_rows(name, text, dialect)
    start = list(islice(rows, TEST_ROWS + 1))
    width = width_of(start)
    rows = without_blank_lines(chain(start, rows), width)
    start = list(islice(rows, TEST_ROWS + 1))
    tagged = sum(is_tagged(row, width) for row in start) > 1
    start = [row for row in start if not is_comment(row, width, tagged)]
    start = without_comment_above_names(start, dialect)
    if not start or not start[0][1]:
        raise TinyNetError(f"{name} {NO_ROWS}")
    dialect, columns = _header(name, start, dialect)
    if dialect.header:
        check_title(name, start)
    problems = Problems(name)
    has_index = bool(dialect.header) and columns[0] == "" and len(columns) > 1 and _all_differ(start[1:])
    kept = [k for k, column in enumerate(columns) if column or not _is_empty(start, k)][has_index:]
    columns = [columns[k] for k in kept]
    if dialect.header:
        _check_column_names(f"{name}, line {start[0][0]}", columns)
        del start[0]
    _check_delimiter(name, columns, dialect)
    marked = 2 * sum(map(begins_like_comment, start)) >= len(start)
    chunks = _csv_chunks(chain(start, rows), RowRules(width, kept, marked, tagged), problems, report)
    notes = ("The first column has no name and is left out.",) * has_index
    return Source(
        name, "line", columns, chunks, problems, dialect=dialect, named=bool(dialect.header), notes=notes
    )


class RowRules(NamedTuple):
    """The rules of a row of a file.

    width : Number of cells.
    kept : The columns that are kept.
    marked : Whether at least half of the rows begin like a comment. Such rows are data.
    tagged : Whether rows of data begin with a word such as #a. Then only lines that begin with # and a space are comments.
    """

    width: int
    kept: list[int]
    marked: bool
    tagged: bool


def _all_differ(rows: list[Row]) -> bool:
    """Return whether the first cells differ, as the row names that pandas and R write."""
    first_cells = [cells[0] for _, cells in rows]
    return len(set(first_cells)) == len(first_cells)


def _is_empty(rows: list[Row], k: int) -> bool:
    """Return whether every row ends before a column or has an empty cell there."""
    return all(len(cells) <= k or not cells[k].strip() for _, cells in rows)


def _header(name: str, rows: list[Row], dialect: Dialect) -> tuple[Dialect, list[str]]:
    """Return the dialect with `header` decided, and the names of the columns.

    Raises TinyNetError for a first row that looks like data.
    """
    line, first = rows[0]
    if dialect.header is False:
        return dialect, [f"column {k}" for k in range(1, len(first) + 1)]
    others = [cells for _, cells in rows[1:] if len(cells) == len(first)]
    if dialect.header is None and looks_like_data(first, others, dialect.decimal or "."):
        raise HeaderError(
            f"{name}, line {line}: {', '.join(map(shown, first[:6]))}{', …' if len(first) > 6 else ''} looks like data, not "
            f"like column names. {NO_HEADER} "
            + advice("header", True, condition="If these are the column names")
        )
    return replace(dialect, header=True), [cell.strip().removeprefix("\ufeff") for cell in first]


def _check_delimiter(name: str, columns: list[str], dialect: Dialect) -> None:
    """Raise a TinyNetError for one column whose name contains another delimiter."""
    other = next((mark for mark in NAMES if mark in columns[0] and mark != " "), None)
    if len(columns) == 1 and other is not None and other != dialect.delimiter:
        raise TinyNetError(
            f"{name} has one column, {columns[0]!r}. "
            + advice("delimiter", other, condition=f"If {NAMES[other]} separate the columns")
        )


def _csv_chunks(
    rows: Iterator[Row], rules: RowRules, problems: Problems, report: Callable[[], Any]
) -> Iterator[Chunk]:
    """Yield the rows in chunks."""
    while chunk := list(islice(rows, CHUNK_ROWS)):
        good = [row for row in chunk if _is_complete(row, rules, problems)]
        if good:
            columns = list(zip(*(cells[: rules.width] for _, cells in good), strict=True))
            yield Chunk([line for line, _ in good], [columns[k] for k in rules.kept])
        report()


def _is_complete(row: Row, rules: RowRules, problems: Problems) -> bool:
    """Return whether a row has a cell for each column. A row without is added to the problems, or is a comment."""
    (line, cells), (width, kept, marked, tagged) = row, rules
    if width == 1 and is_comment(row, width, tagged):
        return False
    if len(cells) < width or any(cell.strip() for cell in cells[width:]):
        if not is_comment(row, width, tagged):
            problems.add(
                f"line {line}",
                f"the row has {counted(len(cells), 'cell')} and the header has {width:,}.",
                "Give each row one cell for each column.",
            )
        return False
    unnamed = (
        set(range(1, width)) - set(kept) if len(kept) < width else ()
    )  # the first column may have row names
    if unnamed and any(cells[k].strip() for k in unnamed):
        problems.add(f"line {line}", "the row has a cell in a column without a name.", "Name the column.")
    if cells[0].startswith(f"{COMMENT} ") and not marked:
        problems.add(
            f"line {line}",
            "the row begins like a comment and has a cell for each column.",
            "Delete a comment. Remove # from a row of data.",
        )
        return False
    return True


def _check_column_names(place: str, columns: list[str]) -> None:
    repeated = [name for name, count in Counter(columns).items() if count > 1]
    if repeated:
        name = repeated[0]
        if plain_number(name) is not None and "line" in place:
            raise HeaderError(f"{place}: two columns are named {name!r}. {NO_HEADER}")
        problem = f"two columns are named {name!r}" if name else "two columns have no name"
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
        if column.dtype.kind == "c":
            raise TinyNetError(
                f"the table, column {name!r}: complex numbers are not supported. Use real numbers."
            )
        if column.ndim != 1 or column.shape != columns[0].shape:
            raise TinyNetError(
                f"the table, column {name!r}: the column has shape {column.shape} and the first column has shape "
                f"{columns[0].shape}. Each column must be a sequence of cells, and all must have the same length."
            )
    named = bool(_keys(source[0] if isinstance(source, tuple) else source))
    return Source(
        "the table", "row", names, _memory_chunks(columns), Problems("the table"), targets, named=named
    )


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
    keys = _keys(source)
    if keys is None:
        return (*_array_columns(source, "x"), ())
    names = [str(key).strip() for key in keys]
    _check_column_names("the table", names)  # a repeated name could not be looked up below
    return names, [np.asarray(source[key]) for key in keys], ()


def _keys(source: Any) -> list[Any] | None:
    """Return the keys of the columns of a data frame or a mapping; None for arrays."""
    keys = source if isinstance(source, Mapping) else getattr(source, "columns", None)
    return None if keys is None else list(keys)


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
