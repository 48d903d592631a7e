"""The cells of a table, before they become inputs and targets."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinynet.data.column_kinds import Place
from tinynet.data.column_roles import Roles
from tinynet.data.columns import NUMBER, Column, ColumnBuilder
from tinynet.data.dialects import Dialect
from tinynet.data.problems import Problems
from tinynet.data.readers import NO_ROWS, Progress, Source, opened, rewindable
from tinynet.data.written_numbers import Decimal
from tinynet.errors import TinyNetError, counted
from tinynet.numerics.cancellation import check_cancelled

FindRoles = Callable[[Source], Roles]


@dataclass(frozen=True, eq=False)
class RawTable:
    """The cells of every column that has a role.

    name : Name of the table for errors.
    place : The numbers of the rows, for errors.
    columns : The columns by name. Written numbers such as $1,200 are numbers, except in labels and categories.
    roles : The role of each column.
    problems : The problems found so far.
    dialect : Dialect of a CSV file; None for a table in memory.
    notes : Sentences about what was understood of a file.
    """

    name: str
    place: Place
    columns: dict[str, Column]
    roles: Roles
    problems: Problems
    dialect: Dialect | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.place.row_numbers)

    def __getitem__(self, rows: np.ndarray) -> "RawTable":
        """Return the chosen rows."""
        place = Place(self.place.row_unit, self.place.row_numbers[rows])
        return replace(self, place=place, columns={name: c[rows] for name, c in self.columns.items()})

    def of(self, names: tuple[str, ...]) -> list[Column]:
        """Return the columns with these names."""
        return [self.columns[name] for name in names]


def read_cells(
    source: Any, find_roles: FindRoles, dialect: Dialect | None = None, progress: Progress | None = None
) -> RawTable:
    """Read the cells of a table.

    find_roles : Returns the roles of the columns.

    A file without a known decimal character is read with a decimal point. If cells are numbers only with a decimal
    comma, the file is read again.
    """
    source, dialect = rewindable(source), dialect or Dialect()
    raw = _read_once(source, find_roles, dialect, progress)
    if raw.dialect is None or dialect.decimal is not None or not _may_have_commas(raw):
        return raw
    other = _read_once(source, find_roles, replace(raw.dialect, decimal=","), progress)
    needed = any(c.needs_comma for c in raw.of((*raw.roles.inputs, *raw.roles.targets)))
    return other if _n_words(other) < _n_words(raw) + (not needed) else raw


def _read_once(source: Any, find_roles: FindRoles, dialect: Dialect, progress: Progress | None) -> RawTable:
    with opened(source, dialect, progress) as table:
        roles = find_roles(table)
        decimal: Decimal = (table.dialect.decimal if table.dialect is not None else None) or "."
        index = {name: c for c, name in enumerate(table.columns)}
        builders = {name: ColumnBuilder(name, decimal, name in roles.texts) for name in roles.read}
        row_numbers = []
        for chunk in table.chunks:
            row_numbers.append(np.array(chunk.row_numbers))
            for name, builder in builders.items():
                check_cancelled()
                builder.add(chunk.columns[index[name]])
            del chunk  # before the next one is read
    if not row_numbers:
        table.problems.check()
        raise TinyNetError(f"{table.name} {NO_ROWS}")
    columns = {}
    for name, builder in builders.items():
        check_cancelled()
        column = builder.column()
        columns[name] = column if name in roles.texts else column.resolved(decimal)
    place = Place(table.row_unit, np.concatenate(row_numbers))
    notes = table.notes
    if table.dialect is not None:
        count = counted(len(place.row_numbers), "row")
        notes = (f"{table.name}: {count} ({table.dialect.sentence()}).", *notes)
    return RawTable(table.name, place, columns, roles, table.problems, table.dialect, notes)


def _may_have_commas(raw: RawTable) -> bool:
    """Return whether the decimal character may be a comma.

    In a table that is separated by semicolons, 1,200 is a number with a decimal comma.
    """
    numeric = raw.of((*raw.roles.inputs, *raw.roles.targets))
    semicolons = raw.dialect is not None and raw.dialect.delimiter == ";"
    if not semicolons and any(_has_decimals(column) for column in numeric):
        return False  # the decimal point is in use
    return any(c.needs_comma or (semicolons and c.had_comma) for c in numeric)


def _has_decimals(column: Column) -> bool:
    """Return whether every cell is a number, and one has decimals."""
    numbers = column.numbers[column.codes == NUMBER]
    return not column.words and bool((numbers != np.round(numbers)).any())


def _n_words(raw: RawTable) -> int:
    """Return the count of cells that are no numbers, in the columns that may hold numbers."""
    return sum(int((c.codes != NUMBER).sum()) for c in raw.of((*raw.roles.inputs, *raw.roles.targets)))
