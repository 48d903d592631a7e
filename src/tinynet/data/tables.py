"""Tables read as unscaled arrays: inputs, targets and row names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np

from tinynet.data.cells import is_missing, numbers
from tinynet.data.column_roles import Roles, column_roles, input_roles
from tinynet.data.readers import NO_ROWS, Chunk, Progress, Source, opened
from tinynet.data.scaling import Scaling
from tinynet.errors import TinyNetError, advice
from tinynet.validation import shown

MAX_CLASSES = 10
ANOTHER_LABEL = "Choose a column with fewer different labels."


@dataclass(frozen=True, eq=False)
class Table:
    """The rows of a table before scaling.

    source : Name of the table for errors, such as its path.
    row_unit : Word for the number of a row: "line" or "row".
    row_numbers : (rows,) Number of each row in the source.
    columns : Names of the inputs.
    values : (rows, columns) Values of the inputs.
    targets : (rows, outputs), or None.
    names : Name of each row.
    target_names : Name of each output.
    regression : Whether the targets are numbers to predict, which are scaled like the inputs.
    """

    source: str
    row_unit: str
    row_numbers: np.ndarray
    columns: tuple[str, ...]
    values: np.ndarray
    targets: np.ndarray | None
    names: tuple[str, ...]
    target_names: tuple[str, ...]
    regression: bool = False

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, rows: Sequence[int]) -> "Table":
        """Return the chosen rows as a table."""
        targets = None if self.targets is None else self.targets[rows]
        names = tuple(self.names[row] for row in rows)
        numbers = self.row_numbers[rows]
        return replace(self, row_numbers=numbers, values=self.values[rows], targets=targets, names=names)

    def scaled(
        self, columns: Sequence[str], values: np.ndarray, scale_by: np.ndarray | None
    ) -> tuple[np.ndarray, Scaling | None]:
        """Return scaled values (rows, columns) and the scaling.

        scale_by : Values whose smallest and largest become 0 and 1. Without them every value must lie in [0, 1].
        """
        if scale_by is None:
            self.check_range(
                columns, values, advice("scale", True, condition="To scale each column to 0 to 1")
            )
            return values, None
        scaling = Scaling.of(columns, scale_by)
        return scaling.unclipped(values), scaling

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


def read(
    source: Any,
    *,
    label: str | None = None,
    targets: str | Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    progress: Progress | None = None,
) -> Table:
    """Read a table without scaling it; see `Examples.from_table`.

    progress : Called with the bytes of a file read so far and the bytes in all.
    """
    if label is not None and not isinstance(label, str | int):
        raise TinyNetError(f"is {label!r}. It must be the name of one column.", parameter="label")
    with opened(source, progress) as table:
        label_name = None if label is None else str(label)
        return _read_rows(
            table, column_roles(table, label_name, _column_names(targets), _column_names(ignore))
        )


def read_columns(source: Any, columns: Sequence[str], progress: Progress | None = None) -> Table:
    """Read the named columns of a table as inputs.

    The result has no targets. A column `name` names the rows.
    """
    with opened(source, progress) as table:
        return _read_rows(table, input_roles(table, columns))


def _column_names(columns: str | int | Sequence[str] | None) -> tuple[str, ...]:
    """Return column names as texts.

    Accepts one name or several.
    """
    if columns is None:
        return ()
    return tuple(map(str, (columns,) if isinstance(columns, str | int | np.integer) else columns))


def _read_rows(source: Source, roles: Roles) -> Table:
    """Read all chunks and join them."""
    row_numbers, values, raw_targets = [], [], []
    label_codes: dict[str, int] = {}
    row_of_name: dict[str, int] = {}
    for chunk in source.chunks:
        row_numbers.append(np.array(chunk.row_numbers))
        values.append(numbers(source, chunk, roles.inputs))
        raw_targets.append(
            numbers(source, chunk, roles.targets)
            if roles.label is None
            else _codes(source, chunk, roles.label, label_codes)
        )
        if roles.name is not None:
            _add_names(source, chunk, roles.name, row_of_name)
    if not row_numbers:
        raise TinyNetError(f"{source.name} {NO_ROWS}")
    targets, target_names = _targets(source, roles, np.concatenate(raw_targets), list(label_codes))
    names = tuple(row_of_name) or tuple(f"row {n}" for n in range(1, sum(map(len, row_numbers)) + 1))
    columns = tuple(source.columns[c] for c in roles.inputs)
    about = source.name, source.row_unit, np.concatenate(row_numbers), columns
    table = Table(*about, np.concatenate(values), targets, names, target_names, roles.regression)
    if roles.targets and not roles.regression and targets is not None:
        target_columns = [source.columns[c] for c in roles.targets]
        first = target_columns[0]
        as_label = advice("label", first, condition="If the column is a label")
        as_numbers = advice("targets", first, condition="If the column holds numbers to predict")
        table.check_range(target_columns, targets, f"{as_label} {as_numbers}")
    return table


def _targets(
    source: Source, roles: Roles, raw: np.ndarray, labels: list[str]
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Return the targets (rows, outputs) and their names.

    Labels become one-hot rows. The classes are sorted by number or alphabet.

    raw : (rows, outputs) numbers, or (rows,) indices of `labels`.
    """
    if roles.label is None:
        for k, c in enumerate(roles.targets if roles.regression else ()):
            if (raw[:, k] == raw[0, k]).all():
                _raise_constant(
                    source, c, shown(float(raw[0, k])), "A target must have at least two different values."
                )
        columns = [source.columns[c] for c in roles.targets]
        words = [name if roles.regression else name.removeprefix("target").strip(" _:.-") for name in columns]
        names = tuple(word or f"output {k}" for k, word in enumerate(words))
        return (raw, names) if names else (None, ("horizontal", "vertical"))
    if len(labels) < 2:
        _raise_constant(
            source, roles.label, f"the label {labels[0]!r}", "There must be at least two different labels."
        )
    classes = tuple(sorted(labels, key=_sort_key(labels)))
    class_of_code = np.array([classes.index(label) for label in labels])
    return np.eye(len(classes))[class_of_code[raw]], classes


