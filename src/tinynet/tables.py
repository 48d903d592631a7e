"""Tables of your own: CSV files, read with bounded memory, and errors that say where."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.pictures import Examples
from tinynet.scaling import Scaling

ROWS_AT_A_TIME = 8192  # so that only so many stand in memory as text
MOST_ANSWERS = 10
NO_ROWS = "has no rows; it needs a line of column names and at least one row below it"


@dataclass(frozen=True, eq=False)
class Table:
    """The rows of a CSV file, in its own numbers.

    path : of the file. columns : names of the inputs. lines : (rows,) of the file, for errors.
    values : (rows, columns) the inputs. targets : (rows, outputs), or None. names : one a row.
    answers : what each output stands for.
    """

    path: Path
    columns: tuple[str, ...]
    lines: np.ndarray
    values: np.ndarray
    targets: np.ndarray | None
    names: tuple[str, ...]
    answers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, rows: Sequence[int]) -> "Table":
        """Return the chosen rows as a table."""
        targets = None if self.targets is None else self.targets[rows]
        names = tuple(self.names[row] for row in rows)
        return replace(self, lines=self.lines[rows], values=self.values[rows], targets=targets, names=names)

    def scaling(self) -> Scaling:
        """Return the scaling by the rows' own smallest and largest values."""
        return Scaling.of(self.columns, self.values)

    def examples(self, scaling: Scaling | None = None) -> Examples:
        """Return the rows as examples, scaled; without a scaling every value must lie in [0, 1]."""
        if scaling is None:
            _check_range(self, self.columns, self.values, "scale the columns first (scale=True, or --scale)")
        inputs = self.values if scaling is None else scaling(self.values)
        return Examples(inputs, self.targets, self.names, None, self.answers, scaling)


class _Header(NamedTuple):
    """Which column holds what."""

    names: list[str]
    inputs: list[int]
    targets: list[int]
    label: int | None
    name: int | None


class _Rows(NamedTuple):
    """Some rows as text: the line each ends in, and the cells of each column."""

    path: Path
    lines: list[int]
    columns: list[tuple[str, ...]]


def read_table(path: str | Path, *, label: str | None = None, scale: bool = False) -> Examples:
    """Read a CSV file as examples: a header, then a row for each.

    A column `name` names the rows. What should come out stands in the column `label`, or the column that is given as
    `label` (each of its 2 to 10 labels becomes an output), or in columns whose names begin with `target`; without them
    there are no targets. Every other column is an input in [0, 1]; with `scale`, each is mapped there from its smallest
    and largest value, and the examples' `scaled` does the same to new rows.

    Raises TinyNetError that names the line and the column at fault.
    """
    table = read(path, label=label)
    return table.examples(table.scaling() if scale else None)


def read(path: str | Path, *, label: str | None = None) -> Table:
    """Read a CSV file in its own numbers; see `read_table`."""
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = _header(path, [cell.strip() for cell in next(reader, [])], label)
            return _gathered(path, header, _chunks(path, len(header.names), reader))
    except OSError as error:
        raise TinyNetError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TinyNetError(f"{path} is not a CSV table in UTF-8 ({error})") from error


def halfway(examples: Examples) -> Examples:
    """Return the points halfway between the mean inputs of every two answers, as gray is of the lines; no targets."""
    assert examples.targets is not None
    said = examples.targets.argmax(axis=1)
    means = {
        a: examples.inputs[said == k].mean(axis=0)
        for k, a in enumerate(examples.answers)
        if (said == k).any()
    }
    pairs = [(a, b) for k, b in enumerate(means) for a in list(means)[:k]]
    if not pairs:
        raise TinyNetError(f"these examples have targets of {len(means)} answer; halfway lies between two")
    inputs = np.array([(means[a] + means[b]) / 2 for a, b in pairs])
    return replace(
        examples, inputs=inputs, targets=None, names=tuple(f"{a} – {b}" for a, b in pairs), shape=None
    )


def _header(path: Path, names: list[str], label: str | None) -> _Header:
    _check_header(path, names)
    wanted = "label" if label is None and "label" in names else label
    if wanted is not None and wanted not in names:
        raise TinyNetError(f"{path} has no column {wanted!r}; its columns are {', '.join(names)}")
    targets = [c for c, name in enumerate(names) if name.startswith("target") and name != wanted]
    if wanted is not None and targets:
        raise TinyNetError(f"{path} has a column {wanted!r} and target columns; keep one or the other")
    kept = [c for c, name in enumerate(names) if name not in ("name", wanted) and c not in targets]
    if not kept:
        raise TinyNetError(f"{path} has no input columns; its columns are {', '.join(names)}")
    at = {name: c for c, name in enumerate(names)}
    return _Header(
        names,
        kept,
        targets,
        None if wanted is None else at[wanted],
        at.get("name") if wanted != "name" else None,
    )


def _check_header(path: Path, names: list[str]) -> None:
    if not names:
        raise TinyNetError(f"{path} {NO_ROWS}")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise TinyNetError(f"{path}, line 1: two columns named {twice!r}; column names must differ")
    if "" in names:
        raise TinyNetError(
            f"{path}, line 1: column {names.index('') + 1} has no name; name it, or leave it out "
            "(pandas writes its index so: to_csv(..., index=False))"
        )
    if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
        raise TinyNetError(f"{path}, line 1: {names[0]!r} is one column; columns are parted by commas")


