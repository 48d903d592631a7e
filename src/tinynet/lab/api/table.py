"""Tables that a user drops on the page.

The results are a summary of the columns, and an experiment.
"""

import io
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tinynet.core.architecture import Architecture
from tinynet.data import splits, tables
from tinynet.data.cells import is_missing, separate_numbers
from tinynet.data.readers import NO_ROWS, opened
from tinynet.errors import TinyNetError
from tinynet.lab.api.fields import StrictRequest
from tinynet.lab.api.requests import check_size
from tinynet.recipe import Loss, Recipe
from tinynet.validation import check_int

MAX_DISTINCT, MAX_SHOWN = 11, 4  # counted, and shown, distinct cells of a column
MAX_ROWS = 5_000  # rows of a table on the page
MAX_HIDDEN_NODES = 64  # nodes that the page draws
STEPS = 20_000  # steps of the proposed training
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
    """

    name: str
    text: str

    def stream(self) -> io.StringIO:
        """Return the text as a stream with a name.

        The name is that of the file.
        """
        stream = io.StringIO(self.text.removeprefix("\ufeff"), newline="")
        stream.name = self.name
        return stream


@dataclass(frozen=True)
class TableRequest(TableText):
    """A table, and settings for an experiment from the table.

    label : column with the classes, or with the numbers to predict.
    predict : whether the column has numbers to predict.
    ignore : columns to leave out.
    hidden_nodes : nodes of the hidden layer.
    held_out : fraction of the rows to hold out.
    """

    label: str = "label"
    ignore: list[str] = field(default_factory=list)
    hidden_nodes: int = 5
    held_out: float = 0.3
    seed: int = 0
    predict: bool = False


class ColumnSummary(NamedTuple):
    """The content of a column.

    missing : number of empty cells.
    different : number of distinct cells, up to 11. `examples` has up to 4 of the distinct cells.
    odd : the first cell that is not a number, or None.
    words : whether at least half of the cells are not numbers.
    low, high : the smallest and the largest number.
    """

    name: str
    missing: int
    different: int
    examples: list[str]
    odd: str | None
    words: bool
    low: float
    high: float
    rows: int


def summarize_columns(source: Any) -> list[ColumnSummary]:
    """Return a summary of each column of a table."""
    with opened(source) as table:
        chunks = list(table.chunks)
    if not chunks:
        raise TinyNetError(f"{table.name} {NO_ROWS}")
    columns = [[cell for rows in chunks for cell in rows.columns[k]] for k in range(len(table.columns))]
    return [_summary(name, cells) for name, cells in zip(table.columns, columns, strict=True)]


def _summary(name: str, cells: list[Any]) -> ColumnSummary:
    present = [cell for cell in cells if not is_missing(cell)]
    distinct = list(dict.fromkeys(str(cell).strip() for cell in present))
    numbers, odd = separate_numbers(present)
    return ColumnSummary(
        name,
        missing=len(cells) - len(present),
        different=min(len(distinct), MAX_DISTINCT),
        examples=distinct[:MAX_SHOWN],
        odd=str(odd[0]) if odd else None,
        words=len(odd) >= len(numbers),
        low=float(numbers.min()) + 0.0 if len(numbers) else 0.0,  # + 0.0 turns -0.0 into 0.0
        high=float(numbers.max()) + 0.0 if len(numbers) else 0.0,
        rows=len(cells),
    )


def columns(request: TableText) -> dict[str, Any]:
    """Return the number of rows, column summaries, and a label.

    The label is the column proposed as the label, or None. The summary has an entry for each column.
    """
    found = summarize_columns(request.stream())
    possible = [c.name for c in found if c.missing == 0 and 2 <= c.different <= tables.MAX_CLASSES]
    words = [c.name for c in found if c.words and c.name in possible]
    by_name = [name for label in LABELS for name in possible if name.strip().lower() == label]
    label = next(iter([*by_name, *reversed(words)]), None)
    return {
        "rows": found[0].rows,
        "label": label,
        "columns": [c._asdict() | {"label": c.name in possible} for c in found],
    }


def table(request: TableRequest) -> dict[str, Any]:
    """Return examples, and a proposed network and recipe.

    The examples are those for training and the held-out examples.
    """
    label, targets = (None, request.label) if request.predict else (request.label, None)
    read = tables.read(request.stream(), label=label, targets=targets, ignore=request.ignore)
    if len(read) > MAX_ROWS:
        option = "--target" if request.predict else "--label"
        raise TinyNetError(
            f"{request.name} has {len(read):,} rows. The page takes up to {MAX_ROWS:,} rows. At the command line, "
            f"`tinynet train {request.name} {option} {request.label}` takes tables of any length."
        )
    held_out = request.held_out or None
    parts = splits.split_dataset(read, held_out=held_out, scale=True, seed=request.seed)
    check_int("hidden_nodes", request.hidden_nodes, 1, MAX_HIDDEN_NODES)
    sizes = (len(read.columns), request.hidden_nodes, len(read.target_names))
    architecture = Architecture(sizes, output="identity" if request.predict else "softmax")
    check_size(architecture)
    epochs = min(100, max(5, STEPS // len(parts.training)))
    loss: Loss = "mse" if request.predict else "cross_entropy"
    recipe = Recipe(loss=loss, order="shuffled", epochs=epochs, seed=request.seed)
    return {
        "examples": parts.training.to_json(),
        "held_out": None if parts.held_out is None else parts.held_out.to_json(),
        "architecture": architecture.to_json(),
        "recipe": recipe.to_json(),
        "sentence": str(parts),
    }