def _raise_constant(source: Source, column: int, value: str, rule: str) -> NoReturn:
    raise TinyNetError(f"{source.name}, column {source.columns[column]!r}: every row has {value}. {rule}")


def _sort_key(labels: list[str]) -> Any:
    """Return the sort key of labels.

    The key is a number if all labels are numbers.
    """
    try:
        return {label: float(label) for label in labels}.__getitem__
    except ValueError:
        return None


def _codes(source: Source, chunk: Chunk, column: int, code_of: dict[str, int]) -> np.ndarray:
    """Return the code of each row's label. -> (rows,)

    New labels are added to `code_of`.
    """
    labels = ["" if is_missing(cell) else str(cell).strip() for cell in chunk.columns[column]]
    codes = np.fromiter((code_of.setdefault(label, len(code_of)) for label in labels), int, len(labels))
    name = source.columns[column]
    if "" in code_of:
        place = source.place(chunk.row_numbers[labels.index("")], name)
        raise TinyNetError(f"{place}: the label is missing. Fill it in or remove the row.")
    if len(code_of) > MAX_CLASSES:
        row = int((codes >= MAX_CLASSES).argmax())
        raise TinyNetError(
            f"{source.place(chunk.row_numbers[row], name)}: {labels[row]!r} is label number {MAX_CLASSES + 1}. A label "
            f"column must have at most {MAX_CLASSES} different labels. "
            + advice(
                "targets", name, condition="If the column holds numbers to predict", otherwise=ANOTHER_LABEL
            ),
        )
    return codes


def _add_names(source: Source, chunk: Chunk, column: int, row_of_name: dict[str, int]) -> None:
    for row_number, cell in zip(chunk.row_numbers, chunk.columns[column], strict=True):
        name = "" if is_missing(cell) else str(cell).strip()
        if not name or name in row_of_name:
            used = f"{name!r} is also the name of {source.row_unit} {row_of_name[name]}" if name else ""
            raise TinyNetError(
                f"{source.place(row_number, 'name')}: {used or 'the name is missing'}. Names must differ. Correct the "
                f"name. {advice('ignore', ['name'], condition='To leave the column out')}",
            )
        row_of_name[name] = row_number
