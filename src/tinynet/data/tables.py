"""Tables read as unscaled arrays: inputs, targets and row names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinynet.data.column_kinds import LeftOut, add_missing, add_words, input_column, present_words
from tinynet.data.column_roles import TARGET, column_roles, input_roles
from tinynet.data.dialects import Dialect
from tinynet.data.encoding import Encoding, InputColumn, differs_from
from tinynet.data.missing import MISSING_CHOICES, Missing
from tinynet.data.raw_tables import RawTable, read_cells
from tinynet.data.readers import Progress
from tinynet.data.scaling import Scaling
from tinynet.data.target_columns import (
    MAX_CLASSES,
    add_unanswered,
    answered,
    check_answers,
    targets_of,
)
from tinynet.data.written_numbers import Decimal, written_number
from tinynet.errors import TinyNetError, advice, counted
from tinynet.validation import check_choice, listed, shown

__all__ = ["MAX_CLASSES", "Table", "read", "read_like"]

FILL = advice("missing", "mean", condition="To fill in the mean", otherwise="Fill in the cells.")
MAX_NAMES = 4  # columns that a note names


@dataclass(frozen=True, eq=False)
class Table:
    """The rows of a table before scaling.

    source : Name of the table for errors, such as its path.
    row_unit : Word for the number of a row: "line" or "row".
    row_numbers : (rows,) Number of each row in the source.
    encoding : How the columns of the source become inputs.
    values : (rows, inputs) Values of the inputs; NaN for a missing number.
    targets : (rows, outputs), or None.
    names : Name of each row.
    target_names : Name of each output.
    regression : Whether the targets are numbers to predict, which are scaled like the inputs.
    notes : Sentences about what was understood, and what is left out.
    """

    source: str
    row_unit: str
    row_numbers: np.ndarray
    encoding: Encoding
    values: np.ndarray
    targets: np.ndarray | None
    names: tuple[str, ...]
    target_names: tuple[str, ...]
    regression: bool = False
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return self.encoding.inputs

    def __getitem__(self, rows: Sequence[int]) -> "Table":
        """Return the chosen rows as a table."""
        targets = None if self.targets is None else self.targets[rows]
        names = tuple(self.names[row] for row in rows)
        numbers = self.row_numbers[rows]
        return replace(self, row_numbers=numbers, values=self.values[rows], targets=targets, names=names)

    def scaled(
        self, columns: Sequence[str], values: np.ndarray, scale_by: np.ndarray | None
    ) -> tuple[np.ndarray, Scaling]:
        """Return scaled values (rows, columns) and the scaling.

        scale_by : Values whose smallest and largest become 0 and 1. Without them every value must lie in [0, 1].
        """
        scaling = Scaling.of(columns, values if scale_by is None else scale_by, self.encoding.fills)
        if scale_by is None:
            scaling = replace(scaling, low=(0.0,) * len(columns), high=(1.0,) * len(columns))
            self.check_range(
                columns, values, advice("scale", True, condition="To scale each column to 0 to 1")
            )
        return scaling(values), scaling

    def check_range(self, columns: Sequence[str], values: np.ndarray, what_to_do: str) -> None:
        """Raise a TinyNetError for the first value outside 0 to 1.

        values : (rows, columns).

        what_to_do : one or more sentences.
        """
        outside = (values < 0) | (values > 1)
        if outside.any():
            row, column = divmod(int(outside.argmax()), outside.shape[1])
            raise TinyNetError(
                f"{self.source}, {self.row_unit} {self.row_numbers[row]}, column {columns[column]!r}: "
                f"{shown(float(values[row, column]))} is outside 0 to 1. {what_to_do}",
            )


# --- a table with a label or targets -------------------------------------------------------------------------------


# Long because it names each parameter of `Examples.from_table`.
def read(
    source: Any,
    *,
    label: str | None = None,
    targets: str | Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    categories: Sequence[str] = (),
    missing: Missing | None = None,
    dialect: Dialect | None = None,
    progress: Progress | None = None,
) -> Table:
    """Read a table without scaling it; see `Examples.from_table`.

    progress : Called with the bytes of a file read so far and the bytes in all.
    """
    if label is not None and not isinstance(label, str | int):
        raise TinyNetError(f"is {label!r}. It must be the name of one column.", parameter="label")
    if missing is not None:
        check_choice("missing", missing, MISSING_CHOICES)
    label_name = None if label is None else str(label)
    names = [_column_names(columns) for columns in (targets, ignore, categories)]
    raw = read_cells(source, lambda table: column_roles(table, label_name, *names), dialect, progress)
    return _table(raw, missing)


def _column_names(columns: str | int | Sequence[str] | None) -> tuple[str, ...]:
    """Return column names as texts.

    Accepts one name or several.
    """
    if columns is None:
        return ()
    return tuple(map(str, (columns,) if isinstance(columns, str | int | np.integer) else columns))


def _table(raw: RawTable, missing: Missing | None) -> Table:
    """Return the table of the cells, or raise a TinyNetError that lists all their problems."""
    names, notes = np.array(_row_names(raw), object), list(raw.notes)
    notes += _target_like_inputs(raw)
    if raw.roles.name is not None and len(set(raw.columns[raw.roles.name].words)) < len(raw):
        notes.append(f"{raw.roles.name!r} names the rows and is no input.")
    raw, rows = _with_answers(raw, missing, notes)
    encoding = _encoding(raw, missing, [])
    raw.problems.check()
    if missing == "drop":
        raw, complete = _without_missing_cells(raw, encoding, notes)
        if len(complete) < len(rows):
            check_answers(raw)
        rows = rows[complete]
    encoding = _encoding(raw, missing, notes)
    raw.problems.check()
    if not encoding.columns:
        raise TinyNetError(f"{raw.name} has no input columns. {' '.join(notes[len(raw.notes) :])}")
    return _checked_targets(raw, _of(raw, encoding, names[rows].tolist(), tuple(notes)))


def _with_answers(raw: RawTable, missing: Missing | None, notes: list[str]) -> tuple[RawTable, np.ndarray]:
    """Return the rows that have a label or targets, and their indices. Other rows are noted, or are problems."""
    has_answer, rows = answered(raw), np.arange(len(raw))
    if missing is None and not has_answer.all():
        add_unanswered(raw, has_answer)
    elif not has_answer.all():
        what = "label" if raw.roles.label is not None else "target"
        notes.append(_left_out(int((~has_answer).sum()), len(raw), f"no {what}"))
        rows = np.flatnonzero(has_answer)
        raw = raw[rows]
    check_answers(raw)
    return raw, rows


def _target_like_inputs(raw: RawTable) -> list[str]:
    """Return a note about inputs that are named like targets, beside a label or targets that were chosen."""
    answer = raw.roles.label or next(iter(raw.roles.targets), None)
    names = [name for name in raw.roles.inputs if TARGET.fullmatch(name)]
    if answer is None or not names:
        return []
    are, role = ("is an input", "are inputs")[len(names) > 1], "label" if raw.roles.label else "target"
    return [f"{_quoted(names)} {are}, because {answer!r} is the {role}."]


def _without_missing_cells(
    raw: RawTable, encoding: Encoding, notes: list[str]
) -> tuple[RawTable, np.ndarray]:
    """Return the rows without missing inputs, and their indices."""
    missing = [how.missing(raw.columns[how.name]) for how in encoding.columns]
    complete = ~np.any([np.zeros(len(raw), bool), *missing], axis=0)
    if complete.all():
        return raw, np.arange(len(raw))
    if not complete.any():
        raise TinyNetError(f"{raw.name} has no row without missing cells. {FILL}")
    notes.append(_left_out(int((~complete).sum()), len(raw), "missing cells"))
    rows = np.flatnonzero(complete)
    return raw[rows], rows


def _encoding(raw: RawTable, missing: Missing | None, notes: list[str]) -> Encoding:
    """Return how the inputs of a table are read. Other columns are added to the notes or problems."""
    columns, left_out = raw.of(raw.roles.inputs), LeftOut({}, {})
    found = [input_column(column, raw, missing, left_out) for column in columns]
    reasons = left_out.reasons
    if not any(found) and not raw.problems:  # constant numbers are better than no input
        everything = replace(raw, roles=raw.roles._replace(selects=False))
        left_out = LeftOut({}, {})
        found = [None if c.words else input_column(c, everything, missing, left_out) for c in columns]
    used = {how.name for how in found if how is not None}
    for reason, names in reasons.items():
        names = [name for name in names if name not in used]
        notes += [_columns_left_out(names, reason)] if names else []
    comma: Decimal | None = "," if raw.decimal == "," else None
    constants = tuple(left_out.constants.items())
    return Encoding(tuple(how for how in found if how is not None), missing, comma, constants)


def _columns_left_out(names: list[str], reason: str) -> str:
    are = "is" if len(names) == 1 else "are"
    return f"{_quoted(names)} {are} {reason} and {are} left out."


def _quoted(names: list[str]) -> str:
    """Return the names of columns for a note."""
    quoted = [repr(name) for name in names]
    if len(names) > MAX_NAMES:
        return f"{', '.join(quoted[:MAX_NAMES])} and {len(names) - MAX_NAMES:,} more columns"
    return quoted[0] if len(names) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _left_out(count: int, total: int, reason: str) -> str:
    have, are = ("has", "is") if count == 1 else ("have", "are")
    return f"{count:,} of {total:,} rows {have} {reason} and {are} left out."


def _of(raw: RawTable, encoding: Encoding, names: Sequence[str], notes: tuple[str, ...]) -> Table:
    values = encoding.encode([raw.columns[how.name] for how in encoding.columns])
    targets, target_names = targets_of(raw)
    about = raw.name, raw.place.row_unit, raw.place.row_numbers
    return Table(*about, encoding, values, targets, tuple(names), target_names, raw.roles.regression, notes)


def _checked_targets(raw: RawTable, table: Table) -> Table:
    """Return a table whose soft targets lie in [0, 1]."""
    if raw.roles.targets and not raw.roles.regression and table.targets is not None:
        first = raw.roles.targets[0]
        as_label = advice("label", first, condition="If the column is a label")
        as_numbers = advice("targets", first, condition="If the column holds numbers to predict")
        table.check_range(raw.roles.targets, table.targets, f"{as_label} {as_numbers}")
    return table


def _row_names(raw: RawTable) -> list[str]:
    """Return the name of each row: its cell in the column `name`, or its number.

    The number of the row is added to a name that occurs more than once.
    """
    if raw.roles.name is None:
        return [f"row {n}" for n in range(1, len(raw) + 1)]
    column, numbers = raw.columns[raw.roles.name], raw.place.row_numbers
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.words))
    unit, names = raw.place.row_unit, []
    for code, number in zip(column.codes.tolist(), numbers.tolist(), strict=True):
        word = column.words[code] if code >= 0 else ""
        names.append(word if word and counts[code] == 1 else f"{word} ({unit} {number})".lstrip())
    return names


# --- new rows ------------------------------------------------------------------------------------------------------


def read_like(
    source: Any, encoding: Encoding, dialect: Dialect | None = None, progress: Progress | None = None
) -> Table:
    """Read the columns of an encoding as inputs.

    The result has no targets. A column `name` names the rows. A note says which columns were constant in the training
    rows and have other values now.
    """
    names = [how.name for how in encoding.columns]
    dialect = dialect or Dialect()
    if dialect.decimal is None:
        dialect = replace(dialect, decimal=encoding.decimal)
    categories = [how.name for how in encoding.columns if how.kind == "category"]
    others = [name for name, _ in encoding.constants]
    raw = read_cells(source, lambda table: input_roles(table, names, categories, others), dialect, progress)
    for how in encoding.columns:
        _check_new_cells(how, raw, encoding.missing)
    row_names = _row_names(raw)
    raw.problems.check()
    notes = list(raw.notes)
    if encoding.missing == "drop":
        raw, rows = _without_missing_cells(raw, encoding, notes)
        row_names = [row_names[row] for row in rows]
    notes += _unknown_categories(raw, encoding)
    constants = [(name, value) for name, value in encoding.constants if name in raw.columns]
    differs = [differs_from(raw.columns[name], value) for name, value in constants]
    notes += constants_note([name for name, _ in constants], differs)
    return _of(raw, encoding, row_names, tuple(notes))


def _check_new_cells(how: InputColumn, raw: RawTable, missing: Missing | None) -> None:
    """Add the cells that cannot be read to the problems."""
    column = raw.columns[how.name]
    is_missing = how.missing(column)
    wrong = how.unreadable(column)
    others = column.with_other_sign(how.sign, raw.decimal) if how.kind == "number" else {}
    for sign, rows in others.items():
        written = column.written or column
        code, number = written.codes[int(rows.argmax())], column.numbers[int(rows.argmax())]
        cell = repr(written.words[code]) if code >= 0 else shown(float(number))
        raw.problems.add(
            raw.place.of(column.name, rows),
            f"{cell} has {sign or 'no %'}. The numbers of the training rows have {how.sign or 'no %'}.",
            "Write the cell like the training rows.",
        )
    if others:  # then numbers with a sign are words, too
        wrong &= ~column.is_word(word for word in column.words if written_number(word, raw.decimal))
    if wrong.any():
        add_words(column, wrong, raw.place, raw.problems, how.kind)
    if is_missing.any() and missing is None:
        add_missing(column, is_missing, raw.place, raw.problems, "Fill in the cell or remove the row.")


def constants_note(names: Sequence[str], differs: Sequence[np.ndarray]) -> list[str]:
    """Return a note about the constant columns of the training that have other values in new rows.

    names : Names of the constant columns.
    differs : (rows,) for each of them, whether a new row has another value.
    """
    wrong = [name for name, rows in zip(names, differs, strict=True) if rows.any()]
    if not wrong:
        return []
    rows = np.any(list(differs), axis=0)
    is_, changes = ("is", "changes") if len(wrong) == 1 else ("are", "change")
    have = "has" if rows.sum() == 1 else "have"
    return [
        f"{_quoted(wrong)} {is_} constant in the training rows and {changes} no prediction. {int(rows.sum()):,} of "
        f"{counted(len(rows), 'new row')} {have} another value there."
    ]


def _unknown_categories(raw: RawTable, encoding: Encoding) -> list[str]:
    """Return a note about each column with categories that the training rows do not have."""
    notes = []
    for how in encoding.columns:
        column = raw.columns[how.name]
        unknown = how.unknown(column)
        if unknown.any():
            words = present_words(column.as_words(), unknown)
            cells = counted(int(unknown.sum()), "cell")
            notes.append(
                f"{how.name!r}: {cells} with {listed(words)}, which the training rows do not have. "
                "Such a cell counts as none of the categories."
            )
    return notes
