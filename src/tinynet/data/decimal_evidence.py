"""Find out from the cells of a table whether its decimals follow a point or a comma."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from tinynet.data.column_kinds import kind_of
from tinynet.data.columns import NUMBER, Column
from tinynet.data.missing import is_missing_word
from tinynet.data.written_numbers import Decimal, needs_comma, written_number
from tinynet.errors import TinyNetError, advice
from tinynet.validation import shown

MIN_COMMAS = 0.1  # fraction of the commas of a column that must be decimal commas; fewer are mistakes


class Reading(NamedTuple):
    """A column that is read with a decimal point, and with a decimal comma."""

    point: Column
    comma: Column


def decimal_of(name: str, readings: Iterable[Reading], semicolons: bool) -> Decimal:
    """Return the decimal character of a table.

    A column votes for the character with which more of its cells are numbers. In a table that is separated by semicolons,
    1,200 has a decimal comma.

    name : Name of the table for errors.
    semicolons : Whether semicolons separate the cells.

    Raises TinyNetError if a column votes for a comma, and both characters make numbers of another column.
    """
    readings = [reading for reading in readings if _holds_numbers(reading)]
    commas, points = list(filter(_votes_for_comma, readings)), list(filter(_votes_for_point, readings))
    unclear = [reading for reading in readings if _is_unclear(reading)]
    if semicolons:
        has_commas = bool(commas) or any(reading.point.had_comma for reading in unclear)
        return "," if has_commas and len(commas) >= len(points) else "."
    if not commas or points:
        return "."
    if unclear:
        first, other = _decimal_comma(commas[0].point), _unclear_cell(unclear[0])
        raise TinyNetError(
            f"{name} may have a decimal comma or a decimal point. Column {commas[0].point.name!r} has {first}, and column "
            f"{unclear[0].point.name!r} has {other}. "
            + advice("decimal", ",", condition="If decimals follow a comma")
            + " "
            + advice("decimal", ".", condition="If they follow a point")
        )
    return ","


def _n_words(column: Column) -> int:
    """Return the number of cells that are neither numbers nor missing."""
    return int(column.is_word(word for word in column.words if not is_missing_word(word)).sum())


def _holds_numbers(reading: Reading) -> bool:
    return any(kind_of(column) == "number" and (column.codes == NUMBER).any() for column in reading)


def _votes_for_comma(reading: Reading) -> bool:
    if kind_of(reading.comma) != "number" or _n_words(reading.comma) >= _n_words(reading.point):
        return False
    written = reading.point.written or reading.point
    with_comma = [word for word in written.words if "," in word and written_number(word, ",") is not None]
    decimals = written.is_word(filter(needs_comma, with_comma)).sum()
    return bool(decimals >= MIN_COMMAS * written.is_word(with_comma).sum())


def _votes_for_point(reading: Reading) -> bool:
    return kind_of(reading.point) == "number" and _n_words(reading.point) < _n_words(reading.comma)


def _is_unclear(reading: Reading) -> bool:
    """Return whether both characters make numbers of a column, and other ones."""
    same = np.array_equal(reading.point.numbers, reading.comma.numbers, equal_nan=True)
    return not same and _n_words(reading.point) == _n_words(reading.comma)


def _decimal_comma(column: Column) -> str:
    """Return the first cell that needs a decimal comma."""
    return repr(next(filter(needs_comma, (column.written or column).words)))


def _unclear_cell(reading: Reading) -> str:
    """Return the first cell that is another number with the other character."""
    row = int(np.nanargmax(np.abs(reading.point.numbers - reading.comma.numbers) > 0))
    written = reading.point.written or reading.point
    cell = (
        written.words[written.codes[row]] if written.codes[row] >= 0 else shown(float(written.numbers[row]))
    )
    point, comma = float(reading.point.numbers[row]), float(reading.comma.numbers[row])
    return f"{cell!r}, which is {point:.10g} or {comma:.10g}"
