"""What the page asks of a table that was dropped on it: what its columns hold, and the experiment made of them."""

import io
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tinynet.core.architecture import Architecture
from tinynet.data import splits, tables
from tinynet.data.cells import is_missing, separate_numbers
from tinynet.data.readers import NO_ROWS, opened
from tinynet.errors import TinyNetError
from tinynet.lab.api.requests import small
from tinynet.recipe import Loss, Recipe

MANY, SHOWN = 11, 4  # different cells that are counted of a column, and that are shown of it
MAX_ROWS = 5_000  # of a table in the page
NUDGES = 20_000  # of the training that is proposed
LABELS = (
    "label",
    "species",
    "class",
    "target",
    "kind",
    "category",
    "answer",
    "y",
)  # columns called so come first


@dataclass(frozen=True)
class TableText:
    """A CSV table as text. name : of its file, for errors."""

    name: str
    text: str

    def stream(self) -> io.StringIO:
        """Return the text to be read, with its name."""
        stream = io.StringIO(self.text.removeprefix("\ufeff"), newline="")
        stream.name = self.name
        return stream


@dataclass(frozen=True)
class TableRequest(TableText):
    """A table and what is to be made of it.

    label : the column of the answers. predict : whether it holds numbers to predict instead.
    ignore : columns to leave out. held_out : the share that is kept apart.
    """

    label: str = "label"
    ignore: list[str] = field(default_factory=list)
    hidden: int = 5
    held_out: float = 0.3
    seed: int = 0
    predict: bool = False


class Described(NamedTuple):
    """What a column holds.

    missing : empty cells. different : cells, up to 11, some of them as `examples`. odd : the first cell that is no number,
    or None. words : whether most cells are none. low, high : of the numbers.
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


def described(source: Any) -> list[Described]:
    """Return what each column of a table holds."""
    with opened(source) as table:
        chunks = list(table.chunks)
    if not chunks:
        raise TinyNetError(f"{table.name} {NO_ROWS}")
    columns = [[cell for rows in chunks for cell in rows.columns[k]] for k in range(len(table.columns))]
    return [_described(name, cells) for name, cells in zip(table.columns, columns, strict=True)]


def _described(name: str, cells: list[Any]) -> Described:
    there = [cell for cell in cells if not is_missing(cell)]
    different = list(dict.fromkeys(str(cell).strip() for cell in there))
    found, odd = separate_numbers(there)
    low, high = (float(found.min()) + 0.0, float(found.max()) + 0.0) if len(found) else (0.0, 0.0)
    holes, most = len(cells) - len(there), len(odd) >= len(found)
    first = str(odd[0]) if odd else None
    return Described(
        name, holes, min(len(different), MANY), different[:SHOWN], first, most, low, high, len(cells)
    )


def columns(asked: TableText) -> dict[str, Any]:
    """Return how many rows there are, what each column holds, and which is likely to be the label, or None."""
    found = described(asked.stream())
    possible = [c.name for c in found if c.missing == 0 and 2 <= c.different <= tables.MAX_CLASSES]
    words = [c.name for c in found if c.words and c.name in possible]
    called = [name for label in LABELS for name in possible if name.strip().lower() == label]
    label = next(iter([*called, *reversed(words)]), None)
    return {
        "rows": found[0].rows,
        "label": label,
        "columns": [c._asdict() | {"label": c.name in possible} for c in found],
    }


def table(asked: TableRequest) -> dict[str, Any]:
    """Return the examples to train on, those held out, and a network and a recipe to begin with."""
    label, targets = (None, asked.label) if asked.predict else (asked.label, None)
    read = tables.read(asked.stream(), label=label, targets=targets, ignore=asked.ignore)
    if len(read) > MAX_ROWS:
        raise TinyNetError(
            f"{asked.name} has {len(read):,} rows and the page trains on up to {MAX_ROWS:,}; at the command line "
            f"`tinynet train {asked.name} --{'target' if asked.predict else 'label'} {asked.label}` takes any number"
        )
    held_out = asked.held_out or None
    parts = splits.split_dataset(read, held_out=held_out, scale=True, seed=asked.seed)
    if not 1 <= asked.hidden <= 64:
        raise TinyNetError(f"hidden is {asked.hidden}; the page draws 1 to 64 hidden nodes")
    sizes = (len(read.columns), asked.hidden, len(read.target_names))
    architecture = Architecture(sizes, output="identity" if asked.predict else "softmax")
    small(architecture)
    epochs = min(100, max(5, NUDGES // len(parts.training)))
    loss: Loss = "mse" if asked.predict else "cross_entropy"
    recipe = Recipe(loss=loss, order="shuffled", epochs=epochs, seed=asked.seed)
    return {
        "examples": parts.training.to_json(),
        "held_out": None if parts.held_out is None else parts.held_out.to_json(),
        "architecture": architecture.to_json(),
        "recipe": recipe.to_json(),
        "sentence": str(parts),
    }