def _chunks(path: Path, width: int, reader: Any) -> Iterator[_Rows]:
    lines: list[int] = []
    rows: list[list[str]] = []
    for row in reader:
        if not row:
            continue
        if len(row) != width:
            raise TinyNetError(
                f"{path}, line {reader.line_num}: {len(row)} cells were found and the header has {width}"
            )
        lines.append(reader.line_num)
        rows.append(row)
        if len(rows) == ROWS_AT_A_TIME:
            yield _Rows(path, lines, list(zip(*rows, strict=True)))
            lines, rows = [], []
    if rows:
        yield _Rows(path, lines, list(zip(*rows, strict=True)))


def _gathered(path: Path, header: _Header, chunks: Iterator[_Rows]) -> Table:
    """Put the chunks together as arrays."""
    lines, values, goals = [], [], []
    labels: dict[str, int] = {}
    named: dict[str, int] = {}  # with their lines
    for rows in chunks:
        lines.append(np.array(rows.lines))
        values.append(_numbers(rows, header, header.inputs))
        goals.append(
            _numbers(rows, header, header.targets)
            if header.label is None
            else _codes(rows, header, header.label, labels)
        )
        if header.name is not None:
            _name(rows, header.name, named)
    if not lines:
        raise TinyNetError(f"{path} {NO_ROWS}")
    at, count = np.concatenate(lines), sum(map(len, lines))
    targets, answers = _targets(path, header, np.concatenate(goals), list(labels))
    names = tuple(named) or tuple(f"row {n}" for n in range(1, count + 1))
    columns = tuple(header.names[c] for c in header.inputs)
    table = Table(path, columns, at, np.concatenate(values), targets, names, answers)
    if header.targets and targets is not None:
        what = [header.names[c] for c in header.targets]
        _check_range(
            table, what, targets, f"for a column of labels give its name (label={what[0]!r}, or --label)"
        )
    return table


def _targets(
    path: Path, header: _Header, goals: np.ndarray, labels: list[str]
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Return the targets (rows, outputs) and the answers they stand for, in the order of the alphabet."""
    if header.label is None:
        words = [header.names[c].removeprefix("target").strip(" _:.-") for c in header.targets]
        answers = tuple(word or f"output {k}" for k, word in enumerate(words))
        return (goals, answers) if answers else (None, ("horizontal", "vertical"))
    if len(labels) < 2:
        raise TinyNetError(
            f"{path}, column {header.names[header.label]!r}: every row has the label {labels[0]!r}; "
            "there is nothing to tell apart"
        )
    answers = tuple(sorted(labels))
    place = np.array([answers.index(label) for label in labels])
    return np.eye(len(answers))[place[goals]], answers


def _numbers(rows: _Rows, header: _Header, columns: list[int]) -> np.ndarray:
    """Return some columns as numbers. -> (rows, columns)"""
    found = np.empty((len(rows.lines), len(columns)))
    for k, c in enumerate(columns):
        try:
            found[:, k] = np.fromiter(map(float, rows.columns[c]), float, len(found))
        except ValueError:
            _refuse(rows, header, c)
        if not np.isfinite(found[:, k]).all():
            _refuse(rows, header, c)
    return found


def _refuse(rows: _Rows, header: _Header, column: int) -> None:
    """Raise for the first cell of a column that is no number."""
    for line, cell in zip(rows.lines, rows.columns[column], strict=True):
        wrong = _wrong(cell)
        if wrong:
            raise TinyNetError(f"{_place(rows, line, header.names[column])}: {wrong}")


def _wrong(cell: str) -> str:
    """Say what is wrong with a cell that should be a number; nothing, if it is one."""
    try:
        return "" if np.isfinite(float(cell)) else f"{cell!r} is not finite"
    except ValueError:
        if cell.strip():
            return f"{cell!r} is no number; an input is one (a column of words can only be the label)"
        return "the cell is empty; fill it in, or leave the row out"


def _codes(rows: _Rows, header: _Header, column: int, known: dict[str, int]) -> np.ndarray:
    """Return the number of each row's label among the known ones, which grow. -> (rows,)"""
    labels = [cell.strip() for cell in rows.columns[column]]
    codes = np.fromiter((known.setdefault(label, len(known)) for label in labels), int, len(labels))
    where = header.names[column]
    if "" in known:
        raise TinyNetError(
            f"{_place(rows, rows.lines[labels.index('')], where)}: the label is missing; fill it in, or leave the row out"
        )
    if len(known) > MOST_ANSWERS:
        row = int((codes >= MOST_ANSWERS).argmax())
        raise TinyNetError(
            f"{_place(rows, rows.lines[row], where)}: {labels[row]!r} is label number {MOST_ANSWERS + 1}; "
            f"at most {MOST_ANSWERS} are told apart"
        )
    return codes


def _name(rows: _Rows, column: int, known: dict[str, int]) -> None:
    for line, cell in zip(rows.lines, rows.columns[column], strict=True):
        name = cell.strip()
        if not name or name in known:
            what = f"{name!r} is the name of line {known[name]} too" if name else "the name is missing"
            raise TinyNetError(f"{_place(rows, line, 'name')}: {what}; names must differ")
        known[name] = line


def _place(rows: "_Rows | Table", line: int, column: str) -> str:
    return f"{rows.path}, line {line}, column {column!r}"


def _check_range(table: Table, columns: Sequence[str], values: np.ndarray, advice: str) -> None:
    outside = (values < 0) | (values > 1)  # (rows, columns)
    if outside.any():
        row, column = divmod(int(outside.argmax()), outside.shape[1])
        raise TinyNetError(
            f"{_place(table, table.lines[row], columns[column])}: {values[row, column]:g} lies outside 0 to 1; {advice}"
        )
