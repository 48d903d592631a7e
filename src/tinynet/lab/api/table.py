"""Tables that a user drops on the page.

The results are a summary of the columns, and an experiment.
"""

from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from tinynet.data import splits, tables
from tinynet.data.column_kinds import kind_of, present_words, reason_to_leave_out
from tinynet.data.column_roles import Roles, input_roles
from tinynet.data.columns import NUMBER, Column
from tinynet.data.dialects import Dialect
from tinynet.data.encoding import Kind, missing_cells
from tinynet.data.missing import Missing
from tinynet.data.raw_tables import RawTable, read_cells
from tinynet.data.readers import HeaderError, Source, TextFile
from tinynet.errors import TinyNetError
from tinynet.lab.api.fields import Number, Seed, StrictRequest, Switch, Text, Whole, fraction, limits
from tinynet.lab.api.requests import check_size
from tinynet.numerics.cancellation import check_cancelled
from tinynet.training.defaults import defaults
from tinynet.validation import check_int

MAX_SHOWN = 4  # different cells of a column that are shown
MAX_NUMBERS = 10  # a column with more different numbers holds numbers to predict, not classes
MAX_ROWS = 5_000  # rows of a table on the page
MAX_HIDDEN_NODES = 64  # nodes that the page draws
LABELS = (
    "label",
    "species",
    "class",
    "target",
    "kind",
    "category",
    "answer",
    "y",
)  # column names that are proposed as the label, in this order


@dataclass(frozen=True)
class TableText(StrictRequest):
    """A CSV table as text.

    name : name of its file, for errors.
    header : whether the first line has the column names. None decides it.
    delimiter, decimal : the character between cells, and the character before decimals. None finds them.
    """

    name: Text
    text: str
    header: Switch | None = None
    delimiter: Text | None = None
    decimal: Literal[".", ","] | None = None

    def source(self) -> TextFile:
        """Return the text with the name of its file."""
        return TextFile(self.name, self.text)

    def dialect(self) -> Dialect:
        """Return the validated dialect."""
        return Dialect(self.delimiter, self.decimal, None, self.header)


@dataclass(frozen=True)
class TableRequest(TableText):
    """A table, and settings for an experiment from the table.

    label : column with the classes, or with the numbers to predict.
    predict : whether the column has numbers to predict.
    ignore : columns to leave out.
    categories : columns whose numbers are categories.
    missing : how missing cells are treated; None refuses them.
    hidden_nodes : nodes of the hidden layer.
    held_out : fraction of the rows to hold out.
    """

    label: Text = "label"
    ignore: list[Text] = field(default_factory=list)
    hidden_nodes: Annotated[Whole, limits("hidden_nodes", 1, MAX_HIDDEN_NODES)] = 5
    held_out: Annotated[Number, fraction("held_out")] = 0.3
    seed: Seed = 0
    predict: Switch = False
    categories: list[Text] = field(default_factory=list)
    missing: Missing | None = None


class ColumnSummary(NamedTuple):
    """The content of a column.

    kind : "number", "category" or "date".
    missing : number of missing cells.
    different : number of different cells that are not missing. `examples` has up to 4 of them.
    odd : the first word in a column of numbers, or None.
    low, high : the smallest and the largest number.
    left_out : why the column is no input, or None.
    label : whether the column may be a label.
    names_rows : whether the column names the rows, unless it is the label.
    """

    name: str
    kind: Kind
    missing: int
    different: int
    examples: list[str]
    odd: str | None
    low: float
    high: float
    left_out: str | None
    label: bool
    names_rows: bool


def _all_inputs(table: Source) -> Roles:
    return Roles(tuple(table.columns), name=input_roles(table, ()).name, selects=table.named)


def _cells(request: TableText) -> RawTable:
    """Return the cells of a table. If the first line looks like data and nothing else is said, it is data.

    Raises TinyNetError with all rows of another width.
    """
    try:
        raw = read_cells(request.source(), _all_inputs, request.dialect())
    except HeaderError:
        raw = read_cells(request.source(), _all_inputs, replace(request.dialect(), header=False))
    raw.problems.check()
    return raw


def _summary(column: Column, raw: RawTable) -> ColumnSummary:
    check_cancelled()
    kind = kind_of(column)
    missing = missing_cells(column, kind)
    present = column[~missing]
    words = present_words(present, present.codes >= 0)
    numbers = present.numbers[present.codes == NUMBER]
    distinct = [*words, *(f"{number:.6g}" for number in np.unique(numbers))]
    whole = bool((numbers == np.round(numbers)).all())
    return ColumnSummary(
        column.name,
        kind,
        missing=int(missing.sum()),
        different=len(distinct),
        examples=distinct[:MAX_SHOWN],
        odd=words[0] if kind == "number" and words else None,
        low=float(numbers.min()) + 0.0 if len(numbers) else 0.0,  # + 0.0 turns -0.0 into 0.0
        high=float(numbers.max()) + 0.0 if len(numbers) else 0.0,
        left_out=reason_to_leave_out(column, kind, missing) if raw.roles.selects else None,
        label=2 <= len(distinct) <= tables.MAX_CLASSES and whole,
        names_rows=column.name == raw.roles.name,
    )


def columns(request: TableText) -> dict[str, Any]:
    """Return what was understood of a table: its dialect, a summary of each column, and a label.

    The label is the column proposed as the label, or None.
    """
    raw = _cells(request)
    assert raw.dialect is not None
    found = [_summary(column, raw) for column in raw.of(raw.roles.inputs)]
    possible = [c for c in found if c.label and not c.missing and not c.names_rows]
    few = [c.name for c in possible if c.kind != "number" or c.different <= MAX_NUMBERS]
    by_name = [name for label in LABELS for name in few if name.strip().lower() == label]
    words = [c.name for c in possible if c.kind == "category"]
    return {
        "rows": len(raw),
        "label": next(iter([*by_name, *reversed(words)]), None),
        "note": " ".join(raw.notes),
        "header": raw.dialect.header,
        "delimiter": raw.dialect.delimiter,
        "decimal": raw.dialect.decimal or ".",
        "columns": [c._asdict() for c in found],
    }


def table(request: TableRequest) -> dict[str, Any]:
    """Return examples, and a proposed network and recipe.

    The examples are those for training and the held-out examples.
    """
    label, targets = (None, request.label) if request.predict else (request.label, None)
    read = tables.read(
        request.source(),
        label=label,
        targets=targets,
        ignore=request.ignore,
        categories=request.categories,
        missing=request.missing,
        dialect=request.dialect(),
    )
    if len(read) > MAX_ROWS:
        option = "--target" if request.predict else "--label"
        raise TinyNetError(
            f"{request.name} has {len(read):,} rows. The page takes up to {MAX_ROWS:,} rows. At the command line, "
            f"`tinynet train {request.name} {option} {request.label}` takes tables of any length."
        )
    held_out = request.held_out or None
    parts = splits.split_dataset(read, held_out=held_out, scale=True, seed=request.seed)
    check_int("hidden_nodes", request.hidden_nodes, 1, MAX_HIDDEN_NODES)
    architecture, recipe = defaults(parts.training, hidden=request.hidden_nodes, seed=request.seed)
    check_size(architecture)
    return {
        "examples": parts.training.to_json(),
        "held_out": None if parts.held_out is None else parts.held_out.to_json(),
        "architecture": architecture.to_json(),
        "recipe": recipe.to_json(),
        "sentence": str(parts),
        "notes": list(read.notes),
    }
