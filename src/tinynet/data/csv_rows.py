"""The rows of a CSV text, without blank lines and comments."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from tinynet.data.dialects import COMMENT, SEPARATOR_LINE, Dialect
from tinynet.data.headers import looks_like_names
from tinynet.errors import TinyNetError, counted

MAX_CELL = 1_000_000  # characters of a cell

Row = tuple[int, list[str]]  # number of the line, and the cells


def table_rows(name: str, text: Any, dialect: Dialect) -> Iterator[Row]:
    """Yield the rows. A blank line is a row without cells."""
    csv.field_size_limit(MAX_CELL)
    assert dialect.delimiter is not None
    line = ""

    def lines() -> Iterator[str]:
        nonlocal line
        for read in text:
            line = read  # the error of a line needs its text
            yield read

    reader = csv.reader(
        lines(), delimiter=dialect.delimiter, quotechar=dialect.quote, skipinitialspace=True, strict=True
    )
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            backslash = ' Write "" for a quote inside quotes, not \\".' if '\\"' in line else ""
            raise TinyNetError(
                f"{name}, line {reader.line_num}: the line is not valid CSV ({error}). Correct the line.{backslash}"
            ) from error
        if row is None:
            return
        if reader.line_num > 1 or not SEPARATOR_LINE.fullmatch(line):
            yield reader.line_num, row if len(row) > 1 or "".join(row).strip() or '"' in line else []


def without_blank_lines(rows: Iterable[Row], width: int) -> Iterator[Row]:
    """Yield the rows that have a cell that is not empty.

    In a table of one column, a blank line between two rows is a row with an empty cell.
    """
    blank: list[Row] | None = None  # the blank lines since the last row, or None before the first row
    for number, cells in rows:
        is_full = cells and (cells[0].strip() or any(cell.strip() for cell in cells))
        if is_full or (width == 1 and cells and blank is not None):
            yield from blank or []
            blank = []
            yield number, cells
        elif blank is not None and width == 1:
            blank.append((number, [""]))


def width_of(rows: list[Row]) -> int:
    """Return the number of cells of the first row that is not blank and no comment."""
    full = [cells for _, cells in rows if any(cell.strip() for cell in cells)]
    widths = [len(cells) for cells in full if not cells[0].startswith(COMMENT)]
    return widths[0] if widths else max(map(len, full), default=0)


def without_comment_above_names(rows: list[Row], dialect: Dialect) -> list[Row]:
    """Return the rows without the comments above the column names that have as many cells as the table.

    The last row that begins with # has the column names, unless the next row clearly has them.
    """
    first = next((k for k, row in enumerate(rows) if not _may_be_comment(row)), 0)
    if first == 0 or dialect.header is False:
        return rows
    names = rows[first][1]
    below = [cells for _, cells in rows[first + 1 :] if len(cells) == len(names)]
    return rows[first:] if looks_like_names(names, below, dialect.decimal or ".") else rows[first - 1 :]


def _may_be_comment(row: Row) -> bool:
    return row[1][0].startswith(COMMENT) and row[1][0].strip() != COMMENT


def is_tagged(row: Row, width: int) -> bool:
    """Return whether a row of data begins with a word such as #a."""
    return len(row[1]) == width > 1 and _may_be_comment(row) and not begins_like_comment(row)


def begins_like_comment(row: Row) -> bool:
    return row[1][0].startswith(f"{COMMENT} ")


def check_title(name: str, rows: list[Row]) -> None:
    """Raise a TinyNetError if the first row has fewer cells than most rows below, as a title has."""
    (line, first), below = rows[0], [_n_filled(cells) for _, cells in rows[1:]]
    wide = 2 * sum(count > len(first) for count in below) > len(below)
    lonely = _n_filled(first) == 1 < len(first) and 2 * sum(count > 1 for count in below) > len(below)
    if wide or lonely:
        found = counted(_n_filled(first), "cell")
        raise TinyNetError(
            f"{name}, line {line}: the line has {found}, and most lines below have more. If the line is a title, delete "
            "each line above the column names. Otherwise name each column."
        )


def _n_filled(cells: list[str]) -> int:
    """Return the number of cells up to the last one that is not empty."""
    return next((k for k in range(len(cells), 0, -1) if cells[k - 1].strip()), 0)


def is_comment(row: Row, width: int, tagged: bool) -> bool:
    """Return whether a row is a comment.

    A comment begins with # and has another number of cells than the table. A table of one column has no row that
    begins with #.
    """
    cells = row[1]
    if tagged and not begins_like_comment(row):
        return False
    return cells[0].startswith(COMMENT) and (len(cells) != width or width == 1)
