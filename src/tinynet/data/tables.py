"""Tables of your own, in their own numbers: what each column is for, and errors that say where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, NamedTuple, NoReturn

import numpy as np

from tinynet.data.readers import NO_ROWS, Progress, Rows, Source, missing, numbers, opened
from tinynet.data.scaling import Scaling
from tinynet.errors import TinyNetError

MAX_ANSWERS = 10
SCALE_THEM = "scale the columns (scale=True, or without --no-scale)"


@dataclass(frozen=True, eq=False)
class Table:
    """The rows of a table, in its own numbers.

    what, unit : its name, and what a row's place in it is called. places : (rows,) for errors.
    columns : names of the inputs. values : (rows, columns) of them.
    targets : (rows, outputs), or None. target_names : what each output stands for. names : one a row.
    regression : whether the targets are numbers to be scaled like the inputs.
    """

    what: str
    unit: str
    places: np.ndarray
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
        return replace(self, places=self.places[rows], values=self.values[rows], targets=targets, names=names)

    def scaled(
        self, columns: Sequence[str], values: np.ndarray, ends: np.ndarray | None
    ) -> tuple[np.ndarray, Scaling | None]:
        """Return values (rows, columns) scaled by the smallest and largest of `ends`, and that scaling.

        Without `ends` every value must lie in [0, 1].
        """
        if ends is None:
            self.check_range(columns, values, SCALE_THEM)
            return values, None
        scaling = Scaling.of(columns, ends)
        return scaling.shares(values), scaling

    def check_range(self, columns: Sequence[str], values: np.ndarray, advice: str) -> None:
        """Raise a TinyNetError for the first of the values (rows, columns) that lies outside 0 to 1."""
        outside = (values < 0) | (values > 1)
        if outside.any():
            row, column = divmod(int(outside.argmax()), outside.shape[1])
            raise TinyNetError(
                f"{self.what}, {self.unit} {self.places[row]}, column {columns[column]!r}: {values[row, column]:g} lies "
                f"outside 0 to 1; {advice}"
            )


class _Header(NamedTuple):
    """Which column holds what: their places in the table."""

    inputs: list[int]
    targets: list[int]
    label: int | None
    name: int | None
    regression: bool


def read(
    source: Any,
    *,
    label: str | None = None,
    targets: str | Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    progress: Progress | None = None,
) -> Table:
    """Read a table in its own numbers; see `Examples.from_table`. progress : told of the bytes of a file."""
    if label is not None and not isinstance(label, str | int):
        raise TinyNetError(f"label is {label!r}; it is the name of one column")
    said = None if label is None else str(label)
    with opened(source, progress) as table:
        return _gathered(table, _header(table, said, _several(targets), _several(ignore)))


def _several(columns: str | int | Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of columns, of which one may stand by itself."""
    if columns is None:
        return ()
    return tuple(map(str, (columns,) if isinstance(columns, str | int) else columns))


def read_columns(source: Any, columns: Sequence[str], progress: Progress | None = None) -> Table:
    """Read the named columns of a table as inputs, without targets; a column `name` names the rows."""
    with opened(source, progress) as table:
        at = {name: c for c, name in enumerate(table.names)}
        for column in columns:
            if column not in at:
                raise TinyNetError(f"{table.what} has no column {column!r}; {_nearest(column, table.names)}")
        name = None if "name" in columns else at.get("name")
        return _gathered(table, _Header([at[column] for column in columns], [], None, name, False))


def _header(source: Source, label: str | None, targets: tuple[str, ...], ignore: tuple[str, ...]) -> _Header:
    names = source.names
    at = {name: c for c, name in enumerate(names)}
    for wanted in (*([] if label is None else [label]), *targets, *ignore):
        if wanted not in at:
            raise TinyNetError(f"{source.what} has no column {wanted!r}; {_nearest(wanted, names)}")
    if label is None and not targets:
        label, targets = _usual(source, ignore)
    plain = [name for name in names if name.startswith("target") and name not in (label, *targets, *ignore)]
    if plain and (label is not None or targets):
        raise TinyNetError(
            f"{source.what} has a column {label or targets[0]!r} and target columns ({', '.join(plain)}); keep one or the "
            "other (ignore=[…], --ignore)"
        )
    if label is not None and targets:
        raise TinyNetError(
            f"label is {label!r} and targets are {', '.join(map(repr, targets))}; a network here tells answers apart or predicts "
            "numbers: keep one, and ignore the other column"
        )
    used = {label, *targets, *plain, *ignore} | (
        {"name"} if label != "name" and "name" not in targets else set()
    )
    inputs = [c for c, name in enumerate(names) if name not in used]
    if not inputs:
        raise TinyNetError(f"{source.what} has no input columns; its columns are {', '.join(names)}")
    name = at.get("name") if not {"name"} & {label, *targets, *ignore} else None
    place = None if label is None else at[label]
    return _Header(inputs, [at[name] for name in (*targets, *plain)], place, name, bool(targets))


