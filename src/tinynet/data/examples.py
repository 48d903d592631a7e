"""Inputs, targets and names of pictures or table rows."""

from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass, field, replace
from os import PathLike
from typing import Any

import numpy as np

from tinynet.data import images, tables
from tinynet.data.dialects import Dialect
from tinynet.data.encoding import Encoding
from tinynet.data.example_checks import check_names, check_shape, check_target_names, checked_array
from tinynet.data.missing import Missing
from tinynet.data.readers import Progress
from tinynet.data.scaling import Scaling
from tinynet.data.tables import Table
from tinynet.data.written_numbers import Decimal
from tinynet.errors import TinyNetError, counted
from tinynet.signatures import check_arguments, check_attributes, check_rule
from tinynet.validation import check_bool, check_choice, shown

PIXELS = ("top-left", "top-right", "bottom-left", "bottom-right")  # the pixels of a 2x2 picture, row by row
EARLIER_NAMES = {"answers": "target_names", "free": "unbounded"}  # names in files of earlier versions


@dataclass(frozen=True, eq=False)
class Examples:
    """Pictures or table rows, with or without targets.

    inputs : (examples, inputs), read-only. Pictures are in [0, 1]: flattened row by row, 0 is dark, 1 is bright. Table
        rows outside the range of the training rows are below 0 or above 1.
    targets : (examples, outputs) in [0, 1], or None.
    names : Name of each example. All names differ.
    shape : (rows, columns) of a picture; None for table rows.
    target_names : Name of each output: a class, or a number to predict.
    scaling : How the numbers of a table became inputs; None for examples that are not from a table.
    target_scaling : How numbers to predict became targets. Held-out targets may lie outside [0, 1].
    unbounded : Whether inputs and targets may be any finite numbers, such as standardized data.
    encoding : How the columns of a table became numbers; None if each column is one number.
    notes : Sentences about the table that was read: its dialect, and columns and rows that were left out.
    table : The rows before scaling, which `unscaled_rows` returns.

    Raises TinyNetError for numbers that are not finite or outside their range, and for sizes that do not match.

    >>> two = Examples([[1.0, 0.0], [0.0, 1.0]], [[1.0], [0.0]], ("left", "right"), (1, 2), ("left",))
    >>> two["right"].inputs.tolist()
    [[0.0, 1.0]]
    """

    inputs: np.ndarray
    targets: np.ndarray | None
    names: tuple[str, ...]
    shape: tuple[int, int] | None = None
    target_names: tuple[str, ...] = ("horizontal", "vertical")
    scaling: Scaling | None = None
    target_scaling: Scaling | None = None
    unbounded: bool = False
    encoding: Encoding | None = None
    notes: tuple[str, ...] = ()
    table: InitVar[Table | None] = None  # an InitVar, because `replace` must not copy the rows
    _table: Table | None = field(default=None, init=False, repr=False)

    def __post_init__(self, table: Table | None) -> None:
        check_attributes(self, apart_from=("inputs", "targets", "names", "target_names", "shape", "_table"))
        object.__setattr__(self, "_table", table)
        for name in ("names", "target_names"):
            check_rule(name, getattr(self, name), str | Iterable[str])
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "target_names", tuple(self.target_names))
        object.__setattr__(self, "notes", tuple(self.notes))
        any_number = self.unbounded or self.scaling is not None
        object.__setattr__(self, "inputs", checked_array("inputs", self.inputs, self.names, any_number))
        check_names(self.names)
        if self.targets is not None:
            unbounded = self.unbounded or self.target_scaling is not None
            object.__setattr__(self, "targets", checked_array("targets", self.targets, self.names, unbounded))
            check_target_names(self.target_names, self.targets.shape[1])
        if self.shape is not None:
            check_rule("shape", self.shape, tuple[int, int])
            object.__setattr__(self, "shape", tuple(map(int, self.shape)))
            check_shape(self.shape, self.inputs.shape[1])

    # Long because the signature names every choice for a table.
    @classmethod
    def from_table(
        cls, source: Any, *, label: str | None = None, targets: str | Sequence[str] | None = None,
        scale: bool = True, ignore: Sequence[str] = (), categories: Sequence[str] = (),
        missing: Missing | None = None, header: bool | None = None, delimiter: str | None = None,
        decimal: Decimal | None = None, encoding: str | None = None,
    ) -> "Examples":  # fmt: skip
        """Return the rows of a table as examples.

        source : A CSV file, a data frame, a mapping of columns, or arrays: X, or (X, y).
        label : Column of classes, 2 to 100 different words; by default `label` or y.
        targets : Columns of numbers to predict, instead of a label. `unscaled` gives outputs in the units of the table.
        scale : Whether columns are scaled to [0, 1] by their smallest and largest values. Without it they must lie in [0, 1].
        ignore : Columns to leave out. The column `name` names the rows. Every other column is an input.
        categories : Columns of numbers that are categories. Columns of words are categories anyway. Each category
            becomes an input that is 0 or 1. A date such as 2021-04-03 becomes its parts.
        missing : "drop" leaves rows with missing cells out, "mean" fills in the mean of the training rows, and "flag"
            also adds an input that is 1 for a missing cell. None refuses missing cells.
        header : Whether a CSV file has column names. None refuses a first line that looks like data.
        delimiter, decimal, encoding : How a CSV file is written; None finds it out. `notes` has what was found.

        `split` scales the rows again by its training part. Raises TinyNetError that lists all problems of the table.

        >>> flowers = Examples.from_table({"width": [1, 3, 2], "kind": ["a", "b", "a"]}, label="kind")
        >>> flowers.inputs.tolist(), flowers.target_names, flowers.scaled([2.5]).tolist()
        ([[0.0], [1.0], [0.5]], ('a', 'b'), [0.75])
        """
        check_bool("scale", scale)
        for name, columns in (("label", label), ("targets", targets), ("ignore", ignore)):
            check_rule(name, columns, str | int | Iterable[str | int] | None)
        table = tables.read(
            source, label=label, targets=targets, ignore=ignore, categories=categories, missing=missing,
            dialect=Dialect(delimiter, decimal, encoding, header),
        )  # fmt: skip
        return replace(cls.of_table(table, table), table=table) if scale else cls.of_table(table)

    def unscaled_rows(self) -> Table | None:
        """Return the table rows before scaling, or None.

        None means that the examples were never scaled.

        Raises TinyNetError for parts of a split and for the examples of a recording. Their unscaled rows are not
        kept.
        """
        if self.scaling is not None and not self.scaling.is_identity and self._table is None:
            raise TinyNetError(
                "these examples are already scaled, and their unscaled rows are not kept after a split or in a recording. "
                "Read the table again with Examples.from_table and split it once. For a validation set too, use "
                "splits.split_dataset(examples, held_out=0.3, validate=True)."
            )
        return self._table

    @classmethod
    @check_arguments
    def of_table(cls, table: Table, scale_by: Table | None = None) -> "Examples":
        """Return the rows of a table as examples.

        scale_by : Table whose smallest and largest values become 0 and 1. Without it every value must lie in [0, 1].
        """
        by = None if scale_by is None else scale_by.values
        inputs, scaling = table.scaled(table.columns, table.values, by)
        targets, target_scaling = table.targets, None
        if targets is not None and table.regression:
            by = None if scale_by is None else scale_by.targets
            targets, target_scaling = table.scaled(table.target_names, targets, by)
        encoding = None if table.encoding.is_plain else table.encoding
        about = table.names, None, table.target_names
        return cls(inputs, targets, *about, scaling, target_scaling, encoding=encoding, notes=table.notes)

    @classmethod
    def from_images(cls, folder: str | PathLike[str], size: int = 8) -> "Examples":
        """Return the images of a folder.

        The folder has one subfolder per class.

        size : Pixels per side of the gray pictures; see `images.read`.
        """
        return cls(*images.read(folder, size))

    # Long because the signature names every choice for a CSV file.
    def read_like(
        self, source: Any, progress: Progress | None = None, *, header: bool | None = None,
        delimiter: str | None = None, decimal: Decimal | None = None, encoding: str | None = None,
    ) -> "Examples":  # fmt: skip
        """Return another table with these columns and this scaling.

        The examples have no targets. Numbers outside the range of the training rows become inputs below 0 or above 1;
        see `outside_range`. Unknown categories count as none of the categories.

        source : A table as for `from_table`; other columns are left out.
        progress : Called with the bytes of a file read so far and the bytes in all.
        header, delimiter, decimal, encoding : As for `from_table`.

        >>> flowers = Examples.from_table({"width": [1, 3, 2], "kind": ["a", "b", "a"]}, label="kind")
        >>> flowers.read_like({"width": [2.5], "garden": ["south"]}).inputs.tolist()
        [[0.75]]
        """
        if self.scaling is None:
            kind = "pictures" if self.shape is not None else "not from a table"
            raise TinyNetError(
                f"these examples are {kind}. New rows need the examples of a table. Train on a table first."
            )
        dialect = Dialect(delimiter, decimal, encoding, header)
        rows = tables.read_like(source, self.table_encoding, dialect, progress)
        inputs = self.scaling(rows.values)
        constant = [
            k
            for k, ends in enumerate(zip(self.scaling.low, self.scaling.high, strict=True))
            if len(set(ends)) == 1
        ]
        differs = self.scaling.outside(rows.values)[:, constant].T
        notes = (*rows.notes, *tables.constants_note([rows.columns[k] for k in constant], list(differs)))
        return replace(self, inputs=inputs, targets=None, names=rows.names, shape=None, notes=notes)

    @property
    def table_encoding(self) -> Encoding:
        """How the columns of the table became numbers. Examples that are not from a table have no columns."""
        if self.encoding is not None:
            return self.encoding
        return Encoding.of_numbers(() if self.scaling is None else self.scaling.columns)

    def outside_range(self) -> np.ndarray:
        """Return whether each row has an input outside the range of the training rows. -> (examples,)

        >>> some = Examples.from_table({"x": [0, 10], "y": [1, 2]}, targets="y")
        >>> some.read_like({"x": [5, 20]}).outside_range().tolist()
        [False, True]
        """
        if self.scaling is None:
            return np.zeros(len(self), bool)
        return np.asarray(((self.inputs < 0) | (self.inputs > 1)).any(axis=1))

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the inputs of a table; None for pictures.

        The names are the columns, or "input 0" and so on.
        """
        if self.shape is not None:
            return None
        names = tuple(f"input {i}" for i in range(self.inputs.shape[1]))
        return names if self.scaling is None else self.scaling.columns

    @check_arguments
    def noun(self, count: int = 1) -> str:
        """Return the word for this many examples: "row", "rows", "picture" or "pictures"."""
        word = "row" if self.shape is None else "picture"
        return word if count == 1 else f"{word}s"

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs.

        The names are `columns`, or "the top-left pixel" and so on for pictures.
        """
        if self.shape is None:
            return self.columns or ()
        if self.shape == (2, 2):
            return tuple(f"the {place} pixel" for place in PIXELS)
        rows, columns = self.shape
        return tuple(f"the pixel in row {r}, column {c}" for r in range(rows) for c in range(columns))

    @property
    def regression(self) -> bool:
        """Whether the targets are numbers to predict, not classes.

        Targets are numbers if they have a `target_scaling`, or if a target lies outside [0, 1]. Every score, sentence and
        command uses this property.
        """
        if self.target_scaling is not None:
            return True
        return self.targets is not None and bool((np.abs(self.targets - 0.5) > 0.5).any())

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        shape = "" if self.shape is None else f" of {'x'.join(map(str, self.shape))}"
        kind = counted(len(self), self.noun()) + shape
        width, outputs = counted(self.inputs.shape[1], "input"), ", ".join(self.target_names)
        return f"<{kind}, {width} each, for {outputs}>"

    def __getitem__(self, which: int | slice | str | Sequence[int]) -> "Examples":
        """Return the chosen examples.

        An index or a name chooses one example. A slice or a list of indices chooses several.
        """
        if isinstance(which, str):
            which = [self._index(which)]
        elif isinstance(which, int | np.integer):
            if not -len(self) <= which < len(self):
                raise TinyNetError(f"index {which} is out of range for {counted(len(self), 'example')}.")
            which = [int(which)]
        try:
            indices = np.arange(len(self))[which]
            if indices.ndim != 1:
                raise IndexError("not a list")
        except (IndexError, TypeError, ValueError, OverflowError) as error:
            raise TinyNetError(
                f"index {shown(which)} does not fit {counted(len(self), 'example')}. Use a name or whole numbers."
            ) from error
        targets = None if self.targets is None else self.targets[indices]
        names = tuple(self.names[i] for i in indices)
        table = None if self._table is None else self._table[indices.tolist()]
        scaling = self.target_scaling
        if scaling is None and names and self.regression:  # the chosen targets may all lie in [0, 1]
            scaling = Scaling.identity(self.target_names)
        return replace(
            self,
            inputs=self.inputs[indices],
            targets=targets,
            names=names,
            target_scaling=scaling,
            table=table,
        )

    def _index(self, name: str) -> int:
        return self.names.index(check_choice("example", name, self.names))

    def reversed(self) -> "Examples":
        """Return the examples in reverse order."""
        return self[::-1]

    @check_arguments
    def reordered(self, order: Iterable[str | int]) -> "Examples":
        """Return the examples in another order, by names or indices.

        >>> Examples([[0.0], [1.0]], None, ("dark", "bright")).reordered(["bright", "dark"]).names
        ('bright', 'dark')
        """
        order = list(order)
        check_rule("order", order, list[str | int])
        return self[[self._index(which) if isinstance(which, str) else which for which in order]]

    def scaled(self, values: Any) -> np.ndarray:
        """Return new rows of the table as network inputs.

        (rows, columns) -> (rows, columns), or (columns,) -> (columns,)

        Raises TinyNetError if the examples were not scaled, and for rows of another width.
        """
        if self.scaling is None:
            raise TinyNetError("these examples were not scaled. Their inputs are the numbers of the table.")
        return self.scaling(values)

    def unscaled(self, outputs: Any) -> np.ndarray:
        """Return network outputs in the units of the targets.

        (rows, outputs) -> (rows, outputs), or (outputs,) -> (outputs,)

        Raises TinyNetError for classes as targets.
        """
        if not self.regression:
            raise TinyNetError("these examples have no numeric targets. Only numeric targets have units.")
        return (
            np.asarray(outputs, float)
            if self.target_scaling is None
            else self.target_scaling.inverse(outputs)
        )

    def __eq__(self, other: object) -> bool:
        return self.to_json() == other.to_json() if isinstance(other, Examples) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values.

        Floats keep every digit.
        """
        data: dict[str, Any] = {
            "inputs": self.inputs.tolist(),
            "targets": None if self.targets is None else self.targets.tolist(),
            "names": list(self.names),
            "shape": None if self.shape is None else list(self.shape),
            "target_names": list(self.target_names),
        }
        parts = (
            ("scaling", self.scaling),
            ("target_scaling", self.target_scaling),
            ("encoding", self.encoding),
        )
        data |= {name: part.to_json() for name, part in parts if part is not None}
        return data | ({"unbounded": True} if self.unbounded else {})

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Examples":
        """Return the examples that `to_json` wrote.

        The JSON may come from this version or an earlier version.
        """
        if not isinstance(data, dict):
            raise TinyNetError(
                f"is {shown(data)}. It must be a dict that Examples.to_json wrote.", parameter="examples"
            )
        data = {EARLIER_NAMES.get(name, name): value for name, value in data.items()}
        keys = ("inputs", "targets", "names", "shape", "target_names")
        for name in keys:
            if name not in data:
                raise TinyNetError(f"the examples have no field {name!r}. Add the field.")
        inputs, targets, names, shape, target_names = (data[key] for key in keys)
        scaling, target_scaling = (
            Scaling.from_json(data[name]) if name in data else None for name in ("scaling", "target_scaling")
        )
        unbounded = data.get("unbounded", False)
        encoding = Encoding.from_json(data["encoding"]) if "encoding" in data else None
        return cls(inputs, targets, names, shape, target_names, scaling, target_scaling, unbounded, encoding)
