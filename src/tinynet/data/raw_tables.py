"""The cells of a table, before they become inputs and targets."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinynet.data.column_kinds import Place, kind_of
from tinynet.data.column_roles import Roles
from tinynet.data.columns import NUMBER, Column, ColumnBuilder
from tinynet.data.decimal_evidence import Reading, decimal_of
from tinynet.data.dialects import Dialect
from tinynet.data.missing import is_missing_word
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
    decimal : The character before the decimals.
    dialect : Dialect of a CSV file; None for a table in memory.
    notes : Sentences about what was understood of a file.
    """

    name: str
    place: Place
    columns: dict[str, Column]
    roles: Roles
    problems: Problems
    decimal: Decimal = "."
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

    A table without a known decimal character is read with a decimal point. If cells are numbers only with a decimal
    comma, the table is read again, and the evidence of both readings decides. If columns of words have numbers, too, it is read again with these numbers as words.
    """
    source, dialect = rewindable(source), dialect or Dialect()
    raw = _read_once(source, find_roles, dialect, progress)
    if dialect.decimal is None and _may_have_commas(raw):
        other = _read_once(source, find_roles, _known(raw, dialect, ","), progress)
        readings = map(Reading, _numeric(raw), _numeric(other))
        semicolons = raw.dialect is not None and raw.dialect.delimiter == ";"
        raw = other if decimal_of(raw.name, readings, semicolons) == "," else raw
    mixed = tuple(c.name for c in raw.of(raw.roles.inputs) if kind_of(c) == "category" and c.has_numbers)
    if mixed:
        roles = raw.roles._replace(categories=(*raw.roles.categories, *mixed))
        raw = _read_once(source, lambda _: roles, _known(raw, dialect, raw.decimal), progress)
    if raw.dialect is None and raw.decimal == "," and dialect.decimal is None:
        raw = replace(raw, notes=("The numbers have a decimal comma.", *raw.notes))
    return raw


def _known(raw: RawTable, dialect: Dialect, decimal: Decimal) -> Dialect:
    """Return the dialect to read a table again. The encoding is found again, because a note may belong to it."""
    return replace(raw.dialect or dialect, decimal=decimal, encoding=dialect.encoding)


def _read_once(source: Any, find_roles: FindRoles, dialect: Dialect, progress: Progress | None) -> RawTable:
    with opened(source, dialect, progress) as table:
        roles = find_roles(table)
        decimal: Decimal = (table.dialect or dialect).decimal or "."
        index = {name: c for c, name in enumerate(table.columns)}
        builders = {
            name: ColumnBuilder(name, decimal, name in roles.texts, name in roles.categories)
            for name in roles.read
        }
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
        columns[name] = column if builder.as_text else column.resolved(decimal)
    place = Place(table.row_unit, np.concatenate(row_numbers))
    notes = table.notes
    if table.dialect is not None:
        count = counted(len(place.row_numbers), "row")
        notes = (f"{table.name}: {count} ({table.dialect.sentence()}).", *notes)
    return RawTable(table.name, place, columns, roles, table.problems, decimal, table.dialect, notes)


def _may_have_commas(raw: RawTable) -> bool:
    """Return whether the decimal character may be a comma.

    In a table that is separated by semicolons, 1,200 is a number with a decimal comma.
    """
    numeric = _numeric(raw)
    semicolons = raw.dialect is not None and raw.dialect.delimiter == ";"
    if not semicolons and any(_has_decimals(column) for column in numeric):
        return False  # the decimal point is in use
    return any(c.needs_comma or (semicolons and c.had_comma) for c in numeric)


def _has_decimals(column: Column) -> bool:
    """Return whether every cell is missing or a number, and one has decimals."""
    numbers = column.numbers[column.codes == NUMBER]
    return all(map(is_missing_word, column.words)) and bool((numbers != np.round(numbers)).any())


def _numeric(raw: RawTable) -> list[Column]:
    """Return the columns that may hold numbers."""
    return raw.of((*raw.roles.inputs, *raw.roles.targets))