def _usual(source: Source, ignore: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Return the label and the targets where none are named: those that were given apart, or the column `label`."""
    if len(source.answers) == 1:
        return source.answers[0], ()
    return "label" if "label" in source.names and "label" not in ignore else None, source.answers


def _nearest(wanted: str, names: list[str]) -> str:
    found = get_close_matches(wanted, names, 1)
    return f"did you mean {found[0]!r}?" if found else f"its columns are {', '.join(names)}"


def _gathered(source: Source, header: _Header) -> Table:
    """Put the chunks together as arrays."""
    places, values, goals = [], [], []
    labels: dict[str, int] = {}
    named: dict[str, int] = {}  # with their places
    for rows in source.chunks:
        places.append(np.array(rows.places))
        values.append(numbers(source, rows, header.inputs))
        goals.append(
            numbers(source, rows, header.targets)
            if header.label is None
            else _codes(source, rows, header.label, labels)
        )
        if header.name is not None:
            _name(source, rows, header.name, named)
    if not places:
        raise TinyNetError(f"{source.what} {NO_ROWS}")
    at, count = np.concatenate(places), sum(map(len, places))
    targets, answers = _targets(source, header, np.concatenate(goals), list(labels))
    names = tuple(named) or tuple(f"row {n}" for n in range(1, count + 1))
    columns = tuple(source.names[c] for c in header.inputs)
    numbers_of = np.concatenate(values)
    about = source.what, source.unit, at, columns
    table = Table(*about, numbers_of, targets, names, answers, header.regression)
    if header.targets and not header.regression and targets is not None:
        what = [source.names[c] for c in header.targets]
        table.check_range(
            what,
            targets,
            f"if it is a label, say label={what[0]!r} (--label); if a number, targets={what[0]!r} (--target)",
        )
    return table


def _targets(
    source: Source, header: _Header, goals: np.ndarray, labels: list[str]
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Return the targets (rows, outputs) and the answers they stand for: labels by number, or by the alphabet."""
    if header.label is None:
        for k, c in enumerate(header.targets if header.regression else ()):
            if (goals[:, k] == goals[0, k]).all():
                _nothing_to_learn(source, c, f"{goals[0, k]:g}", "predict")
        names = [source.names[c] for c in header.targets]
        words = [name if header.regression else name.removeprefix("target").strip(" _:.-") for name in names]
        answers = tuple(word or f"output {k}" for k, word in enumerate(words))
        return (goals, answers) if answers else (None, ("horizontal", "vertical"))
    if len(labels) < 2:
        _nothing_to_learn(source, header.label, f"the label {labels[0]!r}", "tell apart")
    answers = tuple(sorted(labels, key=_order(labels)))
    place = np.array([answers.index(label) for label in labels])
    return np.eye(len(answers))[place[goals]], answers


def _nothing_to_learn(source: Source, column: int, found: str, what: str) -> NoReturn:
    raise TinyNetError(
        f"{source.what}, column {source.names[column]!r}: every row has {found}; there is nothing to {what}"
    )


def _order(labels: list[str]) -> Any:
    """Return what labels are sorted by: their numbers, if all are numbers."""
    try:
        return {label: float(label) for label in labels}.__getitem__
    except ValueError:
        return None


def _codes(source: Source, rows: Rows, column: int, known: dict[str, int]) -> np.ndarray:
    """Return the number of each row's label among the known ones, which grow. -> (rows,)"""
    cells = rows.columns[column]
    labels = ["" if missing(cell) else str(cell).strip() for cell in cells]
    codes = np.fromiter((known.setdefault(label, len(known)) for label in labels), int, len(labels))
    where = source.names[column]
    if "" in known:
        at = rows.places[labels.index("")]
        raise TinyNetError(
            f"{source.place(at, where)}: the label is missing; fill it in, or leave the row out"
        )
    if len(known) > MAX_ANSWERS:
        row = int((codes >= MAX_ANSWERS).argmax())
        raise TinyNetError(
            f"{source.place(rows.places[row], where)}: {labels[row]!r} is label number {MAX_ANSWERS + 1}; at most "
            f"{MAX_ANSWERS} are told apart. If it is a number to predict, say targets={where!r} (--target)"
        )
    return codes


def _name(source: Source, rows: Rows, column: int, known: dict[str, int]) -> None:
    for at, cell in zip(rows.places, rows.columns[column], strict=True):
        name = "" if missing(cell) else str(cell).strip()
        if not name or name in known:
            what = (
                f"{name!r} is the name of {source.unit} {known[name]} too" if name else "the name is missing"
            )
            raise TinyNetError(
                f"{source.place(at, 'name')}: {what}; names must differ (or leave the column out: ignore=['name'], --ignore name)"
            )
        known[name] = at
